//! SG0409: `#[derive(SagaError)]` stands on an enum.
//!
//! `?` in a saga makes the variant that holds the failure, so there is a variant for each way to fail. A saga that
//! needs no more than a text returns `saga::Failure`, which can be made of every failure.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
#[error("no trip")]
struct TripError(StepFailure<Failure>);

fn main() {}
