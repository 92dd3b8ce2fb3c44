use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("lost")]
    #[permanent]
    #[in_doubt]
    Lost,
}

fn main() {}
