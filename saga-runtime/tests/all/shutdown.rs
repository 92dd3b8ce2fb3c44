//! A shutdown leaves nothing behind that is held: what ends in time is recorded, and all else is released and counts no
//! death.
//!
//! Mutant seen to fail here: a claim in flight that the shutdown does not wait for.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::machine::Delivery;
use saga_core::store::{Query, Store, Summary};

saga!(waits, |cx, input| [a, s, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    let word = s.at(&cx, 1, &[], signal::<String>("go")).await;
    b.at(&cx, 1, &[], set("coffee")).await?;
    Ok(word)
});

saga!(trip, |cx, input| [a, b] {
    a.at(&cx, 1, &[], book("flight")).await?;
    b.at(&cx, 1, &[], set("hotel")).await?;
    Ok("booked".to_owned())
});

async fn runs(store: &Arc<Valve>, world: &World) -> Runtime {
    Runtime::builder(store.clone()).resource(world.clone()).saga::<waits>().start().await.unwrap()
}

async fn listed(store: &dyn Store) -> Vec<Summary> {
    store.query(&Query::default()).await.unwrap().sagas
}

async fn is_released(store: &dyn Store) {
    let page = listed(store).await;
    assert!(page.iter().all(|s| !s.held && s.status.deaths == 0), "{page:?}");
}

/// A saga that waits and is released, and a signal for it that its worker is about to claim it for.
async fn called_for(valve: &Arc<Valve>, world: &World, flow: Flow) -> (Runtime, Handle<waits>) {
    let runtime = runs(valve, world).await;
    let handle = runtime.run("a", waits::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    // It is released after it has lingered.
    tokio::time::sleep(5 * SECOND).await;
    assert_eq!(runtime.running(), 0);
    let payload = saga_core::Payload::given("now").unwrap();
    let go = Delivery::Signal { id: "1".to_owned(), name: "go".to_owned(), payload };
    valve.deliver(handle.id(), go, runtime.now()).await.unwrap();
    valve.other_writes(flow);
    (runtime, handle)
}

/// The store has claimed a saga for this worker, and its answer is on the way when the runtime shuts down.
#[tokio::test(start_paused = true)]
async fn a_claim_in_flight_is_released() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let valve = Valve::new(store.clone());
    let (runtime, handle) = called_for(&valve, &world, Flow::AnswerLate).await;
    tokio::time::sleep(SECOND).await;
    assert!(listed(&*store).await[0].held, "the worker does not know it yet");
    let down = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.shutdown().await }
    });
    tokio::time::sleep(SECOND).await;
    assert!(!down.is_finished(), "it waits for the answer");
    valve.other_writes(Flow::Open);
    down.in_time().await.unwrap();
    is_released(&*store).await;
    assert_eq!(world.calls("set coffee"), 0, "nothing begins");
    let runtime = runs(&valve, &world).await;
    let handle = runtime.run(handle.id().as_str(), waits::call()).await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "now");
}

/// The answer to a claim was lost, and the runtime shuts down before the worker asks again what it holds.
#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_released() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let valve = Valve::new(store.clone());
    let (runtime, handle) = called_for(&valve, &world, Flow::AnswerLost).await;
    while !listed(&*store).await[0].held {
        tokio::time::sleep(SECOND / 1000).await;
    }
    valve.other_writes(Flow::Open);
    runtime.shutdown().in_time().await;
    is_released(&*store).await;
    drop(handle);
}

/// A store that has failed for good does not keep a shutdown.
#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_without_the_store() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let valve = Valve::new(store.clone());
    let (runtime, _handle) = called_for(&valve, &world, Flow::AnswerLost).await;
    tokio::time::sleep(SECOND / 100).await;
    valve.all(Flow::Unavailable);
    runtime.shutdown().in_time().await;
}

/// A store that never answers does not keep a shutdown that has a limit, whichever call it is that hangs.
#[tokio::test(start_paused = true)]
async fn a_shutdown_within_a_time_ends_although_the_store_never_answers() {
    for hangs in ["commits", "other writes", "all"] {
        let world = World::new();
        let valve = Valve::new(Arc::new(MemoryStore::new()));
        let runtime = runs(&valve, &world).await;
        world.always("hold seat", Fault::Hang);
        runtime.run("a", waits::call()).await.unwrap();
        world.called("hold seat", 1).in_time().await;
        match hangs {
            "commits" => valve.commits(Flow::Frozen),
            "other writes" => valve.other_writes(Flow::Frozen),
            _ => valve.all(Flow::Frozen),
        }
        let began = tokio::time::Instant::now();
        let left = tokio::time::timeout(HOUR, runtime.shutdown_within(5 * SECOND)).await;
        assert_eq!(left.ok(), Some(1), "{hangs}: the saga is counted");
        assert!(began.elapsed() <= 5 * SECOND + Runtime::SHUTDOWN_GRACE, "{hangs}: {:?}", began.elapsed());
    }
}

/// Kills the process twice while `label` is being called.
async fn die_twice(test: &mut TestRuntime, world: &World, label: &str) {
    for calls in 1..=2 {
        world.called(label, calls).in_time().await;
        test.crash().await.unwrap();
    }
    world.called(label, 3).in_time().await;
}

/// A probe and a compensation that hang are dropped when the time is up; the next worker asks and undoes again. What had
/// died before is released with the deaths that it had.
#[tokio::test(start_paused = true)]
async fn a_shutdown_within_a_time_releases_probes_and_compensations() {
    // Two deaths of a saga that runs alone are charged as three.
    for (in_flight, deaths) in
        [("find flight", 0), ("release flight", 0), ("find flight", 3), ("release flight", 3)]
    {
        let world = World::new();
        world.script("book flight", [Fault::TimeoutLanded]).always("set hotel", Fault::Permanent);
        world.always(in_flight, Fault::Hang);
        let mut test = started(&world, |b| b.saga::<trip>()).await;
        test.run("a", trip::call()).await.unwrap();
        match deaths {
            0 => world.called(in_flight, 1).in_time().await,
            _ => die_twice(&mut test, &world, in_flight).await,
        }
        let began = test.now();
        assert_eq!(test.runtime().shutdown_within(5 * SECOND).await, 1, "{in_flight}, {deaths} deaths");
        assert_eq!(test.now().since(began), 5 * SECOND, "{in_flight}, {deaths} deaths");
        let page = listed(&*test.store()).await;
        assert!(page.iter().all(|s| !s.held && s.status.deaths == deaths), "{in_flight}: {page:?}");
        test.restart().await.unwrap();
        let page = listed(&*test.store()).await;
        assert!(page.iter().all(|s| s.status.deaths <= deaths), "a release is no death: {page:?}");
        world.open(in_flight);
        let handle = test.run("a", trip::call()).await.unwrap();
        let outcome = handle.outcome().in_time().await.unwrap();
        assert!(outcome.is_rolled_back(), "{in_flight}, {deaths} deaths: {outcome}");
        world.agrees(handle.any()).await;
    }
}
