use saga::prelude::*;

struct Airline;

#[step(compensate = release(seat), identity(seat))]
async fn hold(airline: &Airline, key: &IdempotencyKey, seat: String) -> Result<usize, Failure> {
    let _ = (airline, key);
    Ok(seat.len())
}

#[step(retriable, idempotent)]
async fn release(seat: String) -> Result<(), Failure> {
    let _ = seat;
    Ok(())
}

fn main() {}
