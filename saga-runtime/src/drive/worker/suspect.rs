//! Which deaths of processes are charged to a saga, and what follows from them.
//!
//! A store counts one death for each claim that ended with its worker. That alone convicts no saga: a process that is
//! killed takes all sagas with it that ran. So a saga that has died twice runs only while no other such saga runs, and
//! one that died once more is left out until this process has lived for a while without it. The decision is explained
//! in `docs/decisions/0009-crash-loops-are-not-convictions.md`.

use std::sync::Arc;
use std::time::Duration;

use saga_core::store::{Claim, Claims, LeftOut, QUARANTINE_DEATHS, Query, Status, StoreError, Suspects};
use saga_core::{Phase, SagaId, State, Timestamp};

use super::write_status;
use crate::drive::committer::CommitError;
use crate::drive::engine::{Engine, patiently};
use crate::drive::finished::Finished;
use crate::drive::live::Quarantine;
use crate::drive::suspicion::Suspicion;

/// The time that the process has to live doubles at most so often.
const DOUBLINGS_MAX: u32 = 6;

/// The maximum number of suspects that run together in a calm process.
const TOGETHER_MAX: usize = 8;

/// Returns the suspects that may be claimed now, beside those that run.
pub(super) fn wanted(engine: &Engine) -> Suspects {
    let poison = engine.settings.poison_pill_deaths;
    match engine.live.quarantined() {
        Quarantine::Empty => {
            let lived = engine.lived();
            let mut held_back = QUARANTINE_DEATHS + 1..poison;
            let from = held_back.find(|deaths| has_to_live(engine, *deaths) > lived).unwrap_or(poison);
            Suspects { limit: 1, held_back_from: from, held_back_below: poison }
        }
        Quarantine::Together(running) => Suspects {
            limit: TOGETHER_MAX.saturating_sub(running),
            held_back_from: together_max(engine) + 1,
            held_back_below: u32::MAX,
        },
        Quarantine::One => Suspects::NONE,
    }
}

/// Returns true if a suspect with so many deaths runs together with others: kills seem to be over, because this process has lived
/// for long and a suspect has made progress in it.
pub(super) fn runs_together(engine: &Engine, deaths: u32) -> bool {
    let calm = engine.settings.quarantine_delay.saturating_mul(2);
    deaths <= together_max(engine) && engine.live.is_calm() && engine.lived() >= calm
}

/// The death after these convicts no saga, or is the last of which company may be the cause.
fn together_max(engine: &Engine) -> u32 {
    (QUARANTINE_DEATHS + 1).min(engine.settings.poison_pill_deaths.saturating_sub(2))
}

/// Returns the time for which the process must live before a saga with so many deaths runs.
fn has_to_live(engine: &Engine, deaths: u32) -> Duration {
    match deaths.checked_sub(QUARANTINE_DEATHS + 1) {
        None => Duration::ZERO,
        Some(more) => engine.settings.quarantine_delay.saturating_mul(1 << more.min(DOUBLINGS_MAX)),
    }
}

/// Returns true if a suspect that was left out may run all the same: no other saga runs, or it has waited for longer
/// than any process has to live. Then processes have died without it, and none lived for long enough.
pub(super) async fn may_run(engine: &Engine, claims: &Claims) -> Result<bool, StoreError> {
    let Some(out) = &claims.left_out else { return Ok(false) };
    if !claims.claimed.is_empty() || !matches!(engine.live.quarantined(), Quarantine::Empty) {
        return Ok(false);
    }
    if engine.clock.now().since(out.since) >= waits_max(engine) {
        return Ok(true);
    }
    Ok(engine.live.len() == 0 && runs_alone(engine, &out.saga).await?)
}

fn waits_max(engine: &Engine) -> Duration {
    engine.settings.quarantine_delay.saturating_mul(1 << DOUBLINGS_MAX)
}

/// Returns the time until which a suspect that was left out is held back at most; `None` if it only waits for others.
pub(super) fn held_back_until(engine: &Engine, out: &LeftOut) -> Option<Timestamp> {
    let left = has_to_live(engine, out.deaths).saturating_sub(engine.lived());
    if left.is_zero() || out.deaths >= engine.settings.poison_pill_deaths {
        return None;
    }
    let now = engine.clock.now();
    let (lived, waited) = (now.after(left), out.since.after(waits_max(engine)));
    Some(if waited > now { lived.min(waited) } else { lived })
}

/// Decides whether a claimed saga runs as always. Before one runs that has died, what its next death costs is durable.
///
/// # Errors
/// The end of the claim: the saga is lost.
pub(super) async fn judge(engine: &Arc<Engine>, claim: &Claim, state: &State) -> Result<Suspicion, Finished> {
    let known = engine.live.judged(&claim.saga, claim.epoch);
    let suspicion = match known {
        // Its driver was lost: that is not a death.
        Some(known) => known,
        None => weigh(engine, claim, state).await?,
    };
    if suspicion.deaths > 0 {
        engine.live.judges(&claim.saga, claim.epoch, suspicion);
    }
    let listed = suspicion.listed();
    if listed != claim.status.deaths && !suspicion.is_poison {
        let status = Status { progress: state.progress(), deaths: listed, ..claim.status.clone() };
        write_status(engine, claim, Some(state.next_seq()), status, false).await?;
    }
    Ok(suspicion)
}

async fn weigh(engine: &Engine, claim: &Claim, state: &State) -> Result<Suspicion, Finished> {
    let (died, has_moved) = (claim.status.deaths, state.progress() != claim.status.progress);
    // If it had made progress before its last death, that one is the first again.
    let deaths = if has_moved { died.min(1) } else { died };
    if deaths >= engine.settings.poison_pill_deaths {
        return Ok(Suspicion { deaths, costs: 0, is_poison: true });
    }
    let is_alone = deaths > 0 && engine.live.len() <= 1 && {
        let alone = patiently(engine, || runs_alone(engine, &claim.saga)).await;
        alone.map_err(|error| Finished::Lost(CommitError::Store(error)))?
    };
    let costs = match is_alone {
        true if deaths + 1 < engine.settings.poison_pill_deaths => 2,
        true => 1,
        // It has waited for long enough, and the process has not: a death is no more to be expected of it than before.
        false => u32::from(has_to_live(engine, deaths) <= engine.lived()),
    };
    Ok(Suspicion { deaths, costs, is_poison: false })
}

/// Returns true if no other saga in the store runs.
async fn runs_alone(engine: &Engine, saga: &SagaId) -> Result<bool, StoreError> {
    let phases = vec![Phase::Running, Phase::RollingBack];
    let page = engine.store.query(&Query { phases, limit: 2, ..Query::default() }).await?;
    Ok(page.sagas.iter().all(|other| other.id == *saga))
}
