//! The answers of the world to a call.

use saga::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The output of every step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slip {
    /// The ledger's id of the effect.
    pub(crate) id: String,
}

/// The failure of a call.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, StepError)]
pub(crate) enum WorldError {
    #[error("busy")]
    #[transient]
    Busy,
    #[error("refused")]
    #[permanent]
    Refused,
    #[error("no clear answer")]
    #[in_doubt]
    Unclear,
}
