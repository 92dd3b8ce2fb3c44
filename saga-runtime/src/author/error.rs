//! Errors of steps, and errors of other crates made to mean something.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::value::class::Class;
use crate::value::recorded::Recording;
use crate::value::text::text_of;

/// The error of a step: it says what it means. Written by `#[derive(StepError)]`.
///
/// ```
/// use saga::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
/// enum BankError {
///     /// The saga rolls back, or handles it.
///     #[error("declined")]
///     #[permanent]
///     Declined,
///     /// The step is tried again, as often as its `retry` says.
///     #[error("busy")]
///     #[transient]
///     Busy,
///     /// It may have happened: the step's probe is asked, or it is run again under its key.
///     #[error("no answer")]
///     #[in_doubt]
///     NoAnswer,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` does not say what it means for the step [SG0406]",
    label = "this error has no class [SG0406]",
    note = "why: whether an attempt happened decides if it is retried, undone, or asked about",
    note = "fix: `#[derive(StepError)]` on it, with `#[transient]`, `#[permanent]` or `#[in_doubt]` on every variant; or let the step return a `saga::Failure`"
)]
pub trait StepError: Error + Sized + Send + Sync + 'static {
    /// How it is recorded: `Recording::new()`, of any type that is `Serialize` and `Deserialize`.
    const RECORDED: Recording<Self>;
    /// True if some error of this type is conclusive.
    const CONCLUDES: bool = false;

    /// Returns what the error means for the attempt.
    fn class(&self) -> Class;

    /// Returns how long the service asked not to be called again; `None` if it did not ask.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Returns true if the error is the service's answer to the idempotency key, which it keeps and repeats: then it
    /// proves that no attempt under this key happened. Has a meaning for permanent errors of a step that says
    /// `conclusive`; [`CONCLUDES`](Self::CONCLUDES) must be true then.
    fn is_conclusive(&self) -> bool {
        false
    }
}

/// An error of another crate, made to say what it means: `client.get(..).await.transient()?`.
///
/// ```
/// use saga_runtime::{Classify, Failure, Class};
/// fn parse(price: &str) -> Result<u32, Failure> { price.parse::<u32>().permanent() }
/// assert_eq!(parse("free").unwrap_err().class(), Class::Permanent);
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    class: Class,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// Not recorded: the record of the attempt says so.
    #[serde(skip)]
    conclusive: bool,
}

impl Failure {
    fn new(class: Class, message: String) -> Self {
        Self { class, message, retry_after_ms: None, conclusive: false }
    }

    /// Returns a failure that did not happen; another attempt may succeed.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(Class::Transient, message.into())
    }

    /// Returns a failure that did not happen; no other attempt will succeed.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::new(Class::Permanent, message.into())
    }

    /// Returns a failure of an attempt that may have happened.
    pub fn in_doubt(message: impl Into<String>) -> Self {
        Self::new(Class::InDoubt, message.into())
    }

    /// Sets the wait that the service asked for.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Says that the service keeps this failure under the idempotency key and answers it again, as
    /// `#[permanent(conclusive)]` does on an error of one's own. Has a meaning for a permanent failure of a step that
    /// says `conclusive`.
    ///
    /// ```
    /// # use saga_runtime::{Failure, StepError as _};
    /// assert!(Failure::permanent("the card was declined").conclusive().is_conclusive());
    /// ```
    #[must_use]
    pub fn conclusive(mut self) -> Self {
        self.conclusive = true;
        self
    }

    /// Returns what the failure means for the attempt.
    pub fn class(&self) -> Class {
        self.class
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.class, self.message)
    }
}

impl Error for Failure {}

#[diagnostic::do_not_recommend]
impl StepError for Failure {
    const RECORDED: Recording<Self> = Recording::new();
    const CONCLUDES: bool = true;

    fn class(&self) -> Class {
        self.class
    }
    fn retry_after(&self) -> Option<Duration> {
        self.retry_after_ms.map(Duration::from_millis)
    }
    fn is_conclusive(&self) -> bool {
        self.conclusive
    }
}

/// Says what an error of another crate means.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(readonly, retry(attempts = 3))]
/// async fn read_price(path: String) -> Result<u32, Failure> {
///     let text = std::fs::read_to_string(path).transient()?;
///     text.trim().parse::<u32>().permanent()
/// }
/// ```
pub trait Classify<T> {
    /// Returns a failure that did not happen; another attempt may succeed.
    ///
    /// # Errors
    /// The error, as a [`Failure`].
    fn transient(self) -> Result<T, Failure>;
    /// Returns a failure that did not happen; no other attempt will succeed.
    ///
    /// # Errors
    /// The error, as a [`Failure`].
    fn permanent(self) -> Result<T, Failure>;
    /// Returns a failure of an attempt that may have happened.
    ///
    /// # Errors
    /// The error, as a [`Failure`].
    fn in_doubt(self) -> Result<T, Failure>;
}

impl<T, E: Error> Classify<T> for Result<T, E> {
    fn transient(self) -> Result<T, Failure> {
        self.map_err(|e| Failure::transient(text_of(&e)))
    }
    fn permanent(self) -> Result<T, Failure> {
        self.map_err(|e| Failure::permanent(text_of(&e)))
    }
    fn in_doubt(self) -> Result<T, Failure> {
        self.map_err(|e| Failure::in_doubt(text_of(&e)))
    }
}

/// A failure that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Error for Never {}

#[diagnostic::do_not_recommend]
impl StepError for Never {
    const RECORDED: Recording<Self> = Recording::new();

    fn class(&self) -> Class {
        match *self {}
    }
}
