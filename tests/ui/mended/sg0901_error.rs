use saga::prelude::*;

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize, StepError)]
#[error("no seats")]
#[permanent]
struct Full;

#[step(readonly)]
async fn look(seats: u64) -> Result<u64, Full> {
    if seats > 9 { Err(Full) } else { Ok(seats) }
}

fn main() {
    let seats = saga::test::in_virtual_time(look::run(&Resources::default(), 3));
    assert_eq!(seats.unwrap(), 3);
}
