use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Trip {
    to: String,
}

#[step(compensate = release(trip.to), idempotent)]
async fn hold(seats: u64, trip: Trip) -> Result<u64, Failure> {
    Ok(seats * trip.to.len() as u64)
}

#[step(retriable, idempotent)]
async fn release(to: String) -> Result<(), Failure> {
    let _ = to;
    Ok(())
}

fn main() {
    let trip = Trip { to: "Ork".to_owned() };
    let held = saga::test::in_virtual_time(hold::run(&Resources::default(), 2, trip));
    assert_eq!(held, Ok(6));
}
