//! The contract of stores of journals. A store does not know what a step is; the runtime does not know the database.
//!
//! A store keeps four things for each saga. Its **journal** is append-only. Its **status** is a summary that workers
//! write, for finding due and dead-lettered sagas without reading journals. Its **holder** is the worker that drives
//! it. Its **inbox** has the deliveries that no worker has taken yet. The conformance suite (feature `conformance`)
//! checks every store against this page.

mod error;

mod intercept;
mod into_store;

pub use intercept::Intercept;
pub use into_store::IntoStore;

use std::time::Duration;

use async_trait::async_trait;
pub use error::{AppendError, DeliverError, StoreCause, StoreError};
use serde::Serialize;

use crate::delivery::Delivery;
use crate::{Entry, Epoch, KeyNamespace, Name, Phase, Reason, SagaId, Seq, State, Timestamp, Undoable};

/// A worker's number: fresh for each [`Store::join`], so a restarted worker is never mistaken for its predecessor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u64);

/// The number of a delivery in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub u64);

/// The summary of a saga that a store can list. The worker that holds the saga writes it when a change matters to
/// others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The recorded name of its type.
    pub saga: Name,
    /// The version of the code that it began with.
    pub version: u32,
    /// The saga's phase. Between writes a saga may move between `Running` and `Waiting`.
    pub phase: Phase,
    /// The time at which it is to be claimed even without a delivery. `None` if it is not to be, or is held.
    pub wake_at: Option<Timestamp>,
    /// The reasons for which it is dead-lettered; empty if it is not.
    pub reasons: Vec<Reason>,
    /// [`State::progress`] at this write.
    pub progress: u64,
    /// The deaths that are charged to the saga. The store adds one for each claim that ends with its worker's death; the
    /// holder writes what is charged before that.
    pub deaths: u32,
    /// How long it can be undone.
    pub undoable: Undoable,
}

impl Status {
    /// Returns the status of `state`, with the next claim at `wake_at`.
    pub fn of(state: &State, wake_at: Option<Timestamp>, deaths: u32) -> Self {
        let (saga, version) = state.head().map_or(("".into(), 0), |h| (h.saga.clone(), h.version));
        let mut reasons: Vec<Reason> = state.blockers().map(|blocker| blocker.reason).collect();
        reasons.sort();
        reasons.dedup();
        let phase = state.phase();
        if phase != Phase::DeadLettered {
            reasons.clear();
        }
        let (progress, undoable) = (state.progress(), state.undoable());
        Status { saga, version, phase, wake_at, reasons, progress, deaths, undoable }
    }
}

/// Records to be added to one journal, with the status change and deliveries that belong to them.
#[derive(Debug, Clone)]
pub struct Append {
    /// The saga's id.
    pub saga: SagaId,
    /// The epoch of the claim. `None` creates the saga, and claims it.
    pub epoch: Option<Epoch>,
    /// The records, in sequence; may be empty.
    pub entries: Vec<Entry>,
    /// Without records: the number of the next one, by the journal that the worker has read. An append of another number
    /// is refused as out of sequence, so that a stale reader cannot release a saga. `None` if the journal cannot be read.
    pub next: Option<Seq>,
    /// The new status; `None` if it did not change. A creation must have one.
    pub status: Option<Status>,
    /// The deliveries that these records settle. They leave the inbox.
    pub taken: Vec<DeliveryId>,
    /// True if the append ends the claim.
    pub release: bool,
}

/// The sagas that a worker asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The types to claim; a worker never claims a saga that it has no code for.
    pub sagas: Vec<Name>,
    /// The maximum number of claims.
    pub limit: usize,
    /// The suspects to claim among them.
    pub suspects: Suspects,
    /// Sagas with journals that the worker cannot read, each with the last delivery that it has seen there. Deliveries
    /// up to that one do not make the saga claimable; later ones do. All stay in the inbox.
    pub unreadable: Vec<(SagaId, DeliveryId)>,
    /// The only saga to claim, of any type; `None` for all. For closing a saga that no worker has code for.
    pub only: Option<SagaId>,
}

/// The number of deaths that makes a saga a suspect. Suspects are claimed only as [`Wanted::suspects`] says.
pub const QUARANTINE_DEATHS: u32 = 2;

/// The suspects that a worker asks for: sagas with [`QUARANTINE_DEATHS`] or more deaths, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspects {
    /// The maximum number of claims of suspects.
    pub limit: usize,
    /// Suspects with so many deaths are not claimed, unless they have [`held_back_below`](Self::held_back_below).
    pub held_back_from: u32,
    /// Suspects with so many deaths are claimed.
    pub held_back_below: u32,
}

impl Suspects {
    /// No suspect.
    pub const NONE: Self = Self { limit: 0, held_back_from: 0, held_back_below: u32::MAX };
    /// One suspect, with any number of deaths.
    pub const ONE: Self = Self { limit: 1, held_back_from: u32::MAX, held_back_below: u32::MAX };

    /// Returns true if a suspect with so many deaths is wanted.
    pub fn admit(&self, deaths: u32) -> bool {
        self.limit > 0 && (deaths < self.held_back_from || deaths >= self.held_back_below)
    }
}

/// A suspect that could be claimed, and was not wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The saga's id.
    pub saga: SagaId,
    /// Its deaths, the last one included.
    pub deaths: u32,
    /// The time since which it waits.
    pub since: Timestamp,
}

/// A saga that a worker now holds.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The saga's id.
    pub saga: SagaId,
    /// The epoch of this claim.
    pub epoch: Epoch,
    /// The saga's status; `deaths` includes the previous claim if its worker died.
    pub status: Status,
}

/// The result of looking for work.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The sagas that the worker now holds.
    pub claimed: Vec<Claim>,
    /// The time at which the next saga that is not held comes due; `None` if there is none.
    pub next_wake: Option<Timestamp>,
    /// One of the suspects that could be claimed, and were not wanted; `None` if there is none. The store need not look
    /// for one if more could be claimed.
    pub left_out: Option<LeftOut>,
}

/// A delivery that no worker has taken yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Its number. Deliveries to one saga are taken in this order.
    pub id: DeliveryId,
    /// The id of the saga that it was sent to.
    pub saga: SagaId,
    /// The delivery itself.
    pub delivery: Delivery,
    /// The time of delivery, by the sender's clock. It decides whether the delivery came in time.
    pub at: Timestamp,
}

/// A filter for listing sagas. The default lists all, in pages of 100.
#[derive(Debug, Clone)]
pub struct Query {
    /// Only sagas in one of these phases; all if empty.
    pub phases: Vec<Phase>,
    /// Only sagas of this type.
    pub saga: Option<String>,
    /// Only dead letters with this reason.
    pub reason: Option<Reason>,
    /// The cursor from [`Page::next`] of the previous page; `None` for the first page.
    pub after: Option<u64>,
    /// The maximum number of sagas in a page. Stores list at least one and at most 1000, whatever is asked for.
    pub limit: usize,
}

impl Default for Query {
    fn default() -> Self {
        Query { phases: Vec::new(), saga: None, reason: None, after: None, limit: 100 }
    }
}

impl Query {
    /// Returns the size of a page.
    pub fn page_size(&self) -> usize {
        self.limit.clamp(1, 1000)
    }
}

/// One saga as a store lists it. Times are in milliseconds since 1970, UTC, as everywhere in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The saga's id.
    pub id: SagaId,
    /// Its status as last written.
    pub status: Status,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its status was last written.
    pub updated_at: Timestamp,
    /// True if a worker holds it.
    pub held: bool,
}

/// A saga with listed data that the store cannot read. It is neither claimed nor purged; other sagas are not affected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// The saga's id if it can be read; else the store's name for the row.
    pub saga: String,
    /// The observed damage.
    pub why: String,
}

/// A page of sagas, oldest first.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Page {
    /// The sagas that match the query.
    pub sagas: Vec<Summary>,
    /// Sagas in the range of this page that cannot be read, in the same order. The store does not know whether they
    /// match the query.
    pub damaged: Vec<Damaged>,
    /// The cursor for the next page; `None` after the last.
    pub next: Option<u64>,
}

/// A filter for deleting journals.
#[derive(Debug, Clone, Copy)]
pub struct Purge {
    /// Only sagas that ended before this time.
    pub ended_before: Timestamp,
    /// True to include sagas that could still be undone.
    pub undoable_too: bool,
}

/// Those that ended before that time and cannot be undone any more.
impl From<Timestamp> for Purge {
    fn from(ended_before: Timestamp) -> Self {
        Purge { ended_before, undoable_too: false }
    }
}

/// The contract of a store of journals. Object-safe; a runtime holds an `Arc<dyn Store>`.
///
/// - **Atomic**: each append is applied as a whole or not at all.
/// - **Durable**: when a method that writes returns `Ok`, the write survives the death of the process and of the
///   machine. The memory store survives neither.
/// - **Fenced**: an append under an epoch that is not the saga's present one is refused, independent of the clock.
/// - **Idempotent**: a worker may repeat an append if it got no answer. It gets the same answer, and the append is
///   applied once. If the saga was claimed in between, the repeat is refused as fenced, applied or not. A creation is
///   recognized by its worker and its records, so a worker must not send two different creations that look alike.
/// - **Cancel safety**: dropping a future leaves its write either done or not begun. Claims that got no answer are
///   listed by [`held`](Store::held).
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Returns the namespace of the store's idempotency keys; `None` if it has none. If it has none and one is `given`,
    /// that is recorded first, durably. A namespace that is recorded never changes: of two that are given at the same
    /// time, one is recorded and both callers get it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it cannot be read.
    async fn key_namespace(&self, given: Option<&KeyNamespace>) -> Result<Option<KeyNamespace>, StoreError>;

    /// Registers a worker. It holds what it claims until `lease` passes without a [`renew`](Store::renew). `name` is
    /// shown to operators.
    ///
    /// # Errors
    /// [`StoreError::Held`] if the store is for one worker and has one.
    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError>;

    /// Prolongs the lease of everything that the worker holds.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the lease ended before: the worker must drop what it drives and join again.
    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError>;

    /// Ends the worker. Sagas that it still holds can be claimed at once, and count one more death. A second call
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the end could not be recorded.
    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Applies the appends of a batch in one durable transaction. Each is checked by itself, in order, against the
    /// saga's present epoch and next sequence number; a refused append does not affect the others. Returns, for each in
    /// order, the epoch under which the saga is held (a fresh one after a creation).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the worker has left; then no append is applied. After any other error all outcomes
    /// are unknown, and the caller must send the same batch again.
    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError>;

    /// Claims sagas that no worker holds and that are due or have deliveries waiting. Also claims sagas of workers with
    /// a lease that is over; those count one more death.
    ///
    /// Sagas that wait longest come first, to prevent starvation. A saga waits since its `wake_at` or since its oldest
    /// delivery came. After a death, it waits since its status was last written. A `wake_at` is due at `now`, and also
    /// if it was written after `now`: then the clock has gone back. Suspects are claimed only as far as they are wanted.
    /// The death of one that is not is counted all the same, once, and it stays claimable whatever the clock says.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::LeaseLost`] if the worker may not claim any more.
    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError>;

    /// Returns everything the worker holds. A worker finds here the sagas of a claim that got no answer.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::LeaseLost`] if the worker has left.
    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError>;

    /// Returns at most `limit` records of a saga, in order, starting at `from`. An unknown saga has no records.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], naming the record that cannot be read.
    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Returns the summary of one saga; `None` if it is unknown.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError>;

    /// Returns a page of sagas, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn query(&self, query: &Query) -> Result<Page, StoreError>;

    /// Puts a delivery into a saga's inbox, from any process, whichever worker holds the saga. Not idempotent: a retry
    /// after a lost answer may deliver it twice. The ids of signals and acts ([`By::with_act`](crate::By::with_act))
    /// keep the effect single.
    ///
    /// # Errors
    /// [`DeliverError::NoSuchSaga`].
    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError>;

    /// Returns the deliveries for sagas that this worker holds, oldest first. They stay until an append takes them. An
    /// unreadable delivery is set aside for an operator, and does not block others.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError>;

    /// Returns the deliveries that wait for one saga, oldest first, whichever worker holds it. Any process can thus see
    /// when a delivery has been taken.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError>;

    /// Returns when there may be something to claim or to take since the last return. Causes are a delivery, the end of
    /// another worker, or the release of a saga that has a delivery waiting or a `wake_at`. May return without cause.
    /// Does not look at the clock.
    ///
    /// # Errors
    /// [`StoreError::Closed`].
    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Deletes the journals of sagas that ended long ago, and returns their number. Dead letters, held sagas and sagas
    /// with deliveries waiting always stay. Sagas that could still be undone at `now` stay unless
    /// [`Purge::undoable_too`] is set.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError>;

    /// Returns true if several workers may have joined at a time. If false, this process makes every change to a saga,
    /// and waiting callers need not poll for changes of other processes. A wrapper must forward this method, like all
    /// others: no method has a default.
    fn takes_many_workers(&self) -> bool;

    /// Returns what is wrong with the store although it answers, with figures; `None` if nothing is. Examples are a log
    /// that cannot be truncated, a lost lock, or damaged sagas. Cheap, and never waits.
    fn trouble(&self) -> Option<String>;
}
