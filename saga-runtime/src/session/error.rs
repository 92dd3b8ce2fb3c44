//! Why a call in a session has no output.

use saga_core::{Kind, Phase, SitePath};

use crate::author::error::StepError;
use crate::author::failure::StepFailure;
use crate::operate::handle::ActError;

/// The reason for which a call in a session has no output. Nothing was undone for it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E: StepError> {
    /// The step failed. An error that is permanent stays the answer to this call; after any other it may be made again.
    #[error("the step failed")]
    Failed(#[source] StepFailure<E>),
    /// A call of the same identity was made in this session with another input, and it stands.
    #[error("at {site} the session has {recorded}, which is the same call as {given} with another input")]
    Conflict {
        /// The site of the earlier call.
        site: SitePath,
        /// The earlier call, without its secrets.
        recorded: String,
        /// The call that was given, without its secrets.
        given: String,
    },
    /// The session makes no more calls: it has ended, is rolling back, or needs a person.
    #[error("the session makes no more calls: it is {phase}")]
    Ended {
        /// The phase in which it is.
        phase: Phase,
    },
    /// The session has made as many calls as it may.
    #[error("the session has made {calls_max} calls, as many as it may")]
    OverBudget {
        /// The number that it was opened with.
        calls_max: u32,
    },
    /// The step was not registered with this runtime.
    #[error("step {step} is not registered")]
    NotRegistered {
        /// The recorded name of the step.
        step: String,
    },
    /// The step is of a kind that is not called in a session.
    #[error("step {step} is {}, and not called in a session", .kind.as_str())]
    NotCallable {
        /// The recorded name of the step.
        step: String,
        /// Its kind.
        kind: Kind,
    },
    /// The call cannot be recorded, so that it did not begin.
    #[error("the call cannot be recorded: {why}")]
    Unrecordable {
        /// The error of the encoding.
        why: String,
    },
    /// The step has ended, and its recorded outcome cannot be read as its type.
    #[error("the outcome at {site} cannot be read: {why}")]
    Undecodable {
        /// The site of the call.
        site: SitePath,
        /// The error of the decoding.
        why: String,
    },
    /// Another worker drives the session, and this one cannot make calls in it.
    #[error("another worker drives the session")]
    DrivenElsewhere,
    /// The runtime shuts down. What was begun goes on with the next worker.
    #[error("the runtime is shutting down")]
    ShuttingDown,
    /// The session is not in memory, and was not resumed.
    #[error("the session was not resumed")]
    NotResumed(#[source] ActError),
}
