//! The row of `docs/scenarios.md` on a store that is full, read-only, locked or lost, at every durable write and in
//! every phase: no effect begins, none is forgotten, and the runtime continues when the store does.
//!
//! Seen to fail with these bugs put in: jobs begun before the commit; a failed batch answered as written; a failed
//! batch abandoned.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::{HOUR, InTime as _, SECOND};
use crate::support::kit::*;
use saga_core::Rollback;

/// The failures of a store. A locked store and a lost one look the same: it cannot be reached.
const FLOWS: [Flow; 4] = [Flow::Full, Flow::ReadOnly, Flow::Unavailable, Flow::AnswerLost];
/// Longer than any lease.
const OUTAGE: Duration = Duration::from_secs(100);

saga!(trip, |cx, input| [a, b, s, c, d] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], all((hold("hotel"), set("seat")))).await.map_err(AllFailure::into_first::<Failure>)?;
    s.at(&cx, 1, &[], sleep("1h")).await;
    c.at(&cx, 1, &[], charge("card")).await?;
    d.at(&cx, 1, &[], mail("tickets")).await;
    Ok("booked".to_owned())
});

const LABELS: [&str; 8] = [
    "hold flight",
    "hold hotel",
    "set seat",
    "charge card",
    "mail tickets",
    "release flight",
    "release hotel",
    "unset seat",
];

/// Returns the world; if the card is declined, the trip rolls back.
fn world(declined: bool) -> World {
    let world = World::new();
    if declined {
        world.always("charge card", Fault::Permanent);
    }
    world
}

fn calls(world: &World) -> u32 {
    LABELS.iter().map(|label| world.calls(label)).sum()
}

async fn on(store: Arc<dyn saga_core::store::Store>, world: &World) -> Runtime {
    let clock = Arc::new(SystemClock::at(saga_runtime::test::BEGINNING));
    let builder = Runtime::builder(store).resource(world.clone()).clock(clock);
    builder.saga::<trip>().start().await.unwrap()
}

/// Starts a runtime with a store that can be shut off. Every call is checked against what is durable behind the valve.
async fn behind_a_valve(world: &World) -> (Arc<Valve>, Runtime) {
    let store = Arc::new(MemoryStore::new());
    world.watch(store.clone());
    let valve = Valve::new(store);
    let runtime = on(valve.clone(), world).await;
    (valve, runtime)
}

/// Checks that it completed, or rolled back completely, and that the world agrees.
async fn ends(handle: &Handle<trip>, world: &World, declined: bool) {
    match handle.outcome().in_time().await.unwrap() {
        Outcome::Completed { .. } if !declined => {}
        Outcome::RolledBack { rollback: Rollback::Complete { .. }, .. } if declined => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(world.stands().len(), if declined { 0 } else { 5 });
    assert!(LABELS.iter().all(|label| world.landed(label) <= 1), "{:?}", world.told());
    world.agrees(handle.any()).await;
}

/// Starts the trip, again if the worker has lost its lease meanwhile.
async fn starts(runtime: Runtime) -> (Handle<trip>, Runtime) {
    loop {
        match runtime.run("a", trip::call()).await {
            Ok(handle) => return (handle, runtime),
            Err(RunError::Store(_)) => tokio::time::sleep(SECOND).await,
            Err(other) => panic!("{other}"),
        }
    }
}

/// Makes the store fail from the `commit`-th commit on, for a while. Returns true if there were so many commits.
async fn fails_at(commit: u64, flow: Flow, declined: bool) -> bool {
    let world = world(declined);
    let (valve, runtime) = behind_a_valve(&world).await;
    valve.shuts_at(commit, flow);
    let started = tokio::spawn(starts(runtime));
    tokio::select! {
        biased;
        () = valve.shut() => {}
        () = tokio::time::sleep(HOUR * 2) => {
            let (handle, _runtime) = started.await.unwrap();
            ends(&handle, &world, declined).await;
            return false;
        }
    }
    // Attempts that had begun may end.
    tokio::time::sleep(SECOND).await;
    let before = calls(&world);
    tokio::time::sleep(OUTAGE).await;
    assert_eq!(calls(&world), before, "an effect began at commit {commit}, {flow:?}");
    valve.all(Flow::Open);
    let (handle, _runtime) = started.await.unwrap();
    ends(&handle, &world, declined).await;
    true
}

#[tokio::test(start_paused = true)]
async fn crash_store_fails_at_every_commit() {
    for declined in [false, true] {
        for flow in FLOWS {
            let mut commit = 1;
            while fails_at(commit, flow, declined).await {
                commit += 1;
            }
            assert!(commit > 6, "only {commit} commits");
        }
    }
}

/// A compensation ends while the store fails: what it undid is undone, and the next one waits.
#[tokio::test(start_paused = true)]
async fn crash_store_fails_in_a_rollback() {
    for flow in FLOWS {
        for label in ["unset seat", "release hotel", "release flight"] {
            let world = world(true);
            world.script(label, [Fault::Hang]);
            let (valve, runtime) = behind_a_valve(&world).await;
            let handle = runtime.run("a", trip::call()).await.unwrap();
            world.called(label, 1).in_time().await;
            // Attempts that run at the same time end.
            tokio::time::sleep(SECOND).await;
            valve.all(flow);
            let before = calls(&world);
            world.open(label);
            tokio::time::sleep(OUTAGE).await;
            assert!(runtime.store_trouble().is_some(), "{flow:?}");
            assert_eq!(calls(&world), before, "{label} {flow:?}: another compensation began");
            valve.all(Flow::Open);
            ends(&handle, &world, true).await;
            assert_eq!(world.told().last().unwrap(), "release flight");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn crash_store_fails_while_a_saga_sleeps() {
    for flow in FLOWS {
        let world = world(false);
        let (valve, runtime) = behind_a_valve(&world).await;
        let handle = runtime.run("a", trip::call()).await.unwrap();
        tokio::time::sleep(HOUR - SECOND).await;
        assert_eq!(runtime.running(), 0, "nobody drives it");
        valve.all(flow);
        tokio::time::sleep(OUTAGE).await;
        assert_eq!(world.calls("charge card"), 0, "{flow:?}");
        valve.all(Flow::Open);
        ends(&handle, &world, false).await;
    }
}

/// A runtime is shut down while its store fails: the shutdown ends, and the next runtime finishes the work.
#[tokio::test(start_paused = true)]
async fn crash_store_fails_through_a_shutdown() {
    for flow in FLOWS {
        for label in ["hold hotel", "mail tickets"] {
            let world = world(false);
            world.script(label, [Fault::Hang]);
            let store: Arc<dyn saga_core::store::Store> = Arc::new(MemoryStore::new());
            world.watch(store.clone());
            let valve = Valve::new(store.clone());
            let runtime = on(valve.clone(), &world).await;
            runtime.run("a", trip::call()).await.unwrap();
            world.called(label, 1).in_time().await;
            valve.all(flow);
            world.open(label);
            let down = tokio::time::timeout(OUTAGE, runtime.shutdown()).await;
            assert!(down.is_ok(), "{label} {flow:?}: the shutdown waits for the store without end");
            drop(runtime);
            let runtime = on(store, &world).await;
            let handle = runtime.run("a", trip::call()).await.unwrap();
            ends(&handle, &world, false).await;
        }
    }
}
