use saga::prelude::*;

#[step(readonly)]
async fn look(at: u64) -> Result<String, Failure> {
    let _ = at;
    Ok("window".into())
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), 7));
    assert_eq!(seen, Ok("window".into()));
}
