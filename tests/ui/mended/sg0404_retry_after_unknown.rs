use saga::prelude::*;
use saga::StepError as _;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("busy")]
    #[transient(retry_after = wait)]
    Busy { wait: std::time::Duration },
}

fn main() {
    let wait = std::time::Duration::from_secs(3);
    assert_eq!(BankError::Busy { wait }.retry_after(), Some(wait));
}
