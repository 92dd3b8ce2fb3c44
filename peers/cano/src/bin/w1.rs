//! Workload W1 on cano: each of the five states is a task that can be compensated, and `RedbCheckpointStore` records
//! them. A run is an object, built for each saga with the saga's id.

use std::sync::Arc;

use cano::RedbCheckpointStore;
use cano::prelude::*;
use harness::Error;
use harness::w1::{self, Name, Subject};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    One,
    Two,
    Three,
    Four,
    Five,
    Done,
}

/// The step of a state, and the state after it.
struct Give {
    next: State,
    name: &'static str,
}

#[saga::task(state = State)]
impl Give {
    type Output = String;

    fn name(&self) -> std::borrow::Cow<'static, str> {
        self.name.into()
    }

    async fn run(&self, _: &Resources) -> Result<(TaskResult<State>, String), CanoError> {
        Ok((TaskResult::Single(self.next), w1::give()))
    }

    async fn compensate(&self, _: &Resources, _given: String) -> Result<(), CanoError> {
        Ok(())
    }
}

struct Cano {
    store: Arc<RedbCheckpointStore>,
}

impl Subject for Cano {
    async fn saga(&self, id: String) -> Result<(), Error> {
        let five = Workflow::bare()
            .register_with_compensation(State::One, Give { next: State::Two, name: "one" })
            .register_with_compensation(State::Two, Give { next: State::Three, name: "two" })
            .register_with_compensation(State::Three, Give { next: State::Four, name: "three" })
            .register_with_compensation(State::Four, Give { next: State::Five, name: "four" })
            .register_with_compensation(State::Five, Give { next: State::Done, name: "five" })
            .add_exit_state(State::Done)
            .with_checkpoint_store(self.store.clone())
            .with_workflow_id(id);
        five.orchestrate(State::One, CancellationToken::disabled()).await?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = Name {
        peer: format!("cano {}", harness::lock::version(include_str!("../../Cargo.lock"), "cano")),
        durability: "redb, durable at each commit".into(),
    };
    w1::measure(async |folder, _| {
        let store = Arc::new(RedbCheckpointStore::new(folder.join("cano.redb"))?);
        Ok((Cano { store }, name.clone()))
    })
    .await
}
