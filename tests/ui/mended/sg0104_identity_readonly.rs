use saga::prelude::*;

#[step(readonly)]
async fn free_seats(order: u64) -> Result<u64, Failure> {
    Ok(order)
}

fn main() {}
