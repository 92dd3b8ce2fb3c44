//! SG0401: Every variant of an error says what it means.
//!
//! Whether an attempt happened decides what follows. `#[transient]`: it did not happen, and another attempt may
//! succeed. `#[permanent]`: it did not happen, and no other attempt will. `#[in_doubt]`: it may have happened, such
//! as when a connection broke before the answer. A variant is said by itself, so that none is forgotten when it is
//! added.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("declined")]
    #[permanent]
    Declined,
    #[error("the connection broke")]
    Lost,
}

fn main() {}
