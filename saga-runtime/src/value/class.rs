//! What an error of a step means: whether the attempt happened, and whether another one may succeed.

use serde::{Deserialize, Serialize};

/// What an error says about the attempt that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It did not happen; another attempt may succeed.
    Transient,
    /// It did not happen; no other attempt will.
    Permanent,
    /// It may have happened.
    InDoubt,
}
