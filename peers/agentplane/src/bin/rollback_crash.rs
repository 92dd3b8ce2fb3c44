//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted. Then an operator, Ann, answers what is in doubt.

use std::time::Duration;

use agentplane::core::{Assertion, QuarantineDecision};
use harness::{Error, Story};
use peer_agentplane::{Doubt, How, Plane, ann};

fn main() -> Result<(), Error> {
    let repeated =
        Story::two("repeated", "a crash in the middle of a rollback; an undo may be repeated under its key");
    let asked = Story::two("asked", "the same; the companies can be asked");
    let person = Story::two("person", "the same; they cannot be asked");
    harness::life::main("agentplane", &[repeated, asked, person], async |life| {
        let doubt = match life.case.as_str() {
            "repeated" => Doubt::Repeated,
            "asked" => Doubt::Asked,
            _ => Doubt::Person,
        };
        let plane = Plane::new(&life, [How::DiesInUndo, How::Books, How::IsRefusedFirst], doubt)?;
        let (run, says) = plane.trip(&life, Duration::from_secs(20)).await?;
        life.says("agentplane", says);
        if life.number == 1 {
            return Ok(());
        }
        // Ann has asked the airline: the flight is not cancelled.
        for doubt in plane.runtime.undecided(run).await? {
            let note = "the airline still has the booking";
            plane.runtime.reconcile_effect(run, doubt.effect, Assertion::DidNotHappen, &ann(), note).await?;
        }
        let reopen = QuarantineDecision::Reopen;
        match plane.runtime.decide_quarantine(run, &ann(), "the doubt is answered", reopen).await {
            Ok(outcome) => life.says("agentplane", plane.report(run, outcome.status).await?),
            Err(refused) => println!("    Ann answers the doubt and lets it go on: {refused}"),
        }
        Ok(())
    })
}
