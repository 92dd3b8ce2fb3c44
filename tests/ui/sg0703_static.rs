//! SG0703: Nor what this process has counted.

use saga::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

static ASKED: AtomicU64 = AtomicU64::new(0);

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let asked = ASKED.fetch_add(1, Ordering::Relaxed);
    Ok(price(items + asked).await?)
}

fn main() {}
