use saga::prelude::*;

#[step(readonly)]
async fn greet(#[serde(default)] name: String) -> Result<usize, Failure> {
    Ok(name.len())
}

fn main() {
    let letters = saga::test::in_virtual_time(greet::run(&Resources::default(), "Ann".to_owned()));
    assert_eq!(letters, Ok(3));
}
