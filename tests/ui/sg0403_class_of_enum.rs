//! SG0403: The class of an enum stands on its variants.
//!
//! A class for the whole enum would silently hold for each variant that is added later.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
#[permanent]
enum BankError {
    #[error("the connection broke")]
    #[in_doubt]
    Lost,
}

fn main() {}
