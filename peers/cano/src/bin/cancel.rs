//! A user cancels while the hotel's call is in flight: it is booked a moment later.

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

    async fn run(&self, _: &Resources) -> Result<(TaskResult<State>, ()), CanoError> {
        tokio::time::sleep(Duration::from_millis(600)).await;
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
    async fn run_bare(&self) -> Result<TaskResult<State>, CanoError> {
        self.0.world.book("payment");
        Ok(TaskResult::Single(State::Booked))
    }
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "cancelled in the middle of a step");
    harness::life::main("cano", &[story], async |life| {
        let trip = Workflow::bare()
            .register_with_compensation(State::Flight, Flight(life.clone()))
            .register_with_compensation(State::Hotel, Hotel(life.clone()))
            .register(State::Payment, Payment(life.clone()))
            .add_exit_state(State::Booked);
        let (handle, token) = CancellationToken::new();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            handle.cancel();
        });
        life.says("cano", run(&life, trip, token).await?);
        Ok(())
    })
}
