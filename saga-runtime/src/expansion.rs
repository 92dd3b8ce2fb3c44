//! What expansions lean on besides the traits: behaviour that would otherwise be written out in each of them.

use std::fmt;

use saga_core::{IdempotencyKey, Payload};
use serde::Serialize;

/// What the function of a step or a saga returns: a `Result`, by whatever name.
#[diagnostic::on_unimplemented(
    message = "a step or a saga returns a `Result`, and this is `{Self}`",
    label = "it has to be able to say that it failed",
    note = "why: a failure is retried, undone or handled, and for that it must be one",
    note = "fix: `Result<{Self}, E>`, with an `E` that derives `StepError`, or `saga::Failure`"
)]
pub trait ResultType {
    /// The good part.
    type Output;
    /// The bad part.
    type Error;

    /// It, as the `Result` that it is.
    ///
    /// # Errors
    /// The bad part.
    fn into_result(self) -> Result<Self::Output, Self::Error>;
}

impl<T, E> ResultType for Result<T, E> {
    type Output = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// What `?` may stand behind in a saga.
#[diagnostic::on_unimplemented(
    message = "`?` in a saga stands behind a `Result`, and this is `{Self}`",
    label = "this cannot fail",
    note = "why: `?` leaves the saga with a failure; a retriable step, for one, has none: it is retried until it succeeds",
    note = "fix: leave the `?` out"
)]
pub trait Fallible<T, E> {
    // Parameters, and not associated types: what is no `Result` is one error then, and not one for each mention.
    /// Takes it apart.
    ///
    /// # Errors
    /// The failure, if it was one.
    fn split(self) -> Result<T, E>;
}

impl<T, E> Fallible<T, E> for Result<T, E> {
    fn split(self) -> Result<T, E> {
        self
    }
}

/// Shows a recorded value as its journal does: as JSON, without its secrets.
///
/// # Errors
/// The formatter's own.
pub fn fmt_recorded<T: Serialize>(name: &str, value: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown = Payload::encode(value).map(|payload| payload.shown()).unwrap_or_default();
    write!(f, "{name} {shown}")
}

/// The key of a step that takes none, when it is called alone.
pub fn key_alone() -> IdempotencyKey {
    IdempotencyKey::for_test("alone")
}
