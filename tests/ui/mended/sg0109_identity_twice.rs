use saga::prelude::*;

#[step(compensate = release(seat), identity(order, seat))]
async fn hold(key: &IdempotencyKey, order: u64, seat: String) -> Result<usize, Failure> {
    let _ = (key, order);
    Ok(seat.len())
}

#[step(retriable, idempotent)]
async fn release(seat: String) -> Result<(), Failure> {
    let _ = seat;
    Ok(())
}

fn main() {}
