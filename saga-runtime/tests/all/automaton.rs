//! The body of a saga is checked against its automaton at every move. A move that the automaton does not have
//! dead-letters the saga before anything is done there.
//!
//! Mutant seen to fail here: `SagaContext::move_to` without its check.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support::kit::*;
use saga_core::graph::{AwaitPoint, Graph, To, What};
use saga_runtime::definition_of;

const fn place(name: &'static str, what: What, done: &'static [To]) -> AwaitPoint {
    AwaitPoint { name, occurrence: 1, loops: 0, what, done, failed: &[To::RollingBack] }
}

/// Flight, hotel, and then the end.
const GRAPH: &Graph = &Graph {
    saga: "trip",
    version: 1,
    start: &[To::AwaitPoint(0)],
    await_points: &[
        place("flight", What::Step(definition_of::<hold>()), &[To::AwaitPoint(1)]),
        place("hotel", What::Step(definition_of::<book>()), &[To::Completed]),
    ],
};

/// A hand-written saga, with code that leaves the flight out when its input is `wrong`.
#[allow(non_camel_case_types)]
pub enum trip {}

impl Saga for trip {
    const NAME: &'static str = "trip";
    const GRAPH: Option<&'static Graph> = Some(GRAPH);
    type Input = String;
    type Output = String;
    type Error = Failure;
    type State = StateView;
    async fn body(cx: SagaContext) -> Exit<String, Failure> {
        let (flight, hotel) = (Witness::of(0), Witness::of(1));
        if cx.registers(&[&flight, &hotel]) {
            return cx.registered().await;
        }
        let input: String = cx.input().await;
        if input != "wrong" && flight.at(&cx, 1, &[], hold("flight")).await.is_err() {
            return Exit::Failed(Failure::permanent("no flight"));
        }
        let booked = hotel.at(&cx, 1, &[], book("hotel")).await;
        Exit::of(booked.map_err(Failure::from))
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_that_the_automaton_does_not_have_dead_letters_the_saga() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<trip>()).await;
    let right = test.run("right", SagaCall::<trip>::new("right".to_owned())).await.unwrap();
    assert!(right.outcome().await.unwrap().is_completed());
    let before = world.told().len();

    let wrong = test.run("wrong", SagaCall::<trip>::new("wrong".to_owned())).await.unwrap();
    let Outcome::DeadLettered(letter) = wrong.outcome().await.unwrap() else { panic!() };
    let shown = format!("{letter:?}");
    assert!(shown.contains("Diverged") && shown.contains("the code of trip goes to its place 1"), "{shown}");
    assert_eq!(world.told().len(), before, "nothing is done at a place that nobody has judged");
}
