//! SG0410: An error says in words what failed.
//!
//! What failed is shown to people: where the saga was awaited, in its journal, and beside a dead letter. So an
//! error implements `std::error::Error`, with a text for each variant, most easily by
//! `#[derive(thiserror::Error)]`.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, StepError)]
#[permanent]
struct Declined;

fn main() {}
