//! A user cancels while the hotel's call is in flight: it is booked a moment later.

use std::time::Duration;

use harness::{Error, Story};
use peer_agentplane::{Doubt, How, Plane, ann, plan};

fn main() -> Result<(), Error> {
    let story = Story::one("", "cancelled in the middle of a step, and again");
    harness::life::main("agentplane", &[story], async |life| {
        let plane = Plane::new(&life, [How::Books, How::BooksLate, How::Books], Doubt::Asked)?;
        let run = plane.start(plan()).await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let first = plane.runtime.request_cancel(run, &ann(), "she stays at home").await?;
        let second = plane.runtime.request_cancel(run, &ann(), "as before").await?;
        println!("    cancel is recorded: {first}, and again: {second}");
        life.says("agentplane", plane.end(run, Duration::from_secs(20)).await?);
        Ok(())
    })
}
