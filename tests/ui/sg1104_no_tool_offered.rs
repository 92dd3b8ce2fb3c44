//! SG1104: A toolbox offers steps that say `tool`.
//!
//! A step is described to a language model only if it says so: its doc comment, the schemas of what it takes and gives.

use saga::prelude::*;
use saga::tools::Toolbox;

/// Finds an order by its number.
#[step(readonly)]
async fn find_order(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

fn main() {
    let toolbox = Toolbox::new().offer::<find_order>();
    assert_eq!(toolbox.tools().len(), 1);
}
