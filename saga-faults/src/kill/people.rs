//! Operators, in another process than the worker: they open the store's file, deliver, and close it again. At the end
//! of a round they wait until every saga has ended, and resolve dead letters.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use saga::machine::Delivery;
use saga::store::{Query, Store as _, StoreError};
use saga::{Blocker, By, Phase, Reason, SagaId, SqliteStore, Timestamp, payload::Payload, state::State};
use tokio::time::{Instant, sleep};

use super::tally::Tally;
use crate::ledger::{Ledger, now_ms};
use crate::mutant::Mutant;
use crate::operator;
use crate::plan::{Act, Planned};

/// Returns the longest wait for the end of a round. With a bug put in, a round need not end.
pub(crate) fn patience(mutant: Option<Mutant>) -> Duration {
    Duration::from_secs(if mutant.is_some() { 15 } else { 90 })
}

/// The interval between looks at the store.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// More acts on one saga than any needs.
const ACTS_MAX: u32 = 40;

/// Delivers acts as planned, while workers come and go. An act on a saga that is not there yet is too early, and lost.
pub(crate) async fn act(path: PathBuf, sagas: Vec<Planned>, acts: Vec<(Duration, usize, Act)>) -> u64 {
    let began = Instant::now();
    let mut done = 0;
    for group in acts.chunk_by(|a, b| a.0 == b.0) {
        let Some((at, ..)) = group.first() else { continue };
        tokio::time::sleep_until(began + *at).await;
        // The store's file is made by the workers, not here.
        let Some(store) = path.exists().then(|| SqliteStore::open(&path).ok()).flatten() else { continue };
        for (_, number, act) in group {
            let Ok(saga) = SagaId::new(&sagas[*number].id) else { continue };
            done += u64::from(store.deliver(&saga, delivery(*act), now()).await.is_ok());
        }
    }
    done
}

fn delivery(act: Act) -> Delivery {
    let by = By::new("somebody", "it is in the plan");
    match act {
        Act::Cancel => Delivery::Cancel { by },
        Act::Approve => Delivery::Answer { site: None, approved: true, by },
        Act::Deny => Delivery::Answer { site: None, approved: false, by },
        Act::Signal => {
            let payload = Payload::encode(&7_u64).unwrap_or_else(|_| Payload::null());
            Delivery::Signal { id: "the only one".to_owned(), name: "go".to_owned(), payload }
        }
    }
}

fn now() -> Timestamp {
    Timestamp(now_ms())
}

/// The operator that waits for the end of a round.
pub(crate) struct Operator<'a> {
    pub(crate) store: &'a SqliteStore,
    pub(crate) ledger: &'a Ledger,
    pub(crate) sagas: usize,
    /// The number of workers that have died so far.
    pub(crate) deaths: u64,
    /// The longest time to wait.
    pub(crate) patience: Duration,
}

impl Operator<'_> {
    /// Waits until every saga has ended, and resolves dead letters.
    pub(crate) async fn see_to_the_end(&self, tally: &mut Tally) -> Result<(), String> {
        let began = Instant::now();
        let mut acts: HashMap<SagaId, u32> = HashMap::new();
        loop {
            let (ended, open) =
                self.look().await.map_err(|error| format!("the store cannot be read: {error}"))?;
            if ended == self.sagas && self.ledger.books().under_way() == 0 {
                return Ok(());
            }
            if began.elapsed() > self.patience {
                let open: Vec<String> =
                    open.iter().map(|(saga, phase)| format!("{saga} ({phase})")).collect();
                return Err(format!(
                    "after {:?} {ended} of {} sagas have ended; open: {}",
                    self.patience,
                    self.sagas,
                    open.join(", ")
                ));
            }
            for (saga, _) in open.into_iter().filter(|(_, phase)| *phase == Phase::DeadLettered) {
                let acts = acts.entry(saga.clone()).or_default();
                if *acts > ACTS_MAX {
                    return Err(format!("{saga} was mended {ACTS_MAX} times, and is a dead letter still"));
                }
                *acts += u32::from(self.mend(&saga, tally).await?);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Returns the number of ended sagas, and the open ones.
    async fn look(&self) -> Result<(usize, Vec<(SagaId, Phase)>), StoreError> {
        let (mut ended, mut open, mut after) = (0, Vec::new(), None);
        loop {
            let page = self.store.query(&Query { after, limit: 1000, ..Query::default() }).await?;
            for summary in page.sagas {
                match summary.status.phase {
                    phase if phase.is_ended() => ended += 1,
                    phase => open.push((summary.id, phase)),
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((ended, open));
            }
        }
    }

    /// Delivers one act on a dead letter, unless one is already waiting.
    async fn mend(&self, saga: &SagaId, tally: &mut Tally) -> Result<bool, String> {
        let failed = |error: StoreError| format!("{saga} cannot be read: {error}");
        if !self.store.undelivered(saga).await.map_err(failed)?.is_empty() {
            return Ok(false);
        }
        let journal = self.store.load(saga, 0, usize::MAX).await.map_err(failed)?;
        let state = State::of(saga.clone(), &journal).map_err(|error| format!("{saga}: {error}"))?;
        if state.phase() != Phase::DeadLettered {
            return Ok(false);
        }
        for Blocker { reason, detail, .. } in state.blockers() {
            // The reason must be true: one worker cannot have died three times.
            if *reason == Reason::PoisonPill && self.deaths < 3 {
                return Err(format!("{saga} is dead-lettered after {} deaths: {detail}", self.deaths));
            }
            tally.dead_letter(*reason);
        }
        let Some(delivery) = operator::mend(&state, self.ledger) else { return Ok(false) };
        let delivered = self.store.deliver(saga, delivery, now()).await;
        delivered.map_err(|error| format!("{saga} cannot be mended: {error}"))?;
        Ok(true)
    }
}

/// Returns the deliveries that still wait for ended sagas; there must be none.
pub(crate) async fn left_in_inboxes(path: &Path, sagas: &[Planned]) -> Result<Vec<String>, String> {
    let store = SqliteStore::open_read_only(path).map_err(|error| error.to_string())?;
    let mut wrongs = Vec::new();
    for planned in sagas {
        let saga = SagaId::new(&planned.id).map_err(|error| error.to_string())?;
        let left = store.undelivered(&saga).await.map_err(|error| error.to_string())?;
        wrongs.extend(left.iter().map(|left| format!("{saga}: no worker has taken {:?}", left.delivery)));
    }
    Ok(wrongs)
}
