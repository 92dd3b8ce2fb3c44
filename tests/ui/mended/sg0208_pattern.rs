use saga::prelude::*;

#[step(readonly)]
async fn look(place: (u64, u64)) -> Result<u64, Failure> {
    let (row, seat) = place;
    Ok(row + seat)
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), (3, 4)));
    assert_eq!(seen, Ok(7));
}
