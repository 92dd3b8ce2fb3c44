//! Causes of rollbacks and stops, reasons for dead letters, and answers of operators.

use serde::{Deserialize, Serialize};

use super::attempt_error::Failure;
use crate::by::By;
use crate::{Payload, SitePath};

/// The cause of a rollback, or of a pending stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its body ended with an error.
    Failed {
        /// The saga's error.
        error: Payload,
        /// The error's text.
        message: String,
        /// The last step that failed before that; `None` if no step failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<SitePath>,
    },
    /// A retriable step failed permanently, or used up its attempts.
    StepFailed {
        /// The site of the step.
        site: SitePath,
        /// The failure of its last attempt.
        failure: Failure,
    },
    /// Its body panicked.
    Panicked {
        /// The panic message.
        message: String,
    },
    /// An input could not be recorded, so the effect was not begun.
    Unrecordable {
        /// The site of the step.
        site: SitePath,
        /// The observed error, in words.
        message: String,
    },
    /// An operator cancelled it.
    Cancelled {
        /// The operator, and the reason.
        by: By,
    },
    /// Its deadline passed.
    Deadline,
    /// A session was not called for so long.
    Idle {
        /// The time without a call that its terms allow, in milliseconds.
        idle_ms: u64,
    },
    /// An operator rolled it back, or the agent of a session.
    Ordered {
        /// The operator, and the reason.
        by: By,
    },
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::Failed { message, .. } => f.write_str(message),
            Cause::StepFailed { site, failure } => write!(f, "{site}: {failure}"),
            Cause::Panicked { message } => write!(f, "panicked: {message}"),
            Cause::Unrecordable { site, message } => write!(f, "{site}: {message}"),
            Cause::Cancelled { by } => write!(f, "cancelled by {by}"),
            Cause::Deadline => f.write_str("its deadline passed"),
            Cause::Idle { idle_ms } => write!(f, "not called for {}", length(*idle_ms)),
            Cause::Ordered { by } => write!(f, "rolled back by {by}"),
        }
    }
}

/// Returns a length of time in its largest unit without a rest.
fn length(ms: u64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let whole = units.into_iter().find(|(_, unit)| ms.is_multiple_of(*unit));
    whole.map(|(name, unit)| format!("{}{name}", ms / unit)).unwrap_or_default()
}

/// The reason for which a saga can go neither forward nor back without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A retriable step past the point of no return failed permanently, or used up its attempts.
    RetriesExhausted,
    /// A compensation failed permanently, or used up its attempts.
    CompensationFailed,
    /// It is not known whether an attempt happened.
    InDoubt,
    /// The journal does not match any path of this build's code.
    Diverged,
    /// A recorded value cannot be read.
    Undecodable,
    /// The process died again and again while it drove this saga.
    PoisonPill,
    /// A loop exceeded its `#[bound]`.
    BoundExceeded,
    /// A session spent its budget.
    BudgetExceeded,
    /// A session repeated itself.
    LoopDetected,
    /// A step is done, but its output or compensation could not be recorded.
    OutputLost,
    /// The body failed past the point of no return.
    FailedPastNoReturn,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// How a wait for an approval ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// An operator approved.
    Approved(By),
    /// An operator denied.
    Denied(By),
    /// No answer came in time.
    Expired,
}

/// An operator's statement on an effect, where the saga does not know its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// It happened, with this output (`null` for a compensation).
    Happened {
        /// The output; `null` for a compensation.
        output: Payload,
    },
    /// It did not happen and never will.
    NotHappened,
}
