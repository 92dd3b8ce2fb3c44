//! Behaviour that expansions use besides the traits, and that would otherwise be part of each of them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use saga_core::{IdempotencyKey, Payload};
use serde::Serialize;

use crate::author::step::Step;
use crate::value::resources::Resources;
use crate::value::step_context::StepContext;

/// The return type of a step's or saga's function: a `Result`, under any name.
#[diagnostic::on_unimplemented(
    message = "a step or a saga returns a `Result`, and this is `{Self}` [SG0202]",
    label = "it has to be able to say that it failed [SG0202]",
    note = "why: a failure is retried, undone or handled, and for that it must be one",
    note = "fix: `Result<{Self}, E>`, with an `E` that derives `StepError`, or `saga::Failure`"
)]
pub trait ResultType {
    /// The success type.
    type Output;
    /// The error type.
    type Error;
}

#[diagnostic::do_not_recommend]
impl<T, E> ResultType for Result<T, E> {
    type Output = T;
    type Error = E;
}

/// A value that `?` may follow in a saga.
#[diagnostic::on_unimplemented(
    message = "`?` stands behind what cannot fail: this is `{Self}`, and no `Result` [SG0611]",
    label = "there is no failure to leave the saga with [SG0611]",
    note = "why: `?` leaves the saga with a failure; a retriable step, for one, has none: it is retried until it succeeds",
    note = "fix: behind an `Option`, `.ok_or(…)?` in its place, with the saga's own error; behind anything else leave the `?` out"
)]
pub trait Fallible<T, E> {
    // These are parameters and not associated types: a type other than `Result` then gives one error, not one for each
    // mention.
    /// Returns the value, or the failure.
    ///
    /// # Errors
    /// The failure, if it was one.
    fn split(self) -> Result<T, E>;
}

#[diagnostic::do_not_recommend]
impl<T, E> Fallible<T, E> for Result<T, E> {
    fn split(self) -> Result<T, E> {
        self
    }
}

/// A value that `?` may follow in a step.
#[diagnostic::on_unimplemented(
    message = "`?` in a step stands behind a `Result`, and this is `{Self}` [SG0407]",
    label = "this is no `Result` [SG0407]",
    note = "why: a step that does not succeed says why, and what that means",
    note = "fix: make a `Result` of it, such as `.ok_or_else(|| Failure::permanent(\"…\"))?`"
)]
pub trait Attempted<T, E> {
    /// Returns the value, or the failure.
    ///
    /// # Errors
    /// The failure, if it was one.
    fn split(self) -> Result<T, E>;
}

#[diagnostic::do_not_recommend]
impl<T, E> Attempted<T, E> for Result<T, E> {
    fn split(self) -> Result<T, E> {
        self
    }
}

/// The error of a step, made by `?` of another error.
#[diagnostic::on_unimplemented(
    message = "the error `{E}` does not say what it means for the step [SG0407]",
    label = "this `?` cannot make a `{Self}` of it [SG0407]",
    note = "why: whether the attempt happened decides if it is retried, undone, or asked about",
    note = "fix: say it before the `?`: `.transient()?` (it did not happen, try again), `.permanent()?` (it did not happen, and will not) or `.in_doubt()?` (it may have happened) make a `saga::Failure`; `.map_err(…)?` makes an error of your own"
)]
pub trait MadeOf<E>: Sized {
    /// Returns the step's error.
    fn made_of(error: E) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E, F: From<E>> MadeOf<E> for F {
    fn made_of(error: E) -> Self {
        F::from(error)
    }
}

/// A field with the time to wait before another attempt.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no length of time to wait [SG0404]",
    label = "`retry_after` names a field of this type [SG0404]",
    note = "why: it is for so long that the service asked not to be called again",
    note = "fix: a field of type `std::time::Duration` or `Option<std::time::Duration>`"
)]
pub trait RetryAfter {
    /// Returns the time to wait; `None` if the service named none.
    fn retry_after(&self) -> Option<Duration>;
}

#[diagnostic::do_not_recommend]
impl RetryAfter for Duration {
    fn retry_after(&self) -> Option<Duration> {
        Some(*self)
    }
}

#[diagnostic::do_not_recommend]
impl RetryAfter for Option<Duration> {
    fn retry_after(&self) -> Option<Duration> {
        *self
    }
}

/// Formats a recorded value as its journal does: as JSON, without its secrets.
///
/// # Errors
/// The formatter's own.
pub fn fmt_recorded<T: Serialize>(name: &str, value: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown = Payload::encode(value).map(|payload| payload.shown()).unwrap_or_default();
    write!(f, "{name} {shown}")
}

/// A step that runs alone.
pub type Alone<'a, R> = Pin<Box<dyn Future<Output = R> + Send + 'a>>;

/// Runs a step alone, outside of a saga. The future is boxed, so an expansion contains no future type of its own.
pub fn run_alone<'a, S: Step>(
    resources: &'a Resources,
    key: IdempotencyKey,
    input: S::Input,
) -> Alone<'a, Result<S::Output, S::Error>> {
    Box::pin(async move { S::run(&StepContext::alone(resources, key), input).await })
}

/// Returns the key of a step that takes none, for a call outside of a saga.
pub fn key_alone() -> IdempotencyKey {
    IdempotencyKey::for_test("alone")
}

/// Passes on what describes a step to agents.
#[cfg(feature = "tools")]
#[doc(hidden)]
#[macro_export]
macro_rules! __tool {
    ($($item:tt)*) => { $($item)* };
}

/// Refuses what describes a step to agents.
#[cfg(not(feature = "tools"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __tool {
    ($($item:tt)*) => {
        ::core::compile_error!(
            "`tool` requires the feature `tools` of `saga-rs`\nwhy: schemas and their checks come with crates that a program without agents does not need\nfix: `saga-rs = { version = \"0.1\", features = [\"tools\"] }` in `Cargo.toml`, or leave `tool` out"
        );
    };
}
