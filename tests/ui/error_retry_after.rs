use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("busy")]
    #[transient(retry_after = wiat)]
    Busy { wait: std::time::Duration },
}

fn main() {}
