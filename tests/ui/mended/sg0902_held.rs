use saga::prelude::*;

use std::sync::Arc;

async fn ask() -> Result<u64, Failure> {
    Ok(2)
}

#[step(readonly)]
async fn count() -> Result<u64, Failure> {
    let base = Arc::new(5);
    let more = ask().await?;
    Ok(*base + more)
}

fn main() {
    let count = saga::test::in_virtual_time(count::run(&Resources::default()));
    assert_eq!(count, Ok(7));
}
