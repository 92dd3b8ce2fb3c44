//! SG1001: Only a dead letter is redriven, resolved, waived, rolled back or abandoned.
//!
//! These acts are for a saga that can go neither forward nor back without a person. `outcome()` and `dead_letter()`
//! give the dead letter itself, and the acts that mend it are its methods. A saga that was seen to have completed, or
//! to be running, has none of them. Where the state is not known the acts are on the handle. There they are refused
//! with an `ActError` that names the saga's phase.
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
    if let Some(done) = handle.completed().await? {
        done.redrive(by).await?;
    }
    Ok(())
}

fn main() {}
