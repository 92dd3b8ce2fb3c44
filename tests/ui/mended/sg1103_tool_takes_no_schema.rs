use saga::prelude::*;
use saga::tools::Toolbox;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Seat {
    row: u8,
}

/// Tells what a seat costs.
#[step(tool, readonly)]
async fn price(seat: Seat) -> Result<u64, Failure> {
    Ok(seat.row.into())
}

fn main() {
    let toolbox = Toolbox::new().offer::<price>();
    let schema = &toolbox.find("price").unwrap().input_schema;
    assert_eq!(schema["$defs"]["Seat"]["properties"]["row"]["maximum"], 255);
}
