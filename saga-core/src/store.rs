//! What a store of journals promises. No store knows what a step is; the runtime knows no database.
//!
//! A store keeps, for each saga, its **journal** (append-only), a **status** (a summary that workers write, so that
//! due and parked sagas are found without reading journals), who **holds** it, and an **inbox** of deliveries that no
//! worker has taken yet. The conformance suite (feature `conformance`) holds every store to what is said here.

mod error;

use std::time::Duration;

use async_trait::async_trait;
pub use error::{AppendError, DeliverError, StoreCause, StoreError};

use crate::machine::Delivery;
use crate::{Entry, Epoch, Name, Phase, Reason, SagaId, Seq, State, Timestamp};

/// A worker's number: fresh for each [`Store::join`], so that a restarted worker never passes for its predecessor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u64);

/// The number of a delivery in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub u64);

/// What a store lists of a saga: written by the worker that holds it whenever it changes in a way that matters to
/// others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The recorded name of its type.
    pub saga: Name,
    /// The version of the code that it began with.
    pub version: u32,
    /// Its phase. Between writes a saga may move between `Running` and `Waiting`.
    pub phase: Phase,
    /// When it is to be claimed although nobody delivers anything; `None`: never, or it is held.
    pub wake_at: Option<Timestamp>,
    /// Why it is a dead letter.
    pub reasons: Vec<Reason>,
    /// [`State::progress`] at this write.
    pub progress: u64,
    /// How often in a row it was claimed and never released, without progress.
    pub deaths: u32,
    /// If it ended and can still be undone: until when ([`Timestamp`] of `i64::MAX` without limit).
    pub undoable_until: Option<Timestamp>,
}

impl Status {
    /// The status of `state`, to be claimed again at `wake_at`.
    pub fn of(state: &State, wake_at: Option<Timestamp>, deaths: u32) -> Self {
        let (saga, version) = state.head().map_or(("".into(), 0), |h| (h.saga.clone(), h.version));
        let mut reasons: Vec<Reason> = state.reasons().into_iter().map(|(_, _, reason, _)| reason).collect();
        reasons.sort();
        reasons.dedup();
        let phase = state.phase();
        if phase != Phase::DeadLettered {
            reasons.clear();
        }
        let (progress, undoable_until) = (state.progress(), state.undoable_until());
        Status { saga, version, phase, wake_at, reasons, progress, deaths, undoable_until }
    }
}

/// Records to be added to one journal, with what goes with them.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose journal.
    pub saga: SagaId,
    /// Under which claim; `None` creates the saga, and claims it.
    pub epoch: Option<Epoch>,
    /// The records, in sequence; may be none.
    pub entries: Vec<Entry>,
    /// The new status, if it changed. A creation has one.
    pub status: Option<Status>,
    /// Deliveries that these records settle: they leave the inbox.
    pub taken: Vec<DeliveryId>,
    /// Whether the claim ends with this.
    pub release: bool,
}

/// Which sagas a worker asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Sagas of these types; a worker never claims what it has no code for.
    pub sagas: Vec<Name>,
    /// At most so many.
    pub limit: usize,
    /// Whether one that has died [`QUARANTINE_DEATHS`] times may be among them.
    pub quarantined: bool,
    /// Sagas whose journals the worker cannot read, each with the last delivery that it has seen waiting there: those
    /// up to that one are no reason to claim it, a later one is. They stay in the inbox.
    pub unreadable: Vec<(SagaId, DeliveryId)>,
    /// If given, this saga and no other, of whatever type it is: to close one that no worker has code for.
    pub only: Option<SagaId>,
}

/// After so many deaths without progress a saga is quarantined: of those at most one runs at a time.
pub const QUARANTINE_DEATHS: u32 = 2;

/// A saga that a worker now holds.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Which.
    pub saga: SagaId,
    /// Under this number.
    pub epoch: Epoch,
    /// Its status, `deaths` counting the claim that died before this one.
    pub status: Status,
}

/// What a look for work found.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The sagas that the worker now holds.
    pub claimed: Vec<Claim>,
    /// When the next one that is not held comes due.
    pub next_wake: Option<Timestamp>,
}

/// A delivery that waits to be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Its number: deliveries to one saga are taken in this order.
    pub id: DeliveryId,
    /// To whom.
    pub saga: SagaId,
    /// What.
    pub delivery: Delivery,
    /// When it was delivered, by the clock that the store was given then: what decides whether it came in time.
    pub at: Timestamp,
}

/// Which sagas to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only those in one of these phases; all if empty.
    pub phases: Vec<Phase>,
    /// Only those of this type.
    pub saga: Option<String>,
    /// Only dead letters of this reason.
    pub reason: Option<Reason>,
    /// Continue after the page that gave this cursor.
    pub after: Option<u64>,
    /// At most so many; 0 stands for 100, and more than 1000 are never given.
    pub limit: usize,
}

impl Query {
    /// The page size that `limit` asks for.
    pub fn page_size(&self) -> usize {
        if self.limit == 0 { 100 } else { self.limit.min(1000) }
    }
}

/// One saga as a store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub id: SagaId,
    /// Its status as last written.
    pub status: Status,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its status was last written.
    pub updated_at: Timestamp,
    /// Whether a worker holds it.
    pub held: bool,
}

/// A saga of which the store cannot read what it lists of it. It is neither claimed nor purged; the others are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Its id, as far as that can be read; else how the store calls it.
    pub saga: String,
    /// What was observed.
    pub why: String,
}

/// Some sagas, oldest first, and where to go on.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The sagas.
    pub sagas: Vec<Summary>,
    /// Sagas in the range of this page that cannot be read, in the same order. Whether they are what the query asks for
    /// is not known.
    pub damaged: Vec<Damaged>,
    /// The cursor for the next page; `None` after the last.
    pub next: Option<u64>,
}

/// Which journals to drop for good.
#[derive(Debug, Clone, Copy)]
pub struct Purge {
    /// Only of sagas that ended before.
    pub ended_before: Timestamp,
    /// Also of sagas that could still be undone.
    pub undoable_too: bool,
    /// The time, to know which undo windows have closed.
    pub now: Timestamp,
}

/// Where journals live. Object-safe; a runtime holds an `Arc<dyn Store>`.
///
/// **Atomic**: each append is applied whole or not at all. **Durable**: when a method that writes returns `Ok`, the
/// write survives the death of the process and of the machine (the memory store: of neither). **Fenced**: an append
/// under an epoch that is not the saga's present one is refused, whatever the clock says. **Idempotent**: the same
/// append again by the same worker, when the outcome of the first was unknown, gives the same answer and is applied
/// once; only if the saga has been claimed in between it is refused as fenced, applied or not. A creation is known
/// again by its worker and its records, so that a worker must not send two different ones that look alike.
/// **Cancel safety**: a future that is dropped leaves the write either done or not begun; what a claim took whose
/// answer was lost is listed by [`held`](Store::held).
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Registers a worker; it holds what it claims until `lease` passes without a [`renew`](Store::renew). `name` is
    /// for people.
    ///
    /// # Errors
    /// [`StoreError::Held`] if the store is for one worker and has one.
    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError>;

    /// Prolongs the lease of all that the worker holds.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it ended before: the worker must drop what it drives and join again.
    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError>;

    /// Ends the worker. What it still holds is free at once, and counts as died. A second time changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if that could not be recorded.
    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Applies the appends of a batch in one durable transaction. Each is checked by itself, in order, against the
    /// saga's present epoch and next sequence number; one that is refused does not touch the others. Gives, for each
    /// in order, the epoch under which the saga is held (fresh for one that was created).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the worker has left: none is applied. Any other: nothing is known of any of them,
    /// and the same batch is to be sent again.
    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError>;

    /// Claims sagas that nobody holds and that are due, have deliveries waiting, or were held by a worker whose
    /// lease is over (those count one death more). Those that wait longest come first, so that none starves: since
    /// `wake_at`, since the oldest delivery came, or since the status was last written under the claim that died.
    /// A `wake_at` is due at `now`, and also if it was written after `now`: the clock has gone back.
    /// Of those with [`QUARANTINE_DEATHS`] deaths at most one is given, and only if it is wanted.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::LeaseLost`] if the worker may not claim any more.
    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError>;

    /// What the worker holds: so that it can take up what a claim took whose answer was lost, beside what it knows
    /// that it drives.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::LeaseLost`] if the worker has left.
    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError>;

    /// At most `limit` records of a saga, from `from` on, in order. An unknown saga has none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names the record that cannot be read.
    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// What is listed of one saga.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError>;

    /// A page of sagas, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn query(&self, query: &Query) -> Result<Page, StoreError>;

    /// Puts a delivery into a saga's inbox, whoever holds the saga, from any process. Not idempotent: sent again
    /// because its answer was lost, it may come twice. The ids of signals and of acts
    /// ([`By::with_act`](crate::By::with_act)) see to it that it has one effect.
    ///
    /// # Errors
    /// [`DeliverError::NoSuchSaga`].
    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError>;

    /// The deliveries that wait for sagas which this worker holds, oldest first. They stay until taken. One that
    /// cannot be read is put aside, for a person to see: it holds up no other.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError>;

    /// The deliveries that wait for one saga, whoever holds it, oldest first: so that any process can see when one
    /// has been taken.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError>;

    /// Returns when there may be something to claim or to take since the last return: a delivery, a release of a saga
    /// that has one waiting or has a `wake_at`, the end of another worker. May return for nothing. Does not look at
    /// the clock.
    ///
    /// # Errors
    /// [`StoreError::Closed`].
    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Drops the journals of sagas that ended long ago; never one that is parked, held or has deliveries waiting, and,
    /// unless asked to, none that could still be undone. Gives how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn purge(&self, purge: Purge) -> Result<u64, StoreError>;

    /// Whether another worker may have joined beside one that has. If not, all that becomes of a saga is the work of this
    /// process, and whoever waits for it need not look for what others did. A store around another one passes this on, as
    /// it does everything: no method has a default.
    fn takes_many_workers(&self) -> bool;

    /// What the store finds wrong with itself although it answers, with figures: a log that cannot be emptied, a lock that
    /// is gone, sagas that it has found damaged. `None` if nothing is. Cheap, and never waits.
    fn trouble(&self) -> Option<String>;
}
