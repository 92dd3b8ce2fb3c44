//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted.

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
        self.0.die_if_first();
        self.0.world.cancel("flight");
        Ok(())
    }
}

struct Hotel(Life);

#[saga::task(state = State)]
impl Hotel {
    type Output = ();

    async fn run(&self, _: &Resources) -> Result<(TaskResult<State>, ()), CanoError> {
        self.0.world.book("hotel");
        Ok((TaskResult::Single(State::Payment), ()))
    }

    async fn compensate(&self, _: &Resources, _: ()) -> Result<(), CanoError> {
        self.0.world.cancel("hotel");
        Ok(())
    }
}

struct Payment(Life);

#[task(state = State)]
impl Payment {
    fn config(&self) -> TaskConfig {
        TaskConfig::minimal()
    }

    async fn run_bare(&self) -> Result<TaskResult<State>, CanoError> {
        if self.0.number == 1 {
            self.0.world.refuse("payment");
            return Err(CanoError::task_execution("the card is declined"));
        }
        self.0.world.book("payment");
        Ok(TaskResult::Single(State::Booked))
    }
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "a crash in the middle of a rollback");
    harness::life::main("cano", &[story], async |life| {
        let trip = Workflow::bare()
            .register_with_compensation(State::Flight, Flight(life.clone()))
            .register_with_compensation(State::Hotel, Hotel(life.clone()))
            .register(State::Payment, Payment(life.clone()))
            .add_exit_state(State::Booked);
        life.says("cano", run(&life, trip, CancellationToken::disabled()).await?);
        Ok(())
    })
}
