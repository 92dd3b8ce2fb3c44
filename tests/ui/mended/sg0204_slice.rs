use saga::prelude::*;

#[step(readonly)]
async fn look(seats: Vec<u64>) -> Result<u64, Failure> {
    Ok(seats.iter().sum())
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), vec![3, 4]));
    assert_eq!(seen, Ok(7));
}
