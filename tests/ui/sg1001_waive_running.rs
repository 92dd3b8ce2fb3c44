//! SG1001: A compensation that is not owed yet is not waived.
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
    if let Some(running) = handle.running().await? {
        running.waive(SitePath::from("hold"), by).await?;
    }
    Ok(())
}

fn main() {}
