//! The outcome of a saga, in its own types.

use std::fmt;

use saga_core::state::{Direction, State};
use saga_core::{By, Cause, DeadLetter, Payload, Phase, Rollback, Undone};

use crate::author::look_error::LookError;
use crate::author::view::decoded;
use crate::macros::misplaced::IsResult;
use crate::operate::handle::{AnyHandle, Known, phase};
use crate::value::encoding::Encoding;
use crate::value::recorded::Recorded;

/// The outcome of a saga, or the need for a person.
///
/// ```
/// use saga::prelude::*;
///
/// fn tell(outcome: Outcome<u32, Failure>) -> String {
///     match outcome {
///         Outcome::Completed { output, .. } => format!("paid {output}"),
///         Outcome::RolledBack { cause, rollback, .. } => format!("not paid: {cause}; {rollback}"),
///         Outcome::DeadLettered(letter) => format!("a person has to look at it: {}", letter.seen().blockers[0].detail),
///         Outcome::Abandoned { by, .. } => format!("closed by {by}"),
///         _ => "an outcome of a later version".to_owned(),
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome<T, E> {
    /// The saga completed.
    Completed {
        /// The saga's output.
        output: T,
        /// How much of it has been undone since.
        undone: Undone,
    },
    /// It was rolled back.
    RolledBack {
        /// The cause of the rollback.
        cause: Cause,
        /// The saga's error; `None` if the cause was another, or the error could not be recorded.
        error: Option<E>,
        /// The extent of the rollback.
        rollback: Rollback,
    },
    /// The saga can go neither forward nor back without a person. This handle has the acts that resolve it.
    DeadLettered(Known<phase::DeadLettered>),
    /// An operator closed it as it was.
    Abandoned {
        /// The operator, and the reason.
        by: By,
        /// What had been undone by then, and what is left.
        rollback: Rollback,
    },
}

impl<T, E> Outcome<T, E> {
    /// Returns the output, if it completed.
    pub fn completed(self) -> Option<T> {
        match self {
            Outcome::Completed { output, .. } => Some(output),
            _ => None,
        }
    }

    /// Never called: `Result` has this method, and here it does not compile.
    #[doc(hidden)]
    pub fn unwrap(self) -> T
    where
        for<'a> Self: IsResult,
    {
        unreachable!("nothing is `IsResult`")
    }

    /// Never called: `Result` has this method, and here it does not compile.
    #[doc(hidden)]
    pub fn expect(self, _: &str) -> T
    where
        for<'a> Self: IsResult,
    {
        unreachable!("nothing is `IsResult`")
    }

    /// Returns true if it completed.
    pub fn is_completed(&self) -> bool {
        matches!(self, Outcome::Completed { .. })
    }

    /// Returns true if it was rolled back.
    pub fn is_rolled_back(&self) -> bool {
        matches!(self, Outcome::RolledBack { .. })
    }
}

/// Formats as `completed`, or as the cause and what is left.
impl<T, E> fmt::Display for Outcome<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Completed { undone: Undone::None, .. } => f.write_str("completed"),
            Outcome::Completed { undone: Undone::Partial, .. } => {
                f.write_str("completed, and undone in part")
            }
            Outcome::Completed { undone: Undone::Whole, .. } => f.write_str("completed, and undone"),
            Outcome::RolledBack { cause, rollback, .. } => write!(f, "rolled back: {cause}; {rollback}"),
            Outcome::DeadLettered(letter) => {
                f.write_str("dead-lettered")?;
                letter.seen().blockers.iter().try_for_each(|at| write!(f, "; {}: {}", at.reason, at.detail))
            }
            Outcome::Abandoned { by, rollback } => write!(f, "abandoned by {by}; {rollback}"),
        }
    }
}

impl AnyHandle {
    /// Waits until it has ended or is a dead letter, and returns the outcome, with its values as they are recorded.
    /// [`Payload::shown`] gives one as JSON without its secrets. [`Runtime::find_as`](crate::Runtime::find_as) gives a
    /// handle that decodes them.
    ///
    /// **Cancel safety**: nothing happens to the saga if this is dropped.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn outcome(&self) -> Result<Outcome<Payload, Payload>, LookError> {
        let state = self.settled().await?;
        if state.phase() == Phase::DeadLettered {
            let journal = self.journal().await?;
            let letter = DeadLetter::of(&state, &journal);
            return Ok(Outcome::DeadLettered(Known::new(self.clone(), state.last_seq(), letter)));
        }
        Outcome::recorded(&state)
    }
}

impl Outcome<Payload, Payload> {
    /// Returns the outcome of a saga that has ended, with its values as they are recorded.
    pub(crate) fn recorded(state: &State) -> Result<Self, LookError> {
        match state.direction() {
            Direction::Completed { output } | Direction::Undo { output, .. } => {
                Ok(Outcome::Completed { output: output.clone(), undone: state.undone() })
            }
            Direction::RolledBack(cause) | Direction::Back(cause) => {
                let error = match cause {
                    Cause::Failed { error, .. } if !error.is_unrecordable() => Some(error.clone()),
                    _ => None,
                };
                Ok(Outcome::RolledBack { cause: cause.clone(), error, rollback: state.rollback() })
            }
            Direction::Abandoned(by) => Ok(Outcome::Abandoned { by: by.clone(), rollback: state.rollback() }),
            Direction::Forward => Err(LookError::Undecodable {
                what: "the outcome".to_owned(),
                why: "the saga has not ended".to_owned(),
            }),
        }
    }

    /// Decodes the values.
    pub(crate) fn decoded<T: Recorded, E: Recorded>(
        self,
        encoding: &Encoding,
    ) -> Result<Outcome<T, E>, LookError> {
        Ok(match self {
            Outcome::Completed { output, undone } => {
                Outcome::Completed { output: decoded(encoding, "the saga's output", &output)?, undone }
            }
            Outcome::RolledBack { cause, error, rollback } => {
                let error = error.map(|error| decoded(encoding, "the saga's error", &error)).transpose()?;
                Outcome::RolledBack { cause, error, rollback }
            }
            Outcome::DeadLettered(letter) => Outcome::DeadLettered(letter),
            Outcome::Abandoned { by, rollback } => Outcome::Abandoned { by, rollback },
        })
    }
}
