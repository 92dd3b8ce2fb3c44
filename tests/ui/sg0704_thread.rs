//! SG0704: No thread.

use saga::prelude::*;

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn trip(items: u64) -> Result<u64, Failure> {
    std::thread::spawn(move || println!("{items}"));
    Ok(price(items).await?)
}

fn main() {}
