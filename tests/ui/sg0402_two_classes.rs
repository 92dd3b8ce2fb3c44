//! SG0402: An error means one thing.
//!
//! An attempt is repeated, given up, or asked about: one of them. Where the same error may mean either, it is in
//! doubt, or there are two variants.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum BankError {
    #[error("the connection broke")]
    #[permanent]
    #[in_doubt]
    Lost,
}

fn main() {}
