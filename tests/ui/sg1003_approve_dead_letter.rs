//! SG1003: Only a running saga is cancelled, signalled or answered.
//!
//! A cancel stops what runs; a signal or an answer is for a body that waits. A saga that has completed does nothing
//! any more: it can be undone. A dead letter does nothing until a person has mended it.
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

async fn answer(handle: &Handle<evening>, by: By) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(letter) = handle.dead_letter().await? {
        letter.approve(by).await?;
    }
    Ok(())
}

fn main() {}
