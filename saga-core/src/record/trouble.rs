//! How attempts end, and what comes after them.

use serde::{Deserialize, Serialize};

use super::act::By;
use crate::{Payload, Timestamp};

/// Why an attempt failed or is in doubt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The step's own error.
    Error {
        /// Its text.
        message: String,
        /// The error itself.
        error: Payload,
        /// Whether it may be tried again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        permanent: bool,
    },
    /// Its time ran out.
    TimedOut,
    /// It panicked.
    Panicked {
        /// With this message.
        message: String,
    },
    /// The process died, or lost its lease, while it ran.
    Interrupted,
    /// A probe found that it had not happened.
    NotHappened,
    /// It was to begin, and the saga's deadline had passed before it could.
    NotBegun,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Error { message, .. } => f.write_str(message),
            Trouble::TimedOut => f.write_str("timed out"),
            Trouble::Panicked { message } => write!(f, "panicked: {message}"),
            Trouble::Interrupted => f.write_str("interrupted: the process died or lost its lease"),
            Trouble::NotHappened => f.write_str("a probe found that it had not happened"),
            Trouble::NotBegun => f.write_str("not begun: the deadline had passed"),
        }
    }
}

/// What comes after an attempt that did not end the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Another attempt, not before `due`.
    Again {
        /// When.
        due: Timestamp,
    },
    /// The probe is asked, not before `due`.
    Probe {
        /// When.
        due: Timestamp,
    },
    /// Nothing for now: the next record says what; or a stop is pending, or a call stands by to be run in its turn.
    Hold,
}

/// How a step that is known not to have happened failed, as the saga's body sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// With an error that another attempt would not mend.
    Failed {
        /// The step's error.
        error: Payload,
        /// Its text.
        message: String,
    },
    /// With transient errors, as often as its policy allows.
    Exhausted {
        /// The last attempt's error.
        error: Payload,
        /// Its text.
        message: String,
        /// How many attempts were made.
        attempts: u32,
    },
    /// The last attempt ran out of time.
    TimedOut {
        /// How many attempts were made.
        attempts: u32,
    },
    /// The last attempt panicked.
    Panicked {
        /// With this message.
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

/// Who found out that an effect is done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finder {
    /// The attempt itself.
    #[default]
    Attempt,
    /// A probe.
    Probe,
    /// A person.
    Operator(By),
}

impl Finder {
    pub(super) fn is_attempt(&self) -> bool {
        *self == Finder::Attempt
    }
}

/// A value that was made and could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Why not.
    pub why: String,
}
