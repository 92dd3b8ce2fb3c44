use saga::prelude::*;
use saga::tools::Toolbox;

/// Finds the price of a coffee.
#[step(tool, readonly, name = "cafe_price")]
async fn price(size: u8) -> Result<u64, Failure> {
    Ok(size.into())
}

fn main() {
    assert!(Toolbox::new().offer::<price>().find("cafe_price").is_some());
}
