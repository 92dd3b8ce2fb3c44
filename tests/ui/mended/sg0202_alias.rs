use saga::prelude::*;

type SeenResult = Result<u64, Failure>;

#[step(readonly)]
async fn look(at: u64) -> SeenResult {
    Ok(at)
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), 7));
    assert_eq!(seen, Ok(7));
}
