//! SG0607: No `async` block or closure stands in a saga.
//!
//! What happens in an `async` block is not recorded. It would happen again when the saga runs again, and nothing would
//! undo it. Work is done in steps; several at once are an `all`.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let later = async { 1 };
    drop(later);
    Ok(price(items).await?)
}

fn main() {}
