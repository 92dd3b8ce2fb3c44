//! SG0404: A wait before what is not tried again.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("busy")]
    #[permanent(retry_after = wait)]
    Busy { wait: std::time::Duration },
}

fn main() {}
