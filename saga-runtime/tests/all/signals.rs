//! A signal that the body cannot use is refused, and the saga keeps waiting, even if the body may not continue when the
//! signal is taken: the payload is checked before the signal is durable (row 58 of `docs/scenarios.md`).
//!
//! Seen to fail with these bugs put in: the body does not look in a shutdown; it does not look under a stop; it looks
//! once, though the wait then takes the next signal; it looks repeatedly in a rollback.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::machine::Delivery;
use saga_core::store::Store as _;
use saga_core::{Payload, Record};

saga!(hears, |cx, input| [a, s] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    Ok(s.at(&cx, 1, &[], signal::<String>("go")).await)
});

saga!(pays, |cx, input| [both] {
    let both = both.at(&cx, 1, &[], all((post("card"), signal::<String>("go").within("20s")))).await;
    Ok(format!("{both:?}"))
});

fn refused(record: &Record) -> bool {
    matches!(record, Record::SignalRefused { .. })
}

/// A worker claims the saga for signals, and shuts down before it has read the journal.
#[tokio::test(start_paused = true)]
async fn s58_a_signal_of_another_type_that_is_taken_in_a_shutdown_is_refused() {
    let (world, valve) = (World::new(), Valve::new(Arc::new(MemoryStore::new())));
    let start = async || {
        let builder = Runtime::builder(valve.clone()).resource(world.clone());
        builder.saga::<hears>().start().await.unwrap()
    };
    let runtime = start().await;
    let handle = runtime.run("a", hears::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    valve.loads(Flow::Frozen);
    let claimed = valve.claimed();
    for (id, number) in [("1", 7), ("2", 8)] {
        let payload = Payload::encode(&number).unwrap();
        let signal = Delivery::Signal { id: id.to_owned(), name: "go".into(), payload };
        valve.deliver(handle.id(), signal, runtime.now()).await.unwrap();
    }
    let is_claimed = async {
        while valve.claimed() == claimed {
            tokio::time::sleep(SECOND / 1000).await;
        }
    };
    is_claimed.in_time().await;
    let stopped = tokio::spawn(async move { runtime.shutdown().await });
    tokio::time::sleep(SECOND).await;
    valve.loads(Flow::Open);
    stopped.in_time().await.unwrap();
    let next = start().await;
    let handle = next.run("a", hears::call()).await.unwrap();
    assert_eq!(count(handle.any(), refused).await, 2, "{:?}", handle.journal().await);
    assert_eq!(handle.phase().await.unwrap(), Phase::Waiting);
    // The id of a refused signal is free.
    handle.signal("go", "1", &"now").in_time().await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "now");
    world.agrees(handle.any()).await;
}

/// The limit passes under a stop that has no effect: the signal was in time, and ends the wait.
#[tokio::test(start_paused = true)]
async fn s58_a_signal_of_another_type_that_is_taken_under_a_stop_is_refused() {
    let world = World::new();
    world.always("post card", Fault::Hang);
    let test = started(&world, |b| b.saga::<pays>()).await;
    let handle = test.run("a", pays::call()).await.unwrap();
    world.called("post card", 1).in_time().await;
    handle.cancel(ann()).await.unwrap();
    handle.signal("go", "1", &7).in_time().await.unwrap();
    tokio::time::sleep(25 * SECOND).await;
    // Any delivery tells the machine the time.
    handle.cancel(By::new("bob", "at last")).await.unwrap();
    world.open("post card");
    let outcome = handle.outcome().in_time().await.unwrap();
    assert!(outcome.to_string().contains("completed"), "{outcome}");
    assert!(outcome.completed().unwrap().contains("Expired"), "the wait ends by its limit");
    assert_eq!(count(handle.any(), refused).await, 1);
    world.agrees(handle.any()).await;
}

/// The body never looks at it.
#[tokio::test(start_paused = true)]
async fn a_signal_of_another_type_with_a_cancel_behind_it_holds_up_nothing() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<hears>()).await;
    let handle = test.run("a", hears::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    let now = test.now();
    test.die().await;
    let signal =
        Delivery::Signal { id: "1".to_owned(), name: "go".into(), payload: Payload::encode(&7).unwrap() };
    for said in [signal, Delivery::Cancel { by: ann() }] {
        test.store().deliver(&SagaId::new("a").unwrap(), said, now).await.unwrap();
    }
    test.restart().await.unwrap();
    let handle = test.run("a", hears::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    world.agrees(handle.any()).await;
}
