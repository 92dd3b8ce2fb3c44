//! SG0606: No `.await` stands in a macro.
//!
//! A macro may put its tokens anywhere, such as into a closure, or twice. Write awaits in the text of the saga.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    println!("{}", price(items).await?);
    Ok(items)
}

fn main() {}
