//! SG0703: Nor what other sagas have left in a `static`.

use saga::prelude::*;
use std::sync::Mutex;

static SEEN: Mutex<Vec<u64>> = Mutex::new(Vec::new());

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let seen = SEEN.lock().unwrap().len() as u64;
    Ok(price(items + seen).await?)
}

fn main() {}
