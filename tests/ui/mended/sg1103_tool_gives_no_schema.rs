use saga::prelude::*;
use saga::tools::Toolbox;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Price {
    cents: u64,
}

/// Tells what a seat costs.
#[step(tool, readonly)]
async fn price(row: u8) -> Result<Price, Failure> {
    Ok(Price { cents: row.into() })
}

fn main() {
    let toolbox = Toolbox::new().offer::<price>();
    assert_eq!(toolbox.find("price").unwrap().output_schema["required"][0], "cents");
}
