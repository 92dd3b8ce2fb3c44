//! Which deaths of processes are charged to a saga, and what follows from them.
//!
//! A store counts one death for each claim that ended with its worker. That alone convicts no saga: a process that is
//! killed takes all sagas with it that ran. So a saga that has died twice runs only while no other such saga runs, and
//! one that died so once more is held back until this process has lived for a while without it. The decision is explained
//! in `docs/decisions/0009-crash-loops-are-not-convictions.md`.

use std::sync::Arc;
use std::time::Duration;

use saga_core::store::{Claim, QUARANTINE_DEATHS, Query, Status};
use saga_core::{Phase, State};

use super::write_status;
use crate::drive::committer::CommitError;
use crate::drive::engine::{Engine, patiently};
use crate::drive::finished::Finished;
use crate::drive::suspicion::Suspicion;

/// The first wait of a saga that is held back. Each next one is as long as the process has lived, so there are few.
const HELD_BACK_MIN: Duration = Duration::from_millis(500);

/// The time that the process has to live doubles at most so often.
const DOUBLINGS_MAX: u32 = 6;

/// Decides whether a claimed saga runs. Before one runs that has died, what its next death costs is durable.
///
/// # Errors
/// The end of the claim: the saga is held back, or lost.
pub(super) async fn judge(engine: &Arc<Engine>, claim: &Claim, state: &State) -> Result<Suspicion, Finished> {
    let (died, has_moved) = (claim.status.deaths, state.progress() != claim.status.progress);
    // If it had made progress before its last death, that one is the first again.
    let deaths = if has_moved { died.min(1) } else { died };
    if deaths >= engine.poison_pill_deaths {
        return Ok(Suspicion { deaths, in_advance: 0, is_poison: true });
    }
    let is_alone = deaths > 0 && is_alone(engine, claim).await?;
    if deaths > QUARANTINE_DEATHS && !is_alone {
        hold_back(engine, claim, deaths).await?;
    }
    engine.live.runs_again(&claim.saga);
    let in_advance = u32::from(is_alone && deaths + 1 < engine.poison_pill_deaths);
    let suspicion = Suspicion { deaths: deaths + in_advance, in_advance, is_poison: false };
    if suspicion.deaths != died {
        let status = Status { progress: state.progress(), deaths: suspicion.deaths, ..claim.status.clone() };
        write_status(engine, claim, status, false).await?;
    }
    Ok(suspicion)
}

/// Returns true if no other saga in the store runs.
async fn is_alone(engine: &Arc<Engine>, claim: &Claim) -> Result<bool, Finished> {
    if engine.live.len() > 1 {
        return Ok(false);
    }
    let phases = vec![Phase::Running, Phase::RollingBack];
    let others = Query { phases, limit: 2, ..Query::default() };
    let page = patiently(engine, || engine.store.query(&others)).await;
    let page = page.map_err(|error| Finished::Lost(CommitError::Store(error)))?;
    Ok(page.sagas.iter().all(|other| other.id == claim.saga))
}

/// Releases a saga that has died while it was the only suspect, unless this process has lived for long enough since: if
/// the process is killed from outside, it is killed without this saga too.
async fn hold_back(engine: &Arc<Engine>, claim: &Claim, deaths: u32) -> Result<(), Finished> {
    let now = engine.clock.now();
    let lived = now.since(engine.started);
    let twice = deaths.saturating_sub(QUARANTINE_DEATHS + 1).min(DOUBLINGS_MAX);
    let left = engine.quarantine_delay.saturating_mul(1 << twice).saturating_sub(lived);
    if left.is_zero() {
        return Ok(());
    }
    let deliveries = patiently(engine, || engine.store.undelivered(&claim.saga)).await;
    let deliveries = deliveries.map_err(|error| Finished::Lost(CommitError::Store(error)))?;
    engine.live.holds_back(&claim.saga, deliveries.last().map(|waiting| waiting.id));
    let wake_at = Some(now.after(left.min(lived.max(HELD_BACK_MIN))));
    tracing::info!(saga = %claim.saga, deaths, "held back: the process may die without it");
    write_status(engine, claim, Status { wake_at, ..claim.status.clone() }, true).await?;
    Err(Finished::Released)
}
