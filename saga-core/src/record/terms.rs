//! The terms of a session: what the machine itself needs of how it was opened.

use serde::{Deserialize, Serialize};

/// The terms on which a session was opened. They never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The number of calls that it may make, apart from repeats that are answered from its journal.
    pub calls_max: u32,
    /// The time without a call after which the session ends by itself, in milliseconds; `None` if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    /// The way in which it ends then.
    #[serde(default, skip_serializing_if = "WhenIdle::is_roll_back")]
    pub when_idle: WhenIdle,
}

/// The way in which a session ends that is not called any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhenIdle {
    /// It is rolled back.
    #[default]
    RollBack,
    /// It is committed.
    Commit,
}

/// The output of a session that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Committed {
    /// True if it was not called any more, and its terms say that it is committed then; false if its agent committed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
}

impl WhenIdle {
    fn is_roll_back(&self) -> bool {
        *self == WhenIdle::RollBack
    }
}
