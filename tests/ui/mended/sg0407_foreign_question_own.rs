use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum SeatError {
    #[error("no number")]
    #[permanent]
    NoNumber,
}

#[step(readonly)]
async fn look(seat: String) -> Result<u64, SeatError> {
    Ok(seat.parse::<u64>().map_err(|_| SeatError::NoNumber)?)
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), "7".into()));
    assert_eq!(seen, Ok(7));
}
