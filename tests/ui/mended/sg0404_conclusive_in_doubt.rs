use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("no answer")]
    #[in_doubt]
    Lost,
}

fn main() {
    assert!(!saga::StepError::is_conclusive(&BankError::Lost));
}
