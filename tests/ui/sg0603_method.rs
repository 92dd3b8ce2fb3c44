//! SG0603: Between a call and its `.await` stands nothing but `.named`, `.within` and `.limit`.
//!
//! A call is inert data. It has no value before its `.await`, and no policy of its own: time-outs and retries are words of
//! the `#[step]`, the same wherever it is called.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = price(items).map(|price| price + 1).await?;
    Ok(price)
}

fn main() {}
