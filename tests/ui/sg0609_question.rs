//! SG0609: No `?` is hidden in a macro.
//!
//! The compiler has to see each exit by failure, because past the point of no return there may be none. What a macro makes
//! of its tokens is not seen. So `?` and `return` stand in the text of the saga: a variable before the macro is enough.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    println!("{}", u64::try_from(i64::MAX).permanent()?);
    Ok(price(items).await?)
}

fn main() {}
