//! A step panics: the hotel is booked, and then its answer cannot be parsed.

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
        TaskConfig::minimal()
    }

    async fn run(&self, _: &Resources) -> Result<(TaskResult<State>, ()), CanoError> {
        self.0.world.book("hotel");
        panic!("what is this answer?");
    }

    async fn compensate(&self, _: &Resources, _: ()) -> Result<(), CanoError> {
        self.0.world.cancel("hotel");
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "a step panics");
    harness::life::main("cano", &[story], async |life| {
        let trip = Workflow::bare()
            .register_with_compensation(State::Flight, Flight(life.clone()))
            .register_with_compensation(State::Hotel, Hotel(life.clone()))
            .add_exit_state(State::Booked);
        life.says("cano", run(&life, trip, CancellationToken::disabled()).await?);
        Ok(())
    })
}
