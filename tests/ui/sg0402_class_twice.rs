//! SG0402: A class that is said twice.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("declined")]
    #[permanent]
    #[permanent]
    Declined,
}

fn main() {}
