//! SG0404: What may have happened, and is conclusive.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("no answer")]
    #[in_doubt(conclusive)]
    Lost,
}

fn main() {}
