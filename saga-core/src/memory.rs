//! A store in memory, for tests: it forgets everything when it is dropped, and keeps every other promise. Several
//! workers may share one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::machine::Delivery;
use crate::store::{
    Append, AppendError, Claim, Claims, DeliverError, DeliveryId, Page, Purge, QUARANTINE_DEATHS, Query, Status,
    Store, StoreError, Summary, Waiting, Wanted, WorkerId,
};
use crate::{Bell, Entry, Epoch, Phase, SagaId, Seq, Timestamp};

/// A store in memory.
///
/// ```
/// use saga_core::{MemoryStore, store::Store};
/// let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(MemoryStore::new());
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By the number of their creation.
    sagas: BTreeMap<u64, Saga>,
    numbers: HashMap<SagaId, u64>,
    workers: HashMap<WorkerId, Member>,
    inbox: BTreeMap<DeliveryId, (u64, Delivery)>,
    last: u64,
}

#[derive(Debug)]
struct Member {
    until: Timestamp,
    bell: Arc<Bell>,
}

#[derive(Debug)]
struct Saga {
    id: SagaId,
    journal: Vec<Entry>,
    status: Status,
    created_at: Timestamp,
    updated_at: Timestamp,
    held: Option<Held>,
    /// The claim that ended last, so that a repeated release is known as one.
    last_epoch: Epoch,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    worker: WorkerId,
    epoch: Epoch,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn fresh(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn saga(&self, id: &SagaId) -> Option<&Saga> {
        self.sagas.get(self.numbers.get(id)?)
    }

    fn create(&mut self, worker: WorkerId, append: &Append, now: Timestamp) -> Result<Epoch, AppendError> {
        let exists = AppendError::Exists { saga: append.saga.clone() };
        if let Some(saga) = self.saga(&append.saga) {
            // The same creation again, because its answer was lost.
            let held = saga.held.filter(|h| h.worker == worker && saga.journal == append.entries);
            return held.map(|h| h.epoch).ok_or(exists);
        }
        let Some(status) = append.status.clone() else {
            return Err(AppendError::NoSuchSaga { saga: append.saga.clone() });
        };
        let (number, epoch) = (self.fresh(), Epoch(self.fresh()));
        let saga = Saga {
            id: append.saga.clone(),
            journal: append.entries.clone(),
            status,
            created_at: now,
            updated_at: now,
            held: (!append.release).then_some(Held { worker, epoch }),
            last_epoch: epoch,
        };
        self.numbers.insert(saga.id.clone(), number);
        self.sagas.insert(number, saga);
        Ok(epoch)
    }

    fn append(
        &mut self,
        worker: WorkerId,
        epoch: Epoch,
        append: Append,
        now: Timestamp,
    ) -> Result<Epoch, AppendError> {
        let number = self.numbers.get(&append.saga).copied();
        let Some(saga) = number.and_then(|n| self.sagas.get_mut(&n)) else {
            return Err(AppendError::NoSuchSaga { saga: append.saga });
        };
        let applied = !append.entries.is_empty() && saga.journal.ends_with(&append.entries);
        let holds = saga.held.is_some_and(|h| h.worker == worker && h.epoch == epoch);
        if !holds {
            let repeated = saga.held.is_none() && saga.last_epoch == epoch && append.release;
            let repeated = repeated && (applied || append.entries.is_empty());
            return if repeated { Ok(epoch) } else { Err(AppendError::Fenced { saga: append.saga, epoch }) };
        }
        let expected = saga.journal.len() as Seq;
        match append.entries.first() {
            Some(first) if first.seq != expected => {
                if !applied {
                    return Err(AppendError::Sequence { saga: append.saga, expected, found: first.seq });
                }
            }
            _ => saga.journal.extend(append.entries),
        }
        if let Some(status) = append.status {
            saga.status = status;
            saga.updated_at = now;
        }
        if append.release {
            saga.held = None;
        }
        for id in append.taken {
            self.inbox.remove(&id);
        }
        Ok(epoch)
    }

    fn is_alive(&self, worker: WorkerId, now: Timestamp) -> bool {
        self.workers.get(&worker).is_some_and(|m| m.until > now)
    }

    fn ring(&self) {
        self.workers.values().for_each(|m| m.bell.ring());
    }

    fn summary(saga: &Saga) -> Summary {
        Summary {
            id: saga.id.clone(),
            status: saga.status.clone(),
            created_at: saga.created_at,
            updated_at: saga.updated_at,
            held: saga.held.is_some(),
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn join(&self, _name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        let mut inner = self.lock();
        let worker = WorkerId(inner.fresh());
        inner.workers.insert(worker, Member { until: now.after(lease), bell: Arc::default() });
        Ok(worker)
    }

    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError> {
        let mut inner = self.lock();
        match inner.workers.get_mut(&worker) {
            Some(member) if member.until > now => {
                member.until = now.after(lease);
                Ok(())
            }
            _ => Err(StoreError::LeaseLost),
        }
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.workers.remove(&worker);
        inner.ring();
        Ok(())
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: Vec<Append>,
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        let mut inner = self.lock();
        let released = batch.iter().any(|a| a.release);
        let answers = batch
            .into_iter()
            .map(|append| match append.epoch {
                None => inner.create(worker, &append, now),
                Some(epoch) => inner.append(worker, epoch, append, now),
            })
            .collect();
        if released {
            inner.ring();
        }
        Ok(answers)
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        let mut inner = self.lock();
        if !inner.is_alive(worker, now) {
            return Err(StoreError::LeaseLost);
        }
        let mail: std::collections::HashSet<u64> = inner.inbox.values().map(|(n, _)| *n).collect();
        let mut due: Vec<(Timestamp, u64, bool)> = Vec::new();
        let mut next_wake: Option<Timestamp> = None;
        for (number, saga) in &inner.sagas {
            if !wanted.sagas.contains(&saga.status.saga) {
                continue;
            }
            match saga.held {
                Some(held) if inner.is_alive(held.worker, now) => {}
                Some(_) => due.push((saga.updated_at, *number, true)),
                None if mail.contains(number) => due.push((saga.updated_at, *number, false)),
                None => match saga.status.wake_at {
                    Some(at) if at <= now || saga.updated_at > now => due.push((at, *number, false)),
                    Some(at) => next_wake = Some(next_wake.map_or(at, |n| n.min(at))),
                    None => {}
                },
            }
        }
        due.sort();
        let mut claims = Claims { claimed: Vec::new(), next_wake };
        let mut quarantine = wanted.quarantined;
        for (_, number, died) in due {
            if claims.claimed.len() == wanted.limit {
                claims.next_wake = Some(now);
                break;
            }
            let deaths = inner.sagas.get(&number).map_or(0, |s| s.status.deaths) + u32::from(died);
            let epoch = Epoch(inner.fresh());
            let Some(saga) = inner.sagas.get_mut(&number) else { continue };
            // Counted once, also if it is not its turn.
            saga.status.deaths = deaths;
            saga.held = None;
            if deaths >= QUARANTINE_DEATHS {
                if !quarantine {
                    saga.status.wake_at = Some(now);
                    continue;
                }
                quarantine = false;
            }
            saga.held = Some(Held { worker, epoch });
            saga.last_epoch = epoch;
            claims.claimed.push(Claim { saga: saga.id.clone(), epoch, status: saga.status.clone() });
        }
        Ok(claims)
    }

    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let inner = self.lock();
        let journal = inner.saga(saga).map_or(&[][..], |s| &s.journal);
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(journal.len());
        Ok(journal[from..].iter().take(limit).cloned().collect())
    }

    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
        Ok(self.lock().saga(saga).map(Inner::summary))
    }

    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        let inner = self.lock();
        let from = query.after.map_or(0, |a| a.saturating_add(1));
        let mut wanted = inner.sagas.range(from..).filter(|(_, s)| {
            (query.phases.is_empty() || query.phases.contains(&s.status.phase))
                && query.saga.as_ref().is_none_or(|name| s.status.saga == *name)
                && query.reason.is_none_or(|reason| s.status.reasons.contains(&reason))
        });
        let taken: Vec<(u64, Summary)> =
            wanted.by_ref().take(query.page_size()).map(|(n, s)| (*n, Inner::summary(s))).collect();
        let more = wanted.next().is_some();
        let next = taken.last().map(|(n, _)| *n).filter(|_| more);
        Ok(Page { sagas: taken.into_iter().map(|(_, s)| s).collect(), next })
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        _now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        let mut inner = self.lock();
        let Some(number) = inner.numbers.get(saga).copied() else {
            return Err(DeliverError::NoSuchSaga { saga: saga.clone() });
        };
        let id = DeliveryId(inner.fresh());
        inner.inbox.insert(id, (number, delivery));
        inner.ring();
        Ok(id)
    }

    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        let inner = self.lock();
        let waiting = inner.inbox.iter().filter_map(|(id, (number, delivery))| {
            let saga = inner.sagas.get(number)?;
            saga.held.filter(|h| h.worker == worker)?;
            Some(Waiting { id: *id, saga: saga.id.clone(), delivery: delivery.clone() })
        });
        Ok(waiting.collect())
    }

    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError> {
        let bell = self.lock().workers.get(&worker).map(|m| m.bell.clone());
        bell.ok_or(StoreError::LeaseLost)?.rung().await;
        Ok(())
    }

    async fn purge(&self, purge: Purge) -> Result<u64, StoreError> {
        let mut inner = self.lock();
        let dropped: Vec<(u64, SagaId)> = inner
            .sagas
            .iter()
            .filter(|(_, s)| {
                let ended = matches!(s.status.phase, Phase::Completed | Phase::RolledBack | Phase::Abandoned);
                let undoable = s.status.undoable_until.is_some_and(|until| until >= purge.now);
                ended
                    && s.held.is_none()
                    && s.updated_at < purge.ended_before
                    && (purge.undoable_too || !undoable)
            })
            .map(|(number, s)| (*number, s.id.clone()))
            .collect();
        for (number, id) in &dropped {
            inner.sagas.remove(number);
            inner.numbers.remove(id);
            inner.inbox.retain(|_, (n, _)| n != number);
        }
        Ok(dropped.len() as u64)
    }
}
