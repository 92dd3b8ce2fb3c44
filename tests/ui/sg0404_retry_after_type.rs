//! SG0404: A field that is no length of time.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("busy")]
    #[transient(retry_after = wait)]
    Busy { wait: u64 },
}

fn main() {}
