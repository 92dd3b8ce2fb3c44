//! SG0414: A conclusive step has a conclusive error.
//!
//! `conclusive = "24h"` says that the service keeps its answer to a key. Which errors are such an answer, each error says
//! by itself, with `#[permanent(conclusive)]`. A declined card is one. A wrong password is not: the service refuses it
//! before it looks at the key, today, and may have charged the card yesterday.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("the card was declined")]
    #[permanent]
    Declined,
    #[error("wrong password")]
    #[permanent]
    Unauthorized,
}

#[step(irreversible, conclusive = "24h")]
async fn pay(key: &IdempotencyKey, amount: u64) -> Result<u64, BankError> {
    let _ = key;
    if amount > 100 { Err(BankError::Declined) } else { Err(BankError::Unauthorized) }
}

fn main() {}
