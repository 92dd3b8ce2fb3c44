//! SG0403: The class of an enum stands on its variants.
//!
//! A class for all variants would be that of those to come as well, and whoever adds one would not think of it.

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
