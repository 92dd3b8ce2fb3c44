//! The failures of awaited things, as the body of a saga sees them.

use std::error::Error;
use std::fmt;

use saga_core::By;
use saga_core::record::Failure as Recorded;
use serde::{Deserialize, Serialize};

use crate::author::error::{Failure, Never, StepError};
use crate::value::encoding::Encoding;

/// The failure of a step that is known not to have happened.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(compensate = cancel(output), idempotent)]
/// async fn by_train(seats: u32) -> Result<u32, Failure> {
///     if seats > 2 { Err(Failure::permanent("sold out")) } else { Ok(seats) }
/// }
///
/// #[step(retriable, idempotent)]
/// async fn cancel(_seats: u32) -> Result<(), Failure> {
///     Ok(())
/// }
///
/// #[saga]
/// async fn travel(seats: u32) -> Result<String, Failure> {
///     match by_train(seats).await {
///         Ok(seats) => Ok(format!("{seats} seats")),
///         Err(StepFailure::Failed(why)) => Ok(format!("on foot: {why}")),
///         // The saga rolls back.
///         Err(other) => Err(other.into()),
///     }
/// }
/// # saga::test::in_virtual_time(async {
/// # let runtime = Runtime::builder(MemoryStore::new()).saga::<travel>().start().await.unwrap();
/// # let handle = runtime.run("a", travel(3)).await.unwrap();
/// # assert_eq!(handle.outcome().await.unwrap().completed(), Some("on foot: sold out".to_owned()));
/// # });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepFailure<E> {
    /// The step failed with an error for which a retry would not help.
    #[error("{0}")]
    Failed(E),
    /// The step failed with transient errors until its attempts were used up.
    #[error("{last} (after {attempts} attempts)")]
    Exhausted {
        /// The last attempt's error.
        last: E,
        /// The number of attempts made.
        attempts: u32,
    },
    /// The last attempt ran out of time.
    #[error("timed out (after {attempts} attempts)")]
    TimedOut {
        /// The number of attempts made.
        attempts: u32,
    },
    /// The last attempt panicked.
    #[error("panicked: {message}")]
    Panicked {
        /// The panic message.
        message: String,
    },
    /// The process died during the last attempt.
    #[error("interrupted")]
    Interrupted,
}

impl<E> StepFailure<E> {
    /// Returns the step's own error; `None` if it gave none.
    pub fn error(&self) -> Option<&E> {
        match self {
            StepFailure::Failed(error) | StepFailure::Exhausted { last: error, .. } => Some(error),
            _ => None,
        }
    }
}

/// The reason for which an approval is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalFailure {
    /// An operator denied it.
    #[error("denied by {0}")]
    Denied(By),
    /// No answer came in time.
    #[error("no answer came in time")]
    Expired,
}

/// No signal came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("no signal came in time")]
pub struct Expired;

/// The error of a failed child saga; its effects are undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChildFailure<E>(pub E);

impl<E: fmt::Display> fmt::Display for ChildFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: Error> Error for ChildFailure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The result of one branch of an `all`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Branch<T, F> {
    /// The branch's output.
    Done(T),
    /// The branch's failure.
    Failed(F),
    /// The branch was not begun, because another had failed.
    NotStarted,
}

/// The results of all branches, at least one of them a failure: a tuple of [`Branch`] or a `Vec` of them.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(readonly)]
/// async fn ask(seller: String) -> Result<u32, Failure> {
///     if seller == "shut" { Err(Failure::permanent("closed")) } else { Ok(7) }
/// }
///
/// #[saga]
/// async fn best_price(sellers: Vec<String>) -> Result<u32, Failure> {
///     match all(sellers.iter().map(|seller| ask(seller.clone()))).await {
///         Ok(prices) => Ok(prices.into_iter().min().unwrap_or_default()),
///         Err(AllFailure(branches)) => {
///             let known = branches.into_iter().filter_map(|branch| match branch {
///                 Branch::Done(price) => Some(price),
///                 Branch::Failed(_) | Branch::NotStarted => None,
///             });
///             Ok(known.min().unwrap_or_default())
///         }
///     }
/// }
/// # saga::test::in_virtual_time(async {
/// # let runtime = Runtime::builder(MemoryStore::new()).saga::<best_price>().start().await.unwrap();
/// # let handle = runtime.run("a", best_price(vec!["open".into(), "shut".into()])).await.unwrap();
/// # assert_eq!(handle.outcome().await.unwrap().completed(), Some(7));
/// # });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllFailure<B>(pub B);

/// The branches of a failed `all`, where the first failure can be converted into an `E`.
#[diagnostic::on_unimplemented(
    message = "`?` cannot turn the failures of this `all` into the saga's error `{E}` [SG0411]",
    label = "a branch fails with what `{E}` cannot be made of [SG0411]",
    note = "why: `?` turns the first branch's failure into the saga's error",
    note = "fix: a variant of `{E}` for the `StepFailure` of each branch, as in `Flight(StepFailure<AirlineError>)`, and `#[derive(SagaError)]` on it; or handle the failure with `match`"
)]
pub trait FirstFailure<E> {
    /// Returns the failure of the first branch that failed.
    fn first_failure(self) -> Option<E>;
}

#[diagnostic::do_not_recommend]
impl<E, T, F> FirstFailure<E> for Vec<Branch<T, F>>
where
    E: From<F>,
{
    fn first_failure(self) -> Option<E> {
        self.into_iter().find_map(failure)
    }
}

fn failure<E: From<F>, T, F>(branch: Branch<T, F>) -> Option<E> {
    match branch {
        Branch::Failed(failure) => Some(E::from(failure)),
        Branch::Done(_) | Branch::NotStarted => None,
    }
}

macro_rules! first_failure_of_tuples {
    ($(($($t:ident $f:ident $b:ident),+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<E, $($t, $f),+> FirstFailure<E> for ($(Branch<$t, $f>,)+)
        where
            $(E: From<$f>),+
        {
            fn first_failure(self) -> Option<E> {
                let ($($b,)+) = self;
                None$(.or_else(|| failure($b)))+
            }
        }
    )+};
}

first_failure_of_tuples! {
    (T1 F1 a)
    (T1 F1 a, T2 F2 b)
    (T1 F1 a, T2 F2 b, T3 F3 c)
    (T1 F1 a, T2 F2 b, T3 F3 c, T4 F4 d)
    (T1 F1 a, T2 F2 b, T3 F3 c, T4 F4 d, T5 F5 e)
    (T1 F1 a, T2 F2 b, T3 F3 c, T4 F4 d, T5 F5 e, T6 F6 f)
    (T1 F1 a, T2 F2 b, T3 F3 c, T4 F4 d, T5 F5 e, T6 F6 f, T7 F7 g)
    (T1 F1 a, T2 F2 b, T3 F3 c, T4 F4 d, T5 F5 e, T6 F6 f, T7 F7 g, T8 F8 h)
}

impl<B> AllFailure<B> {
    /// Converts the first branch's failure into the saga's error. `?` calls this.
    ///
    /// # Panics
    /// Never: an `AllFailure` holds a failure.
    pub fn into_first<E>(self) -> E
    where
        B: FirstFailure<E>,
    {
        self.0.first_failure().expect("an `AllFailure` holds a failure")
    }
}

// A saga without an error type of its own may use `Failure`.

impl<E: fmt::Display> From<StepFailure<E>> for Failure {
    fn from(failure: StepFailure<E>) -> Self {
        Failure::permanent(failure.to_string())
    }
}

impl From<ApprovalFailure> for Failure {
    fn from(failure: ApprovalFailure) -> Self {
        Failure::permanent(failure.to_string())
    }
}

impl From<Expired> for Failure {
    fn from(failure: Expired) -> Self {
        Failure::permanent(failure.to_string())
    }
}

impl<E: fmt::Display> From<ChildFailure<E>> for Failure {
    fn from(failure: ChildFailure<E>) -> Self {
        Failure::permanent(failure.to_string())
    }
}

impl<B: FirstFailure<Failure>> From<AllFailure<B>> for Failure {
    fn from(failure: AllFailure<B>) -> Self {
        failure.into_first()
    }
}

impl From<Never> for Failure {
    fn from(never: Never) -> Self {
        match never {}
    }
}

/// Reads a recorded failure.
pub(crate) fn failure_as<E: StepError>(
    failure: &Recorded,
    encoding: &Encoding,
) -> Result<StepFailure<E>, saga_core::DecodeError> {
    let decode = E::RECORDED.decode;
    Ok(match failure {
        Recorded::Failed { error, .. } => StepFailure::Failed(decode(&encoding.codecs, error)?),
        Recorded::Exhausted { error, attempts, .. } => {
            StepFailure::Exhausted { last: decode(&encoding.codecs, error)?, attempts: *attempts }
        }
        Recorded::TimedOut { attempts } => StepFailure::TimedOut { attempts: *attempts },
        Recorded::Panicked { message } => StepFailure::Panicked { message: message.clone() },
        Recorded::Interrupted => StepFailure::Interrupted,
    })
}
