use saga::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Seen(u64);

#[step(readonly)]
async fn look(at: u64) -> Result<Seen, Failure> {
    Ok(Seen(at))
}

fn main() {
    let seen = saga::test::in_virtual_time(look::run(&Resources::default(), 7));
    assert_eq!(seen, Ok(Seen(7)));
}
