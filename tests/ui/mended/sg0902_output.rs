use saga::prelude::*;

use std::sync::Arc;

#[step(readonly)]
async fn seats(of: u64) -> Result<Arc<u64>, Failure> {
    Ok(Arc::new(of))
}

fn main() {
    let seats = saga::test::in_virtual_time(seats::run(&Resources::default(), 2));
    assert_eq!(seats, Ok(Arc::new(2)));
}
