use saga::prelude::*;
use saga::tools::Toolbox;

/// Holds a seat.
#[step(tool, compensate = release_seat(seat), idempotent)]
async fn hold_seat(seat: u64) -> Result<u64, Failure> {
    Ok(seat)
}

/// Gives a seat back.
#[step(retriable, idempotent)]
async fn release_seat(seat: u64) -> Result<(), Failure> {
    println!("{seat} is free");
    Ok(())
}

fn main() {
    let toolbox = Toolbox::new().offer::<hold_seat>();
    assert_eq!(toolbox.find("hold_seat").unwrap().recovery.undone_by, Some("release_seat"));
}
