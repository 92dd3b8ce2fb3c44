use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("declined")]
    #[permanent]
    Declined,
    #[error("lost")]
    Lost,
}

fn main() {}
