//! A step panics: the hotel is booked, and then its answer cannot be parsed. One hotel can be asked, the other cannot.

use std::time::Duration;

use harness::{Error, Story};
use peer_agentplane::{Doubt, How, Plane};

fn main() -> Result<(), Error> {
    let asked =
        Story::two("asked", "a step panics; 5 s later the process is started again; the hotel can be asked");
    let person = Story::two("person", "the same; the hotel cannot be asked");
    harness::life::main("agentplane", &[asked, person], async |life| {
        let doubt = if life.case == "asked" { Doubt::Asked } else { Doubt::Person };
        let plane = Plane::new(&life, [How::Books, How::Panics, How::Books], doubt)?;
        life.says("agentplane", plane.trip(&life, Duration::from_secs(5)).await?.1);
        Ok(())
    })
}
