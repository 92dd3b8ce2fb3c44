use saga::prelude::*;

#[step(readonly)]
async fn look(seats: Vec<u64>) -> Result<u64, Failure> {
    let seat = seats.first().ok_or_else(|| Failure::permanent("no seat left"))?;
    Ok(*seat)
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), vec![7]));
    assert_eq!(seen, Ok(7));
}
