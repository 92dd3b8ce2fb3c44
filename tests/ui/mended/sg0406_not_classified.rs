use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
#[permanent]
#[error("no such seat")]
struct NoSeat;

#[step(readonly)]
async fn look(at: u64) -> Result<u64, NoSeat> {
    Ok(at)
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), 7));
    assert_eq!(seen, Ok(7));
}
