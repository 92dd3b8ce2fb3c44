use saga::prelude::*;

use std::sync::Arc;

#[step(readonly)]
async fn count(seats: Arc<Vec<u64>>) -> Result<usize, Failure> {
    Ok(seats.len())
}

fn main() {
    let seats = saga::test::in_virtual_time(count::run(&Resources::default(), Arc::new(vec![1, 2])));
    assert_eq!(seats, Ok(2));
}
