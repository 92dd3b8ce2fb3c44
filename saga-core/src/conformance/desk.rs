//! Shared fixtures of the checks: a store with a worker, and short helpers. All times are artificial; everything is
//! free again once `LEASE` has passed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::Place;
use crate::delivery::Delivery;
use crate::store::{Append, AppendError, Claims, DeliveryId, Status, Store, Suspects, Wanted, WorkerId};
use crate::{By, Entry, Epoch, Payload, Phase, Record, SagaId, Seq, SitePath, Timestamp, Undoable};

/// The length of a lease.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// The time at which every check begins.
pub(super) const NOW: Timestamp = Timestamp(1_000_000);
/// The time at which a lease taken at [`NOW`] is over.
pub(super) const LATER: Timestamp = Timestamp(NOW.0 + 30_000);
/// The type of all sagas.
pub(super) const KIND: &str = "book_trip";

/// A store, and a worker that has joined it.
pub(super) struct Desk<'a> {
    pub(super) place: &'a dyn Place,
    pub(super) store: Arc<dyn Store>,
    pub(super) worker: WorkerId,
}

impl<'a> Desk<'a> {
    pub(super) async fn new(place: &'a dyn Place) -> Self {
        Self::at(place, NOW).await
    }

    pub(super) async fn at(place: &'a dyn Place, now: Timestamp) -> Self {
        let store = place.open().await;
        let worker = store.join("conformance", LEASE, now).await.expect("a first worker can join");
        Desk { place, store, worker }
    }

    /// Returns another worker at the same store. If the store takes only one, the first worker leaves before.
    pub(super) async fn successor(self, now: Timestamp) -> Self {
        if !self.place.takes_many_workers() {
            self.store.leave(self.worker).await.expect("a worker can leave");
        }
        let worker = self.store.join("successor", LEASE, now).await.expect("a next worker can join");
        Desk { worker, ..self }
    }

    /// Simulates the death of the process: another opens the store at `now`, when the lease is over.
    pub(super) async fn restart(self, now: Timestamp) -> Self {
        let place = self.place;
        drop(self);
        Desk::at(place, now).await
    }

    pub(super) async fn commit(&self, batch: &[Append]) -> Vec<Result<Epoch, AppendError>> {
        self.commit_at(batch, NOW).await
    }

    pub(super) async fn commit_at(
        &self,
        batch: &[Append],
        now: Timestamp,
    ) -> Vec<Result<Epoch, AppendError>> {
        let answers = self.store.commit(self.worker, batch, now).await.expect("the store works");
        assert_eq!(answers.len(), batch.len(), "every append has its answer");
        answers
    }

    pub(super) async fn append(&self, append: Append) -> Result<Epoch, AppendError> {
        self.append_at(append, NOW).await
    }

    pub(super) async fn append_at(&self, append: Append, now: Timestamp) -> Result<Epoch, AppendError> {
        self.commit_at(&[append], now).await.remove(0)
    }

    /// Creates a saga with one record, and holds it.
    pub(super) async fn create(&self, name: &str) -> Epoch {
        self.append(creation(name)).await.expect("a saga is created")
    }

    /// Creates a released saga with this status, written at `now`.
    pub(super) async fn released(&self, name: &str, status: Status, now: Timestamp) {
        let created = Append { status: Some(status), release: true, ..creation(name) };
        self.append_at(created, now).await.expect("a saga is created");
    }

    pub(super) async fn deliver(&self, name: &str, now: Timestamp) -> DeliveryId {
        self.store.deliver(&id(name), cancel("somebody"), now).await.expect("a delivery is accepted")
    }

    pub(super) async fn claims(&self, now: Timestamp) -> Claims {
        self.store.claim(self.worker, &wanted(), now).await.expect("the worker may claim")
    }

    /// Claims everything claimable, and returns the names in order.
    pub(super) async fn claim(&self, now: Timestamp) -> Vec<String> {
        names(&self.claims(now).await)
    }

    /// Claims everything claimable, which must be exactly this saga.
    pub(super) async fn claim_one(&self, name: &str, now: Timestamp) -> Epoch {
        let claims = self.claims(now).await;
        assert_eq!(names(&claims), [name], "what can be claimed at {now}");
        claims.claimed[0].epoch
    }

    /// Returns the sequence numbers in a journal.
    pub(super) async fn seqs(&self, name: &str) -> Vec<Seq> {
        self.journal(name).await.iter().map(|e| e.seq).collect()
    }

    pub(super) async fn journal(&self, name: &str) -> Vec<Entry> {
        self.store.load(&id(name), 0, usize::MAX).await.expect("a journal can be read")
    }

    pub(super) async fn status(&self, name: &str) -> Status {
        let summary = self.store.summary(&id(name)).await.expect("a summary can be read");
        summary.expect("the saga exists").status
    }

    /// Returns the numbers of the deliveries that the worker sees.
    pub(super) async fn mail(&self) -> Vec<DeliveryId> {
        let waiting = self.store.inbox(self.worker).await.expect("the inbox can be read");
        waiting.into_iter().map(|w| w.id).collect()
    }
}

pub(super) fn names(claims: &Claims) -> Vec<String> {
    claims.claimed.iter().map(|c| c.saga.as_str().to_owned()).collect()
}

pub(super) fn id(name: &str) -> SagaId {
    SagaId::new(name).expect("the suite's ids are valid")
}

pub(super) fn wanted() -> Wanted {
    Wanted {
        sagas: vec![KIND.into()],
        limit: 10_000,
        suspects: Suspects::ONE,
        unreadable: vec![],
        only: None,
    }
}

/// Returns a status in this phase, with no `wake_at`.
pub(super) fn status(phase: Phase) -> Status {
    Status {
        saga: KIND.into(),
        version: 1,
        phase,
        wake_at: None,
        reasons: Vec::new(),
        progress: 1,
        deaths: 0,
        undoable: Undoable::No,
    }
}

/// Returns the status of a saga that waits until a time.
pub(super) fn waits(wake_at: Timestamp) -> Status {
    Status { wake_at: Some(wake_at), ..status(Phase::Waiting) }
}

/// Returns a record that differs from those of other numbers.
pub(super) fn entry(seq: Seq) -> Entry {
    let record = match seq {
        0 => Record::Scheduled {
            saga: KIND.into(),
            version: 1,
            input: Payload::null(),
            deadline: None,
            key_namespace: None,
            session: None,
        },
        _ => Record::Value {
            site: SitePath::from(format!("now[{seq}]")),
            what: "now".into(),
            value: Payload::encode(&seq).expect("a number has a JSON form"),
        },
    };
    Entry { seq, at: NOW, record }
}

pub(super) fn entries(seqs: impl IntoIterator<Item = Seq>) -> Vec<Entry> {
    seqs.into_iter().map(entry).collect()
}

/// Returns an append without content.
pub(super) fn nothing(name: &str, epoch: Epoch) -> Append {
    Append {
        next: None,
        saga: id(name),
        epoch: Some(epoch),
        entries: vec![],
        status: None,
        taken: vec![],
        release: false,
    }
}

pub(super) fn creation(name: &str) -> Append {
    let status = Some(status(Phase::Scheduled));
    Append {
        next: None,
        saga: id(name),
        epoch: None,
        entries: entries([0]),
        status,
        taken: vec![],
        release: false,
    }
}

pub(super) fn step(name: &str, epoch: Epoch, seqs: impl IntoIterator<Item = Seq>) -> Append {
    Append { entries: entries(seqs), ..nothing(name, epoch) }
}

pub(super) fn release(name: &str, epoch: Epoch, status: Status) -> Append {
    Append { status: Some(status), release: true, ..nothing(name, epoch) }
}

pub(super) fn cancel(who: &str) -> Delivery {
    Delivery::Cancel { by: By::new(who, "for a test") }
}

/// Returns true if no item occurs twice.
pub(super) fn all_different<T: Ord>(things: impl IntoIterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    things.into_iter().all(|thing| seen.insert(thing))
}
