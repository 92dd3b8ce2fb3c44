//! SG0404: `retry_after` names a field with a length of time.
//!
//! A service that is busy often says when it wants to be called again. `#[transient(retry_after = field)]` honours
//! it: the field is a `Duration` or an `Option<Duration>`, by its name or its number.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("busy")]
    #[transient(retry_after = wiat)]
    Busy { wait: std::time::Duration },
}

fn main() {}
