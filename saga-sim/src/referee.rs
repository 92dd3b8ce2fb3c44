//! The store that the workers share, watched: which worker claims, which writes, and whether that one still may. Where
//! a mutant is to be caught, the store misbehaves here, below the referee.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use saga_core::machine::Delivery;
use saga_core::store::{
    Append, AppendError, Claims, DeliverError, DeliveryId, Store, StoreError, Waiting, Wanted, WorkerId,
};
use saga_core::{Cause, Entry, Epoch, Kind, MemoryStore, Phase, Record, SagaId, Seq, Timestamp};

use saga_runtime::Clock as _;

use crate::mutant::Mutant;
use crate::rule::Rule;
use crate::world::World;

/// The watched store.
pub(crate) struct Referee {
    truth: Arc<MemoryStore>,
    world: World,
    mutant: Option<Mutant>,
    holders: Mutex<HashMap<SagaId, (WorkerId, Epoch)>>,
    /// Until when each worker's lease lasts.
    leases: Mutex<HashMap<WorkerId, Timestamp>>,
    said: Mutex<Said>,
}

/// What was delivered, and what of it was taken.
#[derive(Default)]
struct Said {
    words: Vec<Word>,
    taken: HashSet<DeliveryId>,
}

/// A delivery that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) id: DeliveryId,
    pub(crate) saga: SagaId,
    pub(crate) delivery: Delivery,
    /// The time of the delivery, as its sender states it.
    pub(crate) at: Timestamp,
    /// When it was in the inbox.
    pub(crate) put: Timestamp,
    /// Whether some worker has taken it.
    pub(crate) taken: bool,
}

impl Referee {
    pub(crate) fn new(world: World, mutant: Option<Mutant>) -> Self {
        let (holders, leases, said) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { truth: world.truth().clone(), world, mutant, holders, leases, said }
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if the worker's lease is not over.
    pub(crate) fn has_lease(&self, worker: WorkerId) -> bool {
        let now = self.world.clock().now();
        self.leases().get(&worker).is_some_and(|until| *until > now)
    }

    fn leases(&self) -> MutexGuard<'_, HashMap<WorkerId, Timestamp>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was delivered to a saga, in that order.
    pub(crate) fn words(&self, saga: &SagaId) -> Vec<Word> {
        let said = self.said();
        let ours = said.words.iter().filter(|word| word.saga == *saga);
        ours.map(|word| Word { taken: said.taken.contains(&word.id), ..word.clone() }).collect()
    }

    /// Returns what the workers are shown of what waits.
    fn shown(&self, mut waiting: Vec<Waiting>) -> Vec<Waiting> {
        match self.mutant {
            Some(Mutant::DatesEarly) => waiting.iter_mut().for_each(|w| w.at = Timestamp(i64::MIN)),
            Some(Mutant::DatesLate) => waiting.iter_mut().for_each(|w| w.at = Timestamp(i64::MAX)),
            _ => {}
        }
        waiting
    }

    fn holders(&self) -> MutexGuard<'_, HashMap<SagaId, (WorkerId, Epoch)>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the workers ask without end.
    pub(crate) fn spins(&self) {
        self.world.books().wrong(Rule::Ends, "the workers call the store without end".to_owned());
    }

    /// Notes what a write says about the workers' holds.
    fn judge(&self, worker: WorkerId, append: &Append, answer: &Result<Epoch, AppendError>) {
        let Ok(epoch) = answer else { return };
        self.said().taken.extend(&append.taken);
        let mut holders = self.holders();
        match (append.epoch, holders.get(&append.saga)) {
            (None, None) => drop(holders.insert(append.saga.clone(), (worker, *epoch))),
            (Some(epoch), Some((_, latest))) if epoch < *latest => {
                let what = format!("{} was written under epoch {epoch}, and {latest} holds it", append.saga);
                drop(holders);
                self.world.books().wrong(Rule::Fenced, what);
            }
            _ => {}
        }
    }

    /// Returns what the mutant makes of a write.
    fn mutated(&self, worker: WorkerId, append: &Append) -> (WorkerId, Append) {
        let mut append = append.clone();
        let mut writer = worker;
        match self.mutant {
            Some(Mutant::UnfencedRelease) if !append.release || !append.entries.is_empty() => {}
            Some(Mutant::Unfenced | Mutant::UnfencedRelease) => {
                let holder = self.holders().get(&append.saga).copied();
                if let (Some((holder, epoch)), Some(_)) = (holder, append.epoch) {
                    (writer, append.epoch) = (holder, Some(epoch));
                }
            }
            Some(Mutant::LosesWake) if append.release => {
                if let Some(status) = &mut append.status {
                    status.wake_at = None;
                }
            }
            Some(Mutant::LosesRelease) => append.release &= append.epoch.is_none(),
            Some(Mutant::HidesDeadLetters) => {
                if let Some(status) = append.status.as_mut().filter(|s| s.phase == Phase::DeadLettered) {
                    status.phase = Phase::Running;
                }
            }
            _ => {}
        }
        (writer, append)
    }

    /// Returns the first writes of a batch, one by one, as the mutant does them.
    async fn commit_mutated(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        let mut answers = Vec::new();
        for append in batch {
            let (writer, mut append) = self.mutated(worker, append);
            if self.mutant == Some(Mutant::Unfenced) && append.epoch.is_some() {
                let next = self.truth.load(&append.saga, 0, usize::MAX).await?.len() as u64;
                if append.entries.first().is_some_and(|e| e.seq != next) {
                    (next..).zip(&mut append.entries).for_each(|(seq, entry)| entry.seq = seq);
                }
            }
            answers.extend(self.truth.commit(writer, &[append], now).await?);
        }
        Ok(answers)
    }
}

/// Changes a journal to what the mutant shows a recovery of it.
fn misread(mutant: Option<Mutant>, journal: &mut [Entry]) {
    let nothing = || Record::RetriedNow { by: saga_core::By::new("a mutant", "nothing to see here") };
    match mutant {
        Some(Mutant::ForgetsRollback) => {
            let back =
                |r: &Record| matches!(r, Record::RollbackStarted { .. } | Record::StopRequested { .. });
            let begun = |r: &Record| matches!(r, Record::UndoIntent { .. } | Record::RolledBack);
            if !journal.iter().any(|e| begun(&e.record)) {
                journal.iter_mut().filter(|e| back(&e.record)).for_each(|e| e.record = nothing());
            }
        }
        Some(Mutant::ForgetsIrreversible) => {
            for entry in journal {
                if let Record::Intent { undo, .. } = &mut entry.record
                    && *undo == Kind::Irreversible
                {
                    *undo = Kind::Readonly;
                }
            }
        }
        Some(Mutant::ForgetsDeferral) => {
            for entry in journal {
                if let Record::Deferred { site, step, input, in_doubt } = &entry.record {
                    let (site, step, input) = (site.clone(), step.clone(), input.clone());
                    let (undo, in_doubt) = (Kind::Irreversible, in_doubt.clone());
                    entry.record = Record::Intent { site, step, input, undo, in_doubt, again: None };
                }
            }
        }
        Some(Mutant::ReadsBackwards) => swap_steps(journal),
        Some(Mutant::ForgetsActs) => journal.iter_mut().for_each(|entry| forget_act(&mut entry.record)),
        Some(Mutant::LosesDeadline) => {
            for entry in journal {
                if let Record::Scheduled { deadline, .. } = &mut entry.record {
                    *deadline = None;
                }
            }
        }
        Some(Mutant::LosesLimit) => {
            for entry in journal {
                if let Record::Wait { due, .. } | Record::Asked { due, .. } = &mut entry.record {
                    *due = None;
                }
            }
        }
        _ => {}
    }
}

fn forget_act(record: &mut Record) {
    let (Record::RetriedNow { by }
    | Record::Redriven { by, .. }
    | Record::Resolved { by, .. }
    | Record::Waived { by, .. }
    | Record::UndoStarted { by, .. }
    | Record::NoEffect { by, .. }
    | Record::StopRequested { cause: Cause::Cancelled { by } }) = record
    else {
        return;
    };
    by.act = None;
}

/// Two steps that followed each other change places, whole.
fn swap_steps(journal: &mut [Entry]) {
    let is_intent = |r: &Record| matches!(r, Record::Intent { undo: Kind::Compensated, .. });
    let is_done = |r: &Record| matches!(r, Record::Done { .. });
    let pair = |w: &[Entry]| {
        is_intent(&w[0].record) && is_done(&w[1].record) && is_intent(&w[2].record) && is_done(&w[3].record)
    };
    if let Some(at) = journal.windows(4).position(pair) {
        let records: Vec<Record> = journal[at..at + 4].iter().map(|e| e.record.clone()).collect();
        for (to, from) in [2, 3, 0, 1].into_iter().enumerate() {
            journal[at + to].record = records[from].clone();
        }
    }
}

#[async_trait]
impl saga_core::store::Intercept for Referee {
    fn inner(&self) -> &dyn Store {
        &*self.truth
    }

    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        let worker = self.truth.join(name, lease, now).await?;
        self.leases().insert(worker, now.after(lease));
        Ok(worker)
    }

    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError> {
        match self.truth.renew(worker, lease, now).await {
            Err(StoreError::LeaseLost) if self.mutant == Some(Mutant::RenewsExpired) => {}
            renewed => renewed?,
        }
        if self.leases().insert(worker, now.after(lease)).is_none_or(|until| until <= now) {
            let what = format!("the lease of {worker:?} was over, and is renewed");
            self.world.books().wrong(Rule::Fenced, what);
        }
        Ok(())
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        let answers = match self.mutant {
            None => self.truth.commit(worker, batch, now).await?,
            Some(_) => self.commit_mutated(worker, batch, now).await?,
        };
        for (append, answer) in batch.iter().zip(&answers) {
            self.judge(worker, append, answer);
        }
        Ok(answers)
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        let claims = self.truth.claim(worker, wanted, now).await?;
        let mut holders = self.holders();
        for claim in &claims.claimed {
            holders.insert(claim.saga.clone(), (worker, claim.epoch));
        }
        Ok(claims)
    }

    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let mut journal = self.truth.load(saga, from, limit).await?;
        misread(self.mutant, &mut journal);
        Ok(journal)
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        let is_held = self.truth.summary(saga).await?.is_some_and(|summary| summary.held);
        let is_lost = match self.mutant {
            Some(Mutant::LosesDelivery) => !is_held,
            Some(Mutant::LosesCancel) => !is_held && matches!(delivery, Delivery::Cancel { .. }),
            _ => false,
        };
        let id = match is_lost {
            true => DeliveryId(u64::MAX - self.said().words.len() as u64),
            false => self.truth.deliver(saga, delivery.clone(), now).await?,
        };
        let (saga, put) = (saga.clone(), self.world.clock().now());
        self.said().words.push(Word { id, saga, delivery, at: now, put, taken: false });
        Ok(id)
    }

    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        Ok(self.shown(self.truth.inbox(worker).await?))
    }

    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError> {
        Ok(self.shown(self.truth.undelivered(saga).await?))
    }
}
