//! SG0901: What a signal brings is recorded as well.

use saga::prelude::*;

struct Paid {
    cents: u64,
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let paid = signal::<Paid>("paid").await;
    Ok(items * paid.cents)
}

fn main() {}
