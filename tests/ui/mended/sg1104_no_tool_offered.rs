use saga::prelude::*;
use saga::tools::Toolbox;

/// Finds an order by its number.
#[step(tool, readonly)]
async fn find_order(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

fn main() {
    let toolbox = Toolbox::new().offer::<find_order>();
    assert_eq!(toolbox.tools().len(), 1);
}
