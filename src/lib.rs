//! Durable sagas: ordinary `async fn`s become **steps** that say how they are undone, and **sagas** string steps
//! together. A saga survives crashes, restarts and cancellation. When it fails, everything it did is compensated in
//! reverse. A saga that can go neither forward nor back is dead-lettered, with all that a person needs to mend it.
//!
//! ```
//! use saga::prelude::*;
//! # use saga::MemoryStore;
//! # use serde::{Deserialize, Serialize};
//! # type HoldId = u32;
//! # type Cents = u64;
//! # type Email = String;
//! # #[derive(Clone, Debug, Serialize, Deserialize)]
//! # struct Trip { to: String, card: Redacted<String>, email: Email }
//! # #[derive(Clone, Debug, Serialize, Deserialize)]
//! # struct Hold { id: HoldId, price: Cents }
//! # #[derive(Clone, Debug, Serialize, Deserialize)]
//! # struct Receipt { amount: Cents }
//! # #[derive(Debug, Serialize, Deserialize)]
//! # struct Itinerary { flight: Hold, hotel: Hold, receipt: Receipt }
//! # struct Airline;
//! # impl Airline {
//! #     async fn hold(&self, _: &Trip, _: &IdempotencyKey) -> Result<Hold, AirlineError> { Ok(Hold { id: 7, price: 120 }) }
//! #     async fn release(&self, _: HoldId) -> Result<(), AirlineError> { Ok(()) }
//! # }
//! # struct Bank;
//! # impl Bank {
//! #     async fn charge(&self, _: &str, amount: Cents, _: &IdempotencyKey) -> Result<Receipt, Failure> { Ok(Receipt { amount }) }
//! # }
//! /// What goes wrong at the airline, and what that means for a step.
//! #[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
//! enum AirlineError {
//!     #[error("no seats left")]
//!     #[permanent]
//!     Full,
//!     #[error("the airline does not answer")]
//!     #[transient]
//!     Unreachable,
//! }
//!
//! /// Holds a seat on a flight.
//! #[step(compensate = release_flight(output.id), retry(attempts = 4, backoff = "200ms..5s"), timeout = "10s")]
//! async fn hold_flight(airline: &Airline, key: &IdempotencyKey, trip: Trip) -> Result<Hold, AirlineError> {
//!     airline.hold(&trip, key).await
//! }
//!
//! /// Lets a held seat go. Calling it twice does no harm.
//! #[step(retriable, idempotent)]
//! async fn release_flight(airline: &Airline, id: HoldId) -> Result<(), AirlineError> {
//!     airline.release(id).await
//! }
//! # #[step(compensate = release_hotel(output.id))]
//! # async fn hold_hotel(_key: &IdempotencyKey, _trip: Trip) -> Result<Hold, Failure> { Ok(Hold { id: 8, price: 80 }) }
//! # #[step(retriable, idempotent)]
//! # async fn release_hotel(_id: HoldId) -> Result<(), Failure> { Ok(()) }
//!
//! /// Charges the card. Nothing takes it back.
//! #[step(irreversible)]
//! async fn charge_card(
//!     bank: &Bank,
//!     key: &IdempotencyKey,
//!     card: Redacted<String>,
//!     amount: Cents,
//! ) -> Result<Receipt, Failure> {
//!     bank.charge(card.expose(), amount, key).await
//! }
//! # #[step(irreversible, retriable)]
//! # async fn email_itinerary(_key: &IdempotencyKey, _to: Email, _receipt: Receipt) -> Result<(), Failure> { Ok(()) }
//!
//! /// Why a trip could not be booked.
//! #[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
//! enum TripError {
//!     #[error("no flight")]
//!     Flight(#[source] StepFailure<AirlineError>),
//!     #[error("no hotel, or no money")]
//!     Other(#[source] StepFailure<Failure>),
//!     #[error("not approved")]
//!     Approval(#[source] ApprovalFailure),
//! }
//!
//! /// Books a flight and a hotel, or nothing.
//! #[saga(version = 1, deadline = "24h")]
//! async fn book_trip(trip: Trip) -> Result<Itinerary, TripError> {
//!     let (flight, hotel) = all((hold_flight(trip.clone()), hold_hotel(trip.clone()))).await?;
//!     approve(format!("Charge {}?", flight.price + hotel.price)).within("2h").await?;
//!     let receipt = charge_card(trip.card, flight.price + hotel.price).await?;
//!     // No `?`: past the point of no return there is no way back.
//!     email_itinerary(trip.email, receipt.clone()).await;
//!     Ok(Itinerary { flight, hotel, receipt })
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let trip = Trip { to: "Ork".into(), card: Redacted::new("4242".into()), email: "ann@example.com".into() };
//! let runtime = Runtime::builder(MemoryStore::new())
//!     .resource(Airline)
//!     .resource(Bank)
//!     .saga::<book_trip>()
//!     .start()
//!     .await?;
//! let handle = runtime.run("trip-42", book_trip(trip)).await?;
//! # loop {
//! #     if let BookTripState::Approve { prompt, .. } = handle.state().await? {
//! #         assert_eq!(prompt, "Charge 200?");
//! #         break;
//! #     }
//! #     tokio::task::yield_now().await;
//! # }
//! handle.approve(By::new("ann", "within budget")).await?;
//! let itinerary = handle.outcome().await?.completed();
//! # assert_eq!(itinerary.map(|i| i.receipt.amount), Some(200));
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | to | look at |
//! | --- | --- |
//! | write a step | [`step`](macro@step), [`StepError`](derive@StepError), [`Failure`], [`IdempotencyKey`], [`StepContext`], [`Probe`] |
//! | write a saga | [`saga`](macro@saga), [`SagaError`], [`all`], [`approve`], [`on_commit`], [`signal`], [`sleep`], [`now`], [`uuid`](fn@uuid) |
//! | run it | [`Runtime`], [`Builder`], [`SqliteStore`], [`MemoryStore`] |
//! | have an agent call steps one by one | [`Runtime::session`], [`Session`], [`session`] |
//! | see and mend it | [`Handle`], [`Outcome`], [`Known`], [`DeadLetter`], [`By`] |
//! | let a language model call it | `saga::tools`: [`step`](macro@step) with `tool`, a toolbox, calls by name with JSON |
//! | test it | `saga::test`: virtual time, a matrix of crashes and faults |
//! | deploy a change of it | [`upgrade`] |
//! | write a step, a saga or a store without macros | [`by_hand`], [`store`] |
//! | look up a name in a message of the compiler | [`bounds`] |
//!
//! The pages in the repository: [changing a saga that is in flight], [operating], [keys and what your provider does with
//! them], [classifying HTTP errors], [testing], [defaults and limits], [what a journal does to a value], [all errors of
//! the compiler].
//!
//! [changing a saga that is in flight]: https://github.com/saga-rs/saga/blob/main/docs/changing.md
//! [operating]: https://github.com/saga-rs/saga/blob/main/docs/operating.md
//! [keys and what your provider does with them]: https://github.com/saga-rs/saga/blob/main/docs/keys.md
//! [classifying HTTP errors]: https://github.com/saga-rs/saga/blob/main/docs/http-errors.md
//! [testing]: https://github.com/saga-rs/saga/blob/main/docs/testing.md
//! [defaults and limits]: https://github.com/saga-rs/saga/blob/main/docs/defaults.md
//! [what a journal does to a value]: https://github.com/saga-rs/saga/blob/main/docs/values.md
//! [all errors of the compiler]: https://github.com/saga-rs/saga/blob/main/docs/errors/README.md
//!
//! # At a glance
//!
//! | | |
//! | --- | --- |
//! | status | 0.1: the names, the journal and the file may change with each minor version |
//! | features | `sqlite` (default): [`SqliteStore`]; `test`: `saga::test`; `draw`: `saga::draw`; `tools`: `saga::tools` |
//! | oldest Rust | 1.95; it may rise in any minor version before 1.0 |
//! | workers | one process for each SQLite file, any number of readers |
//! | sagas in memory | 10 000 at a time; a waiting one is released after 1 s |
//! | a value | at most 2 MiB as JSON |
//! | a step | one attempt of at most 60 s, unless it says otherwise |

pub use saga_macros::{SagaError, StepError, saga, step};

#[doc(inline)]
pub use saga_core::{
    Blocker, By, Cause, DeadLetter, IdempotencyKey, MemoryStore, Phase, Reason, Receipt, Redacted, Rollback,
    SagaId, SitePath, Timestamp,
};
#[doc(inline)]
pub use saga_runtime::{
    ActError, AllFailure, AnyHandle, ApprovalFailure, Awaitable, Branch, Builder, ChildFailure, Class,
    Classify, Expired, Failure, Handle, Known, LookError, Outcome, Probe, Resources, RunError, Runtime, Saga,
    SagaCall, Session, StartError, Step, StepCall, StepContext, StepError, StepFailure, all, approve,
    is_replaying, now, on_commit, signal, sleep, uuid,
};
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use saga_sqlite::SqliteStore;

#[doc(inline)]
pub use saga_core::{graph, machine, policy, record, state, store};
#[cfg(feature = "draw")]
#[doc(inline)]
pub use saga_draw as draw;
#[cfg(feature = "test")]
#[doc(inline)]
pub use saga_runtime::test;
#[doc(inline)]
pub use saga_runtime::{defaults, phase, upgrade};

/// What nearly every file with a step or a saga in it uses: `use saga::prelude::*;`.
pub mod prelude {
    pub use saga_core::{By, IdempotencyKey, MemoryStore, Redacted, SagaId, SitePath, Timestamp};
    pub use saga_macros::{SagaError, StepError, saga, step};
    pub use saga_runtime::{
        AllFailure, ApprovalFailure, Awaitable, Branch, ChildFailure, Classify, Expired, Failure, Handle,
        Outcome, Probe, Resources, Runtime, StepContext, StepFailure, all, approve, now, on_commit, signal,
        sleep, uuid,
    };
    #[cfg(feature = "sqlite")]
    pub use saga_sqlite::SqliteStore;
}

/// What a step or a saga that is written without macros needs, beside [`Step`] and [`Saga`], which show how.
pub mod by_hand {
    pub use saga_runtime::{
        AnyWitness, AtSite, Awaiting, Callable, Compensates, Compensation, Effectless, Effort, Exit, Forward,
        ForwardStep, Given, Need, Never, NoSteps, OneStep, Place, ProbeCall, Recorded, Recording, Registry,
        Repeat, Repeatable, SagaContext, SagaState, Standing, StateView, StepSet, StepsOf, TakenBack, Undo,
        Unfailing, Witness, definition_of, effort, policy_of, repeat, undo,
    };
}

/// The rules of `#[step]` and `#[saga]` as bounds, for the compiler to name them in its messages. Code does not name them.
///
/// A message says what is wrong, why, and what to write. Its code (`SG0608`) has a [page] with examples.
///
/// [page]: https://github.com/saga-rs/saga/blob/main/docs/errors/README.md
pub mod bounds {
    #[cfg(feature = "tools")]
    pub use saga_runtime::Described;
    pub use saga_runtime::demand::{
        Branchable, KeepsUndoable, MayEndAfter, MayFailAfter, NamedApart, Outlasts, in_branch, in_time,
        in_undoable, may_end, may_fail, named_apart,
    };
    pub use saga_runtime::fields::Field;
    pub use saga_runtime::{
        Answers, Asks, Attempted, Awaited, Beside, Dropped, EndsWith, FailsWith, Fallible, GivesCalls,
        GoesThrough, Ignorable, InBody, Inert, IsResult, Keeps, Kept, MadeOf, ManyBranches, NeverFails,
        NotAwaited, NotRecorded, NothingUndoes, OneBranch, RetryAfter, SagaInSaga, SessionStep, Started,
        StepInSaga, Taken, Unawaited, Waits, Walked, own, own_call,
    };
}

/// Steps as tools that a language model calls by name: `#[step(tool, …)]`.
#[cfg(feature = "tools")]
pub mod tools {
    pub use saga_runtime::{
        Describing, Hints, OfferedTool, Problem, Recovery, Tool, ToolError, Toolbox, Why,
    };
}

/// The clock and the random numbers of a runtime, for tests that bring their own.
pub mod clock {
    pub use saga_runtime::{Clock, Rng, SeededRng, SystemClock, SystemRng};
}

/// What handles give, and the bounds of the acts that [`Known`] has in each phase.
pub mod handle {
    pub use saga_runtime::{
        Act, Answering, Cancelled, Cancelling, Completes, GoesForward, NeedsPerson, Plain, Redriving,
        Undoing, Watch,
    };
}

/// The ids and numbers in a journal. Its records are in [`record`], what follows from them in [`state`].
pub mod journal {
    pub use saga_core::{
        ActId, Epoch, FoldError, InvalidId, InvalidKeyNamespace, KeyNamespace, Name, Role, SAGA_ID_BYTES_MAX,
        Seq,
    };
}

/// What outcomes, receipts and dead letters say in detail.
pub mod outcome {
    pub use saga_core::{Attempt, Left, Residue, Undoable, Undone, WhyLeft};
}

/// Recorded values, and how they are sealed.
pub mod payload {
    pub use saga_core::{Codec, CodecError, Codecs, DecodeError, EncodeError, Payload};
}

/// What a session is opened with, and what its calls and its end give. [`Runtime::session`] opens one.
pub mod session {
    pub use saga_core::record::{Committed, Terms, WhenIdle};
    pub use saga_runtime::{CallError, Called, Deferral, Deferring, SessionBuilder, SessionEnd};
}

/// What the states of a saga that `#[saga]` writes are made of.
pub mod view {
    pub use saga_runtime::{AtApproval, AtSignal, AtSleep, AtStep, AtValue, Progress};
}

/// What [`all`], [`approve`], [`signal`] and the like give, to be awaited.
pub mod wait {
    pub use saga_runtime::{
        AllEach, AllOf, Approval, Approve, Each, FreshUuid, IntoAll, IntoWait, Named, Now, OnCommit, Signal,
        SignalWithin, Sleep, Tuple,
    };
}

/// What expansions name. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    // An import of `__private` itself and a path through it fail with two messages where `saga` has another name; an
    // import through it fails with that of a path, and the compiler reports it once.
    pub use super::__private as here;
    pub use saga_core::graph;
    pub use saga_core::policy::{InDoubt, Retry};
    pub use saga_core::{Blocker, Cause, IdempotencyKey, Rollback, Timestamp};
    pub use saga_runtime::__tool as tool;
    pub use saga_runtime::{
        AllFailure, Alone, Answers, AsResource, Asks, AtApproval, AtSignal, AtSleep, AtStep, AtValue,
        Attempted, Awaited, Beside, CallBeside, Callable, Checked, Class, Compensates, Compensation,
        Deferred, Droppable, Dropped, Exit, Failure, Fallible, FirstFailure, Given, Kept, LookError, MadeOf,
        ManyBranches, Need, Never, NoCall, OneBranch, Parts, ProbeCall, Recording, Registry, Resources,
        ResultType, RetryAfter, Saga, SagaCall, SagaContext, SagaState, Shown, SignalOf, Standing, StateView,
        Steady, Step, StepCall, StepContext, StepError, Taken, Unawaited, Unread, Walked, definition_of,
        demand, effort, enter, fields, fmt_recorded, input, key_alone, next_turn, own, own_call, own_calls,
        place, reached, repeat, run_alone, shown, undo, within_bound,
    };
    #[cfg(feature = "tools")]
    pub use saga_runtime::{Describing, Tool};
    pub use serde;
}

/// The pages in `docs` with programs that are to compile and run.
#[cfg(all(doctest, feature = "test"))]
mod pages {
    #[doc = include_str!("../docs/changing.md")]
    struct Changing;
    #[doc = include_str!("../docs/http-errors.md")]
    struct HttpErrors;
    #[doc = include_str!("../docs/keys.md")]
    struct Keys;
}
