//! SG0401: A struct without a class.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
#[error("declined")]
struct Declined;

fn main() {}
