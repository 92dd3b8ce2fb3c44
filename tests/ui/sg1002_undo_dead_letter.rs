//! SG1002: Only a completed saga is undone.
//!
//! An undo takes back what has completed. A saga that has not ended is stopped instead: a running saga is
//! cancelled, a dead letter is rolled back. Both then undo what they did.
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

async fn take_back(handle: &Handle<evening>, by: By) -> Result<(), Box<dyn std::error::Error>> {
    if let Outcome::DeadLettered(letter) = handle.outcome().await? {
        letter.undo(by).await?;
    }
    Ok(())
}

fn main() {}
