//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost. The hotel can be asked, but for the third case.

use std::time::Duration;

use harness::{Error, Story};
use peer_agentplane::{Doubt, How, Plane};

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    let person = Story::one("person", "a call that times out, has landed, and the hotel cannot be asked");
    harness::life::main("agentplane", &[landed, lost, person], async |life| {
        let how = if life.case == "lost" { How::IsLost } else { How::LandsLate };
        let doubt = if life.case == "person" { Doubt::Person } else { Doubt::Asked };
        let plane = Plane::new(&life, [How::Books, how, How::Books], doubt)?;
        life.says("agentplane", plane.trip(&life, Duration::from_secs(20)).await?.1);
        Ok(())
    })
}
