use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
#[permanent]
enum BankError {
    #[error("lost")]
    #[in_doubt]
    Lost,
}

fn main() {}
