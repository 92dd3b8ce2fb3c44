//! Why a saga goes back, stops, or cannot go on, and what people answer.

use serde::{Deserialize, Serialize};

use super::act::By;
use super::trouble::Failure;
use crate::{Payload, Site};

/// Why a saga rolls back, or is about to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its body ended with an error.
    Failed {
        /// The saga's error.
        error: Payload,
        /// Its text.
        message: String,
        /// The step that failed last before that, if one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<Site>,
    },
    /// A retriable step could not be brought to succeed.
    StepFailed {
        /// Which.
        site: Site,
        /// How.
        failure: Failure,
    },
    /// Its body panicked.
    Panicked {
        /// With this message.
        message: String,
    },
    /// An input could not be recorded, so that the effect was not begun.
    Unrecordable {
        /// Where.
        site: Site,
        /// What was observed.
        message: String,
    },
    /// Somebody cancelled it.
    Cancelled {
        /// Who and why.
        by: By,
    },
    /// Its deadline passed.
    Deadline,
    /// An operator rolled it back.
    Ordered {
        /// Who and why.
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
            Cause::Ordered { by } => write!(f, "rolled back by {by}"),
        }
    }
}

/// Why a saga can go neither forward nor back without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A retriable step past the point of no return could not be brought to succeed.
    RetriesExhausted,
    /// A compensation could not be brought to succeed.
    CompensationFailed,
    /// It is not known whether an attempt happened.
    InDoubt,
    /// The journal is no path of this build's code.
    Diverged,
    /// A recorded value cannot be read.
    Undecodable,
    /// The process died again and again while it drove this saga.
    PoisonPill,
    /// A loop passed its `#[bound]`.
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
    /// Somebody approved.
    Approved(By),
    /// Somebody denied.
    Denied(By),
    /// Nobody answered in time.
    Expired,
}

/// What an operator knows of an effect that the saga does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// It happened, and gave this (`null` for a compensation).
    Happened {
        /// The output.
        output: Payload,
    },
    /// It did not happen and never will.
    NotHappened,
}
