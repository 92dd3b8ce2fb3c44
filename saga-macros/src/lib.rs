//! The macros of `saga`. Each is a pipeline, a module a stage: parse (what was written), check (what is wrong with
//! it), model (what it means), expand (what it becomes). All that generated code does is generic code of
//! `saga-runtime`; here is only glue.
//!
//! **Architecture invariant:** an expansion depends on the annotated item alone: no files, no state, no random order.
//! Every error of a stage is reported at once, and the item is there after an error as well.

mod diagnostic;
mod duration;
mod names;
mod recorded;
mod saga;
mod saga_error;
mod signature;
mod step;
mod step_error;
#[cfg(test)]
mod tests;
mod words;

use proc_macro::TokenStream;

/// Makes a free `async fn` a step: one effect on the world, that says how it is undone.
///
/// ```
/// # use saga::prelude::*;
/// # type Trip = String;
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct FlightHold { id: u32 }
/// # struct Airline;
/// # impl Airline {
/// #     async fn hold(&self, _: &Trip, _: &IdempotencyKey) -> Result<FlightHold, Failure> { Ok(FlightHold { id: 1 }) }
/// #     async fn release(&self, _: u32) -> Result<(), Failure> { Ok(()) }
/// # }
/// #[step(compensate = release_flight(output.id), retry(attempts = 4, backoff = "200ms..5s"), timeout = "10s")]
/// async fn hold_flight(airline: &Airline, key: &IdempotencyKey, trip: Trip) -> Result<FlightHold, Failure> {
///     airline.hold(&trip, key).await
/// }
///
/// #[step(retriable, idempotent)]
/// async fn release_flight(airline: &Airline, id: u32) -> Result<(), Failure> {
///     airline.release(id).await
/// }
/// ```
///
/// `hold_flight` becomes two things of that name: a type, which implements `Step`, and a function that gives a
/// `StepCall`: inert data, to be awaited in a `#[saga]`. `hold_flight::run(&resources, key, trip)` runs the step alone,
/// for unit tests; `key` only if the step takes one.
///
/// Parameters that are values are recorded, up to 16 of them. References come from the runtime: `&IdempotencyKey`,
/// `&StepContext`, and anything else is a resource, by type. It returns a `Result`; an alias of that has a name that ends
/// so.
///
/// | word | meaning |
/// | --- | --- |
/// | `compensate = call` | undone by that call of a step, with `output`, the inputs by name and `key` (the step's) in scope, all owned |
/// | `leaves = "…"` | with `compensate`: what an undo leaves behind, in words |
/// | `undo_within = "24h"` | with `compensate`: for how long it works |
/// | `irreversible` | nothing undoes it |
/// | `readonly` | it has no effect |
/// | `retriable` | it is retried until it succeeds: awaiting it gives its output |
/// | `idempotent` | doing it twice is as doing it once |
/// | `conclusive = "24h"` | with a key: the service remembers it for that long and answers a repeat with its first answer, so that a `#[permanent(conclusive)]` error clears doubt; after that time nothing in doubt is run again |
/// | `probe = call` | a readonly step that gives a `Probe`: whether an attempt in doubt happened |
/// | `in_doubt = rerun \| dead_letter \| call` | what to do in doubt when no probe answers |
/// | `retry(attempts = 4, backoff = "200ms..5s", within = "1m")` | how transient errors are tried again |
/// | `timeout = "10s"` | of one attempt |
/// | `identity(order_id, seat)` | the recorded parameters by which a session knows a call for one that it has made; without it all of them |
/// | `tool` | offered to language models (feature `tools`): its doc comment is the description, and parameters may have one |
/// | `name = "…"` | the recorded name, kept when the function is renamed |
/// | `crate = path` | where the crate `saga` is |
///
/// All steps of one saga run in one task, its branches in `all` as well. A step that blocks its thread
/// (`tokio::task::block_in_place`, a long computation, a client without async) holds up the others of its saga: their
/// timeouts and their cancel are seen only when it is over. Hand such work to a thread of its own and await that:
/// `tokio::task::spawn_blocking(move || …).await`. A timeout does not stop that thread; the attempt is in doubt then.
///
/// A panic in a step is caught: the attempt is in doubt. So is one in a destructor, but for a destructor that panics
/// while another panic unwinds: that ends the process, as Rust has it, and the saga is recovered as after any death.
#[proc_macro_attribute]
pub fn step(words: TokenStream, item: TokenStream) -> TokenStream {
    step::expansion(words.into(), item.into()).into()
}

/// Makes an `async fn` of recorded values a saga: each `.await` in it is recorded, and it survives crashes.
///
/// ```
/// # use saga::prelude::*;
/// # #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// # struct Trip { to: String }
/// # #[step(readonly)]
/// # async fn hold_flight(_trip: Trip) -> Result<u64, Failure> { Ok(120) }
/// # #[step(readonly)]
/// # async fn hold_hotel(_trip: Trip) -> Result<u64, Failure> { Ok(80) }
/// # #[step(irreversible, idempotent)]
/// # async fn charge_card(amount: u64) -> Result<u64, Failure> { Ok(amount) }
/// #[saga(version = 1, deadline = "24h")]
/// async fn book_trip(trip: Trip) -> Result<u64, Failure> {
///     let (flight, hotel) = all((hold_flight(trip.clone()), hold_hotel(trip))).await?;
///     let receipt = charge_card(flight + hotel).await?;
///     Ok(receipt)
/// }
///
/// fn where_it_stands(state: BookTripState) -> String {
///     match state {
///         BookTripState::All((flight, _hotel)) => format!("holding: {:?}", flight.progress),
///         BookTripState::ChargeCard(charge) => format!("charging: {:?}", charge.progress),
///         BookTripState::Completed(receipt) => format!("done: {receipt}"),
///         BookTripState::DeadLettered { blockers } => format!("dead-lettered: {blockers:?}"),
///         other => format!("{other:?}"),
///     }
/// }
/// ```
///
/// `book_trip` becomes a type, which implements `Saga`, and a function that gives a `SagaCall`. Beside it stands
/// `BookTripState`: an enum of where it can be, a variant for each awaited call and each end.
///
/// | word | meaning |
/// | --- | --- |
/// | `version = 1` | of its code, for people |
/// | `deadline = "24h"` | rolled back if it is not past its point of no return by then |
/// | `undoable` | a promise that no step in it is irreversible, which the compiler holds it to |
/// | `name = "…"` | the recorded name, kept when the function is renamed |
/// | `crate = path` | where the crate `saga` is |
///
/// In the body, `while` and `loop` around an `.await` need `#[bound(n)]`: past that many turns the saga is
/// dead-lettered. So does a `for` over what has no end.
///
/// After a crash the body runs again over its records, so all of it but what is awaited has to give the same again.
/// Clocks, randomness, the environment, files, threads, and going through a `HashMap` are compile errors where the text
/// shows them.
#[proc_macro_attribute]
pub fn saga(words: TokenStream, item: TokenStream) -> TokenStream {
    saga::expansion(words.into(), item.into()).into()
}

/// Says what the errors of a step mean: `#[transient]`, `#[permanent]` or `#[in_doubt]` on every variant of an enum,
/// or on a struct. `#[transient(retry_after = field)]` honours the wait that the service asked for.
/// `#[permanent(conclusive)]` says that the service keeps this answer under the idempotency key: if a step says
/// `conclusive = "24h"`, such an error of a repeat proves that no attempt before it happened. Errors that come before the
/// service looks at the key (401, 403, 429) are not conclusive.
///
/// ```
/// # use saga::StepError;
/// # use serde::{Deserialize, Serialize};
/// # use std::time::Duration;
/// #[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
/// enum AirlineError {
///     #[error("no seats left")]
///     #[permanent]
///     Full,
///     #[error("too many requests")]
///     #[transient(retry_after = wait)]
///     Busy { wait: Duration },
/// }
/// ```
#[proc_macro_derive(StepError, attributes(transient, permanent, in_doubt, step_error))]
pub fn derive_step_error(item: TokenStream) -> TokenStream {
    step_error::expansion(item.into()).into()
}

/// Lets `?` in a saga make its error: `From` for the type in each variant with a single unnamed field, for the
/// failures of `all`, and for what cannot fail. `#[saga_error(no_from)]` leaves a variant out.
///
/// ```
/// # use saga::{ApprovalFailure, Failure, SagaError, StepFailure};
/// # use serde::{Deserialize, Serialize};
/// # type AirlineError = Failure;
/// #[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
/// enum TripError {
///     #[error("no flight")]
///     Flight(#[source] StepFailure<AirlineError>),
///     #[error("not approved")]
///     Approval(#[source] ApprovalFailure),
/// }
/// ```
#[proc_macro_derive(SagaError, attributes(saga_error))]
pub fn derive_saga_error(item: TokenStream) -> TokenStream {
    saga_error::expansion(item.into()).into()
}
