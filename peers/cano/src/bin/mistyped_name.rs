//! Mistyped names. States are variants of an enum and undos are methods, so a wrong one does not compile. Shared data
//! of tasks is looked up by text. A state without a registered task is the enum's form of the mistake.

use cano::prelude::*;
use harness::{Error, Life, Story};
use peer_cano::{State, run};

struct Flight(Life);

#[saga::task(state = State)]
impl Flight {
    type Output = ();

    async fn run(&self, _: &Resources) -> Result<(TaskResult<State>, ()), CanoError> {
        self.0.world.book("flight");
        let next = if self.0.case == "state" { State::Payment } else { State::Hotel };
        Ok((TaskResult::Single(next), ()))
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

    async fn run(&self, shared: &Resources) -> Result<(TaskResult<State>, ()), CanoError> {
        let _shared = shared.get::<MemoryStore, _>("stor")?;
        self.0.world.book("hotel");
        Ok((TaskResult::Single(State::Booked), ()))
    }

    async fn compensate(&self, _: &Resources, _: ()) -> Result<(), CanoError> {
        self.0.world.cancel("hotel");
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    let key = Story::one("key", "the key of what tasks share is mistyped");
    let state = Story::one("state", "a task goes on to a state that nothing is registered for");
    harness::life::main("cano", &[key, state], async |life| {
        let shared = Resources::new().insert("store", MemoryStore::new());
        let trip = Workflow::new(shared)
            .register_with_compensation(State::Flight, Flight(life.clone()))
            .register_with_compensation(State::Hotel, Hotel(life.clone()))
            .add_exit_state(State::Booked);
        life.says("cano", run(&life, trip, CancellationToken::disabled()).await?);
        Ok(())
    })
}
