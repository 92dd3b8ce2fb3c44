//! How attempts end, and what follows.

use serde::{Deserialize, Serialize};

use crate::by::By;
use crate::{Payload, Timestamp};

/// The reason for which an attempt failed or is in doubt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptError {
    /// The step's own error.
    Error {
        /// The error's text.
        message: String,
        /// The error itself.
        error: Payload,
        /// True if a retry would not help.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        permanent: bool,
    },
    /// Its time ran out.
    TimedOut,
    /// The attempt panicked.
    Panicked {
        /// The panic message.
        message: String,
    },
    /// The process died, or lost its lease, during the attempt.
    Interrupted,
    /// A probe found that the effect had not happened.
    NotHappened,
    /// The attempt was not begun: the saga stopped first, its deadline had passed, or the service may have forgotten its
    /// key.
    NotBegun,
}

impl std::fmt::Display for AttemptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AttemptError::Error { message, .. } => f.write_str(message),
            AttemptError::TimedOut => f.write_str("timed out"),
            AttemptError::Panicked { message } => write!(f, "panicked: {message}"),
            AttemptError::Interrupted => f.write_str("interrupted: the process died or lost its lease"),
            AttemptError::NotHappened => f.write_str("a probe found that it had not happened"),
            AttemptError::NotBegun => f.write_str("not begun: the saga had stopped, or its time was over"),
        }
    }
}

/// What follows an attempt that did not settle the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Another attempt, not before `due`.
    Again {
        /// The earliest start of the attempt.
        due: Timestamp,
    },
    /// A probe, not before `due`.
    Probe {
        /// The earliest start of the probe.
        due: Timestamp,
    },
    /// Nothing for now. The next record decides, a stop is pending, or a recorded call is to be run later in the
    /// rollback.
    Hold,
}

/// The failure of a step that is known not to have happened, as the saga's body sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The step failed with an error for which a retry would not help.
    Failed {
        /// The step's error.
        error: Payload,
        /// The error's text.
        message: String,
    },
    /// The step failed with transient errors until its attempts were used up.
    Exhausted {
        /// The last attempt's error.
        error: Payload,
        /// The error's text.
        message: String,
        /// The number of attempts made.
        attempts: u32,
    },
    /// The last attempt ran out of time.
    TimedOut {
        /// The number of attempts made.
        attempts: u32,
    },
    /// The last attempt panicked.
    Panicked {
        /// The panic message.
        message: String,
    },
    /// The process died during the last attempt.
    Interrupted,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Failed { message, .. } => f.write_str(message),
            Failure::Exhausted { message, attempts, .. } => {
                write!(f, "{message} (after {attempts} attempts)")
            }
            Failure::TimedOut { attempts } => write!(f, "timed out (after {attempts} attempts)"),
            Failure::Panicked { message } => write!(f, "panicked: {message}"),
            Failure::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// The source of the knowledge that an effect is done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finder {
    /// The attempt itself.
    #[default]
    Attempt,
    /// A probe found the effect.
    Probe,
    /// An operator stated it.
    Operator(By),
}

impl Finder {
    pub(super) fn is_attempt(&self) -> bool {
        *self == Finder::Attempt
    }
}

/// A value that could not be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The observed error, in words.
    pub why: String,
}
