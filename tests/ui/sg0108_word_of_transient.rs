//! SG0108: A misspelt word of `#[transient]`.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("busy")]
    #[transient(retry_afer = wait)]
    Busy { wait: std::time::Duration },
}

fn main() {}
