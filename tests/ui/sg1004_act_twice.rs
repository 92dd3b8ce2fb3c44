//! SG1004: An act consumes what was seen of the saga: look again before the next.
//!
//! After an act the saga is in another state: a dead letter that was redriven runs, a completed saga that was undone is
//! rolling back. So the act takes what was seen, and the next act begins with another look.
use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(seat: u32) -> Result<u32, Failure> {
    Ok(seat)
}

#[step(retriable, idempotent)]
async fn release(seat: u32) -> Result<(), Failure> {
    let _ = seat;
    Ok(())
}

#[saga]
async fn evening(seat: u32) -> Result<u32, Failure> {
    let seat = hold(seat).await?;
    approve("Shall we go?").within("2h").await?;
    Ok(seat)
}

async fn mend(handle: &Handle<evening>, by: By) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(letter) = handle.dead_letter().await? {
        letter.redrive(by.clone()).await?;
        letter.abandon(by).await?;
    }
    Ok(())
}

fn main() {}
