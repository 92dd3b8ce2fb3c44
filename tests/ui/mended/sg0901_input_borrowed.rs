use saga::prelude::*;

type Name = String;

#[step(readonly)]
async fn greet(name: Name) -> Result<usize, Failure> {
    Ok(name.len())
}

fn main() {
    let letters = saga::test::in_virtual_time(greet::run(&Resources::default(), "Ann".to_owned()));
    assert_eq!(letters, Ok(3));
}
