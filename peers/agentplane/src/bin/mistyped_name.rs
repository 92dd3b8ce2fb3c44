//! A node of the plan names a skill that does not exist.

use std::time::Duration;

use agentplane::core::{ArgSource, PlanIR, PlanNode, StepId};
use harness::{Error, Story};
use peer_agentplane::{Doubt, How, Plane};

fn main() -> Result<(), Error> {
    harness::life::main("agentplane", &[Story::one("", "a name is mistyped")], async |life| {
        let plane = Plane::new(&life, [How::Books; 3], Doubt::Asked)?;
        let plan = PlanIR::new(vec![
            PlanNode::new(0, "flight").arg("input", ArgSource::run_input()),
            PlanNode::new(1, "hotell").arg("flight", ArgSource::node(StepId(0))).terminal(),
        ]);
        match plane.start(plan).await {
            Ok(run) => life.says("agentplane", plane.end(run, Duration::from_secs(10)).await?),
            Err(error) => life.says("agentplane", format!("refused at the start: {error}")),
        }
        Ok(())
    })
}
