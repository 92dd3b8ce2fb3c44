//! SG0603: `.within` belongs to waits.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    let price = price(items).within("10s").await?;
    Ok(price)
}

fn main() {}
