//! A store in memory, for tests. It forgets everything when it is dropped, and keeps every other promise. Several
//! workers may share one. Claimable sagas are indexed, so a step's cost does not grow with the number of released
//! sagas.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use foldhash::fast::RandomState;

use crate::delivery::Delivery;
use crate::store::{
    Append, AppendError, Claim, Claims, DeliverError, DeliveryId, LeftOut, Page, Purge, QUARANTINE_DEATHS,
    Query, Status, Store, StoreError, Summary, Waiting, Wanted, WorkerId,
};
use crate::{Bell, Entry, Epoch, KeyNamespace, SagaId, Seq, Timestamp};

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
    /// Keyed by creation number.
    sagas: BTreeMap<u64, Saga>,
    numbers: HashMap<SagaId, u64, RandomState>,
    /// Includes workers after the end of their lease, as long as they hold something.
    workers: BTreeMap<WorkerId, Member>,
    inbox: BTreeMap<DeliveryId, Delivered>,
    /// Sagas that are not held and have a `wake_at`.
    due: BTreeSet<(Timestamp, u64)>,
    /// The latest time at which a status was written.
    latest: Timestamp,
    last: u64,
    key_namespace: Option<KeyNamespace>,
}

#[derive(Debug)]
struct Member {
    until: Timestamp,
    has_left: bool,
    holds: BTreeSet<u64>,
    bell: Arc<Bell>,
}

#[derive(Debug)]
struct Delivered {
    saga: u64,
    at: Timestamp,
    delivery: Delivery,
}

#[derive(Debug)]
struct Saga {
    id: SagaId,
    journal: Vec<Entry>,
    status: Status,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The worker and epoch of the creation, to recognize a repeated creation.
    origin: Held,
    held: Option<Held>,
    /// The epoch of the latest claim, to recognize a repeated release.
    last_epoch: Epoch,
    /// Its deliveries that are not taken yet.
    inbox: BTreeSet<DeliveryId>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    worker: WorkerId,
    epoch: Epoch,
}

/// A claimable saga: the time since which it waits, its number, and whether its last claim ended with the worker's
/// death.
type Candidate = (Timestamp, u64, bool);

impl MemoryStore {
    /// Returns an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Saga {
    fn summary(&self) -> Summary {
        Summary {
            id: self.id.clone(),
            status: self.status.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            held: self.held.is_some(),
        }
    }

    /// Returns true if the journal already has these records at their sequence numbers.
    fn has(&self, entries: &[Entry]) -> bool {
        let from = entries.first().and_then(|e| usize::try_from(e.seq).ok());
        let there = from.and_then(|from| self.journal.get(from..from.checked_add(entries.len())?));
        there.is_some_and(|there| there == entries)
    }
}

/// Checks that the records continue from `expected` without gaps; if there are none, that the worker knows them all.
fn follow(append: &Append, expected: Seq) -> Result<(), AppendError> {
    let next = append.next.filter(|_| append.entries.is_empty());
    let found = append.entries.iter().map(|entry| entry.seq).chain(next);
    let wrong = (expected..).zip(found).find(|(expected, found)| found != expected);
    match wrong {
        None => Ok(()),
        Some((expected, found)) => Err(AppendError::Sequence { saga: append.saga.clone(), expected, found }),
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
        if let Some(saga) = self.saga(&append.saga) {
            let again = saga.origin.worker == worker && saga.journal.starts_with(&append.entries);
            return match again && (append.release || saga.last_epoch == saga.origin.epoch) {
                true => Ok(saga.origin.epoch),
                false => Err(AppendError::Exists { saga: append.saga.clone() }),
            };
        }
        follow(append, 0)?;
        let Some(status) = append.status.clone() else {
            return Err(AppendError::NoSuchSaga { saga: append.saga.clone() });
        };
        let (number, epoch) = (self.fresh(), Epoch(self.fresh()));
        let origin = Held { worker, epoch };
        let saga = Saga {
            id: append.saga.clone(),
            journal: append.entries.clone(),
            status,
            created_at: now,
            updated_at: now,
            origin,
            held: None,
            last_epoch: epoch,
            inbox: BTreeSet::new(),
        };
        self.latest = self.latest.max(now);
        self.numbers.insert(saga.id.clone(), number);
        self.sagas.insert(number, saga);
        self.hold(number, (!append.release).then_some(origin));
        Ok(epoch)
    }

    fn append(
        &mut self,
        worker: WorkerId,
        epoch: Epoch,
        append: &Append,
        now: Timestamp,
    ) -> Result<Epoch, AppendError> {
        let number = self.numbers.get(&append.saga).copied();
        let Some((number, saga)) = number.and_then(|n| Some((n, self.sagas.get_mut(&n)?))) else {
            return Err(AppendError::NoSuchSaga { saga: append.saga.clone() });
        };
        let applied = saga.has(&append.entries);
        if !saga.held.is_some_and(|h| h.worker == worker && h.epoch == epoch) {
            let released = saga.held.is_none() && saga.last_epoch == epoch && append.release;
            let again = released && (applied || append.entries.is_empty());
            return if again {
                Ok(epoch)
            } else {
                Err(AppendError::Fenced { saga: append.saga.clone(), epoch })
            };
        }
        // An applied append that releases has ended its claim; then this point is not reached.
        if applied && !append.release {
            return Ok(epoch);
        }
        follow(append, saga.journal.len() as Seq)?;
        saga.journal.extend_from_slice(&append.entries);
        if let Some(status) = append.status.clone() {
            saga.status = status;
            saga.updated_at = now;
            self.latest = self.latest.max(now);
        }
        for id in &append.taken {
            if saga.inbox.remove(id) {
                self.inbox.remove(id);
            }
        }
        if append.release {
            self.hold(number, None);
        }
        Ok(epoch)
    }

    /// Sets the holder of a saga, and keeps the indexes true. Rings the bell if a worker may have to look at it.
    fn hold(&mut self, number: u64, held: Option<Held>) {
        let Some(saga) = self.sagas.get_mut(&number) else { return };
        if let Some(before) = std::mem::replace(&mut saga.held, held)
            && let Some(member) = self.workers.get_mut(&before.worker)
        {
            member.holds.remove(&number);
            if member.has_left && member.holds.is_empty() {
                self.workers.remove(&before.worker);
            }
        }
        match held {
            Some(Held { worker, epoch }) => {
                saga.last_epoch = epoch;
                if let Some(at) = saga.status.wake_at {
                    self.due.remove(&(at, number));
                }
                if let Some(member) = self.workers.get_mut(&worker) {
                    member.holds.insert(number);
                }
            }
            None => {
                self.due.extend(saga.status.wake_at.map(|at| (at, number)));
                if saga.status.wake_at.is_some() || !saga.inbox.is_empty() {
                    self.ring();
                }
            }
        }
    }

    /// Returns the claimable sagas, longest wait first, and the time at which the next one comes due.
    fn candidates(&self, wanted: &Wanted, now: Timestamp) -> (Vec<Candidate>, Option<Timestamp>) {
        let is_wanted = |s: &&Saga| match &wanted.only {
            Some(only) => s.id == *only,
            None => wanted.sagas.contains(&s.status.saga),
        };
        let saga = |number: &u64| self.sagas.get(number).filter(is_wanted).map(|s| (*number, s));
        let dead = self.workers.values().filter(|m| m.until <= now).flat_map(|m| &m.holds);
        let dead = dead.filter_map(saga).map(|(number, s)| (s.updated_at, number, true));

        let ripe = self.due.range(..=(now, u64::MAX)).filter_map(|(_, number)| saga(number));
        // Only a clock that went back can have written a status after `now`.
        let turned_back =
            if self.latest > now { self.due.range((now, u64::MAX)..) } else { self.due.range(..(now, 0)) };
        let turned_back = turned_back.filter_map(|(_, n)| saga(n)).filter(|(_, s)| s.updated_at > now);
        let due = ripe.chain(turned_back).filter_map(|(n, s)| Some((s.status.wake_at?, n, false)));

        let first = |s: &Saga| {
            let seen = wanted.unreadable.iter().find(|(saga, _)| *saga == s.id).map(|(_, seen)| *seen);
            let is_news = seen.is_none_or(|seen| s.inbox.last().is_some_and(|last| *last > seen));
            self.inbox.get(s.inbox.first()?).map(|d| d.at).filter(|_| is_news)
        };
        let mail = self.inbox.values().filter_map(|d| saga(&d.saga)).filter(|(_, s)| s.held.is_none());
        let mail = mail.filter_map(|(n, s)| Some((first(s)?, n, false)));

        let mut all: Vec<Candidate> = dead.chain(due).chain(mail).collect();
        all.sort_unstable();
        let mut known = BTreeSet::new();
        all.retain(|(_, number, _)| known.insert(*number));
        let later = self.due.range((now, u64::MAX)..);
        let next = later.filter(|(_, n)| !known.contains(n)).find(|(_, n)| saga(n).is_some());
        (all, next.map(|(at, _)| *at))
    }

    fn ring(&self) {
        self.workers.values().for_each(|m| m.bell.ring());
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn key_namespace(&self, given: Option<&KeyNamespace>) -> Result<Option<KeyNamespace>, StoreError> {
        let namespace = &mut self.lock().key_namespace;
        if namespace.is_none() {
            *namespace = given.cloned();
        }
        Ok(namespace.clone())
    }

    async fn join(&self, _name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        let mut inner = self.lock();
        let worker = WorkerId(inner.fresh());
        let member =
            Member { until: now.after(lease), has_left: false, holds: BTreeSet::new(), bell: Arc::default() };
        inner.workers.insert(worker, member);
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
        let Some(member) = inner.workers.get_mut(&worker) else { return Ok(()) };
        (member.until, member.has_left) = (Timestamp(i64::MIN), true);
        member.bell.ring();
        if member.holds.is_empty() {
            inner.workers.remove(&worker);
        } else {
            inner.ring();
        }
        Ok(())
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        let mut inner = self.lock();
        if inner.workers.get(&worker).is_none_or(|m| m.has_left) {
            return Err(StoreError::LeaseLost);
        }
        let answers = batch.iter().map(|append| match append.epoch {
            None => inner.create(worker, append, now),
            Some(epoch) => inner.append(worker, epoch, append, now),
        });
        Ok(answers.collect())
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        let mut inner = self.lock();
        if inner.workers.get(&worker).is_none_or(|m| m.until <= now) {
            return Err(StoreError::LeaseLost);
        }
        let (candidates, next_wake) = inner.candidates(wanted, now);
        let mut claims = Claims { next_wake, ..Claims::default() };
        let mut suspects = wanted.suspects;
        for (since, number, died) in candidates {
            if claims.claimed.len() == wanted.limit {
                claims.next_wake = Some(now);
                break;
            }
            let epoch = Epoch(inner.fresh());
            let Some(saga) = inner.sagas.get_mut(&number) else { continue };
            saga.status.deaths += u32::from(died);
            let deaths = saga.status.deaths;
            if deaths >= QUARANTINE_DEATHS {
                if !suspects.admit(deaths) {
                    claims.left_out.get_or_insert(LeftOut { saga: saga.id.clone(), deaths, since });
                    if died {
                        // The death is counted once, even if the saga is not claimed now. A clock that goes back does
                        // not hide the saga: that time is no later than the one of the status.
                        saga.status.wake_at = Some(saga.updated_at);
                        inner.hold(number, None);
                    }
                    continue;
                }
                suspects.limit -= 1;
            }
            let claim = Claim { saga: saga.id.clone(), epoch, status: saga.status.clone() };
            inner.hold(number, Some(Held { worker, epoch }));
            claims.claimed.push(claim);
        }
        Ok(claims)
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError> {
        let inner = self.lock();
        let member = inner.workers.get(&worker).filter(|m| !m.has_left).ok_or(StoreError::LeaseLost)?;
        let held = member.holds.iter().filter_map(|number| inner.sagas.get(number));
        let claim = |s: &Saga| Claim { saga: s.id.clone(), epoch: s.last_epoch, status: s.status.clone() };
        Ok(held.map(claim).collect())
    }

    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let inner = self.lock();
        let journal = inner.saga(saga).map_or(&[][..], |s| &s.journal);
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(journal.len());
        Ok(journal[from..].iter().take(limit).cloned().collect())
    }

    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
        Ok(self.lock().saga(saga).map(Saga::summary))
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
            wanted.by_ref().take(query.page_size()).map(|(n, s)| (*n, s.summary())).collect();
        let more = wanted.next().is_some();
        let next = taken.last().map(|(n, _)| *n).filter(|_| more);
        Ok(Page { sagas: taken.into_iter().map(|(_, s)| s).collect(), damaged: Vec::new(), next })
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        let mut inner = self.lock();
        let id = DeliveryId(inner.fresh());
        let number = inner.numbers.get(saga).copied();
        let Some((number, to)) = number.and_then(|n| Some((n, inner.sagas.get_mut(&n)?))) else {
            return Err(DeliverError::NoSuchSaga { saga: saga.clone() });
        };
        to.inbox.insert(id);
        inner.inbox.insert(id, Delivered { saga: number, at: now, delivery });
        inner.ring();
        Ok(id)
    }

    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        let inner = self.lock();
        let waiting = inner.inbox.iter().filter_map(|(id, delivered)| {
            let saga = inner.sagas.get(&delivered.saga)?;
            saga.held.filter(|h| h.worker == worker)?;
            let Delivered { at, delivery, .. } = delivered;
            Some(Waiting { id: *id, saga: saga.id.clone(), delivery: delivery.clone(), at: *at })
        });
        Ok(waiting.collect())
    }

    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError> {
        let inner = self.lock();
        let ids = inner.saga(saga).into_iter().flat_map(|s| &s.inbox);
        let waiting = ids.filter_map(|id| {
            let Delivered { at, delivery, .. } = inner.inbox.get(id)?;
            Some(Waiting { id: *id, saga: saga.clone(), delivery: delivery.clone(), at: *at })
        });
        Ok(waiting.collect())
    }

    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError> {
        let bell = self.lock().workers.get(&worker).map(|m| m.bell.clone());
        bell.ok_or(StoreError::LeaseLost)?.rung().await;
        Ok(())
    }

    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError> {
        let mut inner = self.lock();
        let may_go = |s: &Saga| {
            let undoable = s.status.undoable.is_open(now);
            let idle = s.held.is_none() && s.inbox.is_empty();
            let ended = s.status.phase.is_ended() && s.updated_at < purge.ended_before;
            ended && idle && (purge.undoable_too || !undoable)
        };
        let dropped = inner.sagas.extract_if(.., |_, s| may_go(s)).collect::<Vec<_>>();
        for (number, saga) in &dropped {
            inner.numbers.remove(&saga.id);
            inner.due.retain(|(_, n)| n != number);
        }
        Ok(dropped.len() as u64)
    }

    fn takes_many_workers(&self) -> bool {
        true
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}
