use saga::prelude::*;

#[step(readonly)]
async fn look(name: Option<String>) -> Result<u64, Failure> {
    Ok(name.map_or(0, |name| name.len() as u64))
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), Some("Ada".into())));
    assert_eq!(seen, Ok(3));
}
