use saga::prelude::*;

#[step(readonly)]
async fn greet(who: String) -> Result<usize, Failure> {
    Ok(who.len())
}

fn main() {
    let letters = saga::test::in_virtual_time(greet::run(&Resources::default(), "Ann".to_owned()));
    assert_eq!(letters, Ok(3));
}
