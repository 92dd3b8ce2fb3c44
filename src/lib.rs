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
//! [`step`](macro@step), [`saga`](macro@saga), [`StepError`](derive@StepError) and [`SagaError`] are sugar over public
//! traits: [`Step`] and [`Saga`] can be written by hand as well.

pub use saga_core::{
    ActId, Attempt, Blocker, By, Cause, Codec, CodecError, Codecs, DeadLetter, DecodeError, EncodeError,
    Entry, Epoch, FoldError, IdempotencyKey, InvalidId, InvalidKeyNamespace, KeyNamespace, Kind, Left,
    MemoryStore, Name, Payload, Phase, Policy, Reason, Receipt, Record, Redacted, Residue, Role, Rollback,
    SAGA_ID_BYTES_MAX, SagaId, Seq, SitePath, State, Timestamp, Undone, WhyLeft,
};
pub use saga_core::{graph, machine, policy, record, state, store};
#[cfg(feature = "draw")]
pub use saga_draw as draw;
pub use saga_macros::{SagaError, StepError, saga, step};
#[cfg(feature = "test")]
pub use saga_runtime::test;
#[doc(no_inline)]
pub use saga_runtime::*;
#[cfg(feature = "sqlite")]
pub use saga_sqlite::SqliteStore;

/// What nearly every file with a step or a saga in it uses: `use saga::prelude::*;`.
pub mod prelude {
    pub use saga_core::{By, IdempotencyKey, MemoryStore, Redacted, SagaId, SitePath, Timestamp};
    pub use saga_macros::{SagaError, StepError, saga, step};
    pub use saga_runtime::{
        AllFailure, ApprovalFailure, Awaitable, Branch, ChildFailure, Classify, Expired, Failure, Handle,
        Outcome, Probe, Resources, Runtime, StepContext, StepFailure, all, approve, now, signal, sleep, uuid,
    };
    #[cfg(feature = "sqlite")]
    pub use saga_sqlite::SqliteStore;
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
    pub use saga_runtime::*;
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
