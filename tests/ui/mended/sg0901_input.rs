use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Trip {
    to: String,
}

#[step(readonly)]
async fn price(trip: Trip) -> Result<u64, Failure> {
    Ok(trip.to.len() as u64)
}

fn main() {
    let trip = Trip { to: "Ork".to_owned() };
    let price = saga::test::in_virtual_time(price::run(&Resources::default(), trip));
    assert_eq!(price, Ok(3));
}
