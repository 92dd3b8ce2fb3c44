use saga::prelude::*;

#[step(readonly)]
async fn look(seat: String) -> Result<u64, Failure> {
    let seat: u64 = seat.parse::<u64>().permanent()?;
    Ok(seat)
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), "7".into()));
    assert_eq!(seen, Ok(7));
}
