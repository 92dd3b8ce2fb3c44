use saga::prelude::*;
use saga::tools::Toolbox;

/// Finds an order by its number. Call it before any other tool that takes an order.
#[step(tool, readonly)]
async fn find_order(
    /// The number in the subject of the customer's mail.
    order: u64,
) -> Result<u64, Failure> {
    Ok(order)
}

fn main() {
    let toolbox = Toolbox::new().offer::<find_order>();
    let tool = toolbox.find("find_order").unwrap();
    assert!(tool.description.starts_with("Finds an order by its number."));
    let order = &tool.input_schema["properties"]["order"];
    assert_eq!(order["description"], "The number in the subject of the customer's mail.");
}
