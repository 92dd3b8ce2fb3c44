//! SG0202: A type of one's own.

use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Seen(u64);

#[step(readonly)]
async fn look(at: u64) -> Seen {
    Seen(at)
}

fn main() {}
