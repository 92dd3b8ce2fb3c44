use saga::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Trip {
    to: String,
}

#[step(readonly)]
async fn price(trips: Vec<Trip>) -> Result<u64, Failure> {
    Ok(trips.iter().map(|trip| trip.to.len() as u64).sum())
}

fn main() {
    let trips = vec![Trip { to: "Ork".to_owned() }];
    let price = saga::test::in_virtual_time(price::run(&Resources::default(), trips));
    assert_eq!(price, Ok(3));
}
