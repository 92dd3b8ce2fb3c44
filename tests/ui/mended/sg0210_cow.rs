use saga::prelude::*;

use std::borrow::Cow;

#[step(readonly)]
async fn look(name: Cow<'static, str>) -> Result<u64, Failure> {
    Ok(name.len() as u64)
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), "Ada".into()));
    assert_eq!(seen, Ok(3));
}
