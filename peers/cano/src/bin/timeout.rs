//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost.

use std::time::Duration;

use cano::prelude::*;
use harness::{Error, Life, Story};
use peer_cano::{State, run};

struct Flight(Life);

#[saga::task(state = State)]
impl Flight {
    type Output = ();

    async fn run(&self, _: &Resources) -> Result<(TaskResult<State>, ()), CanoError> {
        self.0.world.book("flight");
        Ok((TaskResult::Single(State::Hotel), ()))
    }

    async fn compensate(&self, _: &Resources, _: ()) -> Result<(), CanoError> {
        self.0.world.cancel("flight");
        Ok(())
    }
}

struct Hotel(Life);

#[saga::task(state = State)]
impl Hotel {
    type Output = ();

    fn config(&self) -> TaskConfig {
        TaskConfig::minimal().with_attempt_timeout(Duration::from_millis(300))
    }

    async fn run(&self, _: &Resources) -> Result<(TaskResult<State>, ()), CanoError> {
        if self.0.case == "landed" {
            self.0.world.book("hotel");
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok((TaskResult::Single(State::Booked), ()))
    }

    async fn compensate(&self, _: &Resources, _: ()) -> Result<(), CanoError> {
        self.0.world.cancel("hotel");
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    harness::life::main("cano", &[landed, lost], async |life| {
        let trip = Workflow::bare()
            .register_with_compensation(State::Flight, Flight(life.clone()))
            .register_with_compensation(State::Hotel, Hotel(life.clone()))
            .add_exit_state(State::Booked);
        life.says("cano", run(&life, trip, CancellationToken::disabled()).await?);
        Ok(())
    })
}
