use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
struct No;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, No> {
    Ok(at)
}

fn main() {}
