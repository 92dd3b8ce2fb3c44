//! A saga that has ended is untouched by any recovery (row 62 of `docs/scenarios.md`). No record is added to its
//! journal but the refusal of an operator's act, none of its steps is called, and its outcome stays the same, whatever
//! happens to the workers and sagas beside it.
//!
//! Mutants seen to fail here: a claim that outlives the end of its saga; a recovery that undoes what has completed (alone,
//! and together with the first); a purge that does not look at when a saga ended.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::machine::Delivery;
use saga_core::store::{Purge, Store, Summary};
use saga_core::{Entry, Payload, Record};

saga!(pays, deadline HOUR, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("paid".to_owned())
});

saga!(books, deadline HOUR, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    b.at(&cx, 1, &[], set("room")).await?;
    Ok("booked".to_owned())
});

saga!(fails, deadline HOUR, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("car")).await?;
    b.at(&cx, 1, &[], charge("loan")).await?;
    Ok("lent".to_owned())
});

saga!(doubts, deadline HOUR, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("boat")).await?;
    b.at(&cx, 1, &[], stamp("visa")).await?;
    Ok("stamped".to_owned())
});

// The saga beside the ended ones, for which there is something to recover.
saga!(hangs, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], set("bus")).await?)
});

/// A later build: sagas of the same names, with other sites and other steps.
mod later {
    use super::*;

    saga!(pays, |cx, input| [a] {
        Ok(a.at(&cx, 1, &[], post("invoice")).await?)
    });
    saga!(books, |cx, input| [a] {
        Ok(a.at(&cx, 1, &[], set("tent")).await?)
    });
    saga!(fails, |cx, input| [a] {
        Ok(a.at(&cx, 1, &[], set("tent")).await?)
    });
    saga!(doubts, |cx, input| [a] {
        Ok(a.at(&cx, 1, &[], set("tent")).await?)
    });
}

/// The ids of the ended sagas, with their phases.
const ENDED: [(&str, Phase); 4] = [
    ("paid", Phase::Completed),
    ("booked", Phase::Completed),
    ("failed", Phase::RolledBack),
    ("doubtful", Phase::Abandoned),
];
/// The steps and probes that a recovery of them could call.
const CALLS: [&str; 18] = [
    "hold flight",
    "release flight",
    "charge card",
    "find card",
    "hold seat",
    "release seat",
    "set room",
    "unset room",
    "hold car",
    "release car",
    "charge loan",
    "find loan",
    "hold boat",
    "release boat",
    "stamp visa",
    "release visa",
    "post invoice",
    "set tent",
];

/// What can be seen of the ended sagas: journal, listed status and outcome of each, and the calls of all.
struct Seen {
    sagas: Vec<(Vec<Entry>, Summary, String)>,
    calls: Vec<(&'static str, u32)>,
}

impl Seen {
    async fn now(runtime: &Runtime, store: &Arc<dyn Store>, world: &World) -> Self {
        let mut sagas = Vec::new();
        for (id, phase) in ENDED {
            let id = SagaId::new(id).unwrap();
            let handle = runtime.find(&id).await.unwrap().unwrap();
            assert_eq!(handle.phase().await.unwrap(), phase, "{id}");
            let outcome = format!("{:?}", handle.outcome().in_time().await.unwrap());
            sagas.push((
                handle.journal().await.unwrap(),
                store.summary(&id).await.unwrap().unwrap(),
                outcome,
            ));
        }
        let calls = CALLS.iter().map(|label| (*label, world.calls(label))).collect();
        Self { sagas, calls }
    }

    /// Checks that nothing differs from what was seen `before`.
    fn is_as(&self, before: &Self) {
        assert_eq!(self.calls, before.calls);
        for (now, before) in self.sagas.iter().zip(&before.sagas) {
            assert_eq!(now, before);
        }
    }
}

fn build(builder: Builder) -> Builder {
    builder.saga::<pays>().saga::<books>().saga::<fails>().saga::<doubts>().saga::<hangs>()
}

/// Starts a runtime in which four sagas end, one in each way. Later calls of `set bus` hang.
async fn ended(world: &World) -> (TestRuntime, Seen) {
    world.script("charge loan", [Fault::Permanent]);
    world.script("stamp visa", [Fault::TimeoutLanded]);
    let test = started(world, build).await;
    test.run("paid", pays::call()).await.unwrap().outcome().in_time().await.unwrap();
    test.run("booked", books::call()).await.unwrap().outcome().in_time().await.unwrap();
    test.run("failed", fails::call()).await.unwrap().outcome().in_time().await.unwrap();
    let doubtful = test.run("doubtful", doubts::call()).await.unwrap();
    dead_lettered(&doubtful).await;
    doubtful.abandon(ann()).await.unwrap();
    world.always("set bus", Fault::Hang);
    let seen = Seen::now(test.runtime(), &test.store(), world).await;
    assert_eq!(seen.calls[0..2], [("hold flight", 1), ("release flight", 0)]);
    assert_eq!(seen.calls[9], ("release car", 1));
    (test, seen)
}

/// Starts a saga that hangs, and waits until it does.
async fn hang(runtime: &Runtime, world: &World, id: &str) {
    let calls = world.calls("set bus");
    runtime.run(id, hangs::call()).await.unwrap();
    world.called("set bus", calls + 1).in_time().await;
}

#[tokio::test(start_paused = true)]
async fn s62_after_any_number_of_deaths() {
    let world = World::new();
    let (mut test, seen) = ended(&world).await;
    for n in 0..20 {
        hang(test.runtime(), &world, &format!("bus {n}")).await;
        test.crash().await.unwrap();
        // Deadlines and quarantines come due.
        test.pass(Duration::from_secs(10 * 60)).await;
        Seen::now(test.runtime(), &test.store(), &world).await.is_as(&seen);
    }
}

#[tokio::test(start_paused = true)]
async fn s62_when_another_worker_recovers_what_is_left() {
    let world = World::new();
    let (mut test, seen) = ended(&world).await;
    hang(test.runtime(), &world, "bus").await;
    let calls = world.calls("set bus");
    let builder = Runtime::builder(test.store()).resource(world.clone()).worker_name("second");
    let second = build(builder.clock(Arc::new(SystemClock::at(test.now())))).start().await.unwrap();
    test.die().await;
    world.called("set bus", calls + 1).in_time().await;
    test.pass(HOUR).await;
    Seen::now(&second, &test.store(), &world).await.is_as(&seen);
}

/// The code has changed since. A closed journal need not fit it.
#[tokio::test(start_paused = true)]
async fn s62_by_a_later_build() {
    let world = World::new();
    let (mut test, seen) = ended(&world).await;
    hang(test.runtime(), &world, "bus").await;
    test.die().await;
    let builder = Runtime::builder(test.store()).resource(world.clone());
    let builder = builder.clock(Arc::new(SystemClock::at(saga_runtime::test::BEGINNING)));
    let builder = builder.saga::<later::pays>().saga::<later::books>().saga::<later::fails>();
    let runtime = builder.saga::<later::doubts>().saga::<hangs>().start().await.unwrap();
    test.pass(24 * HOUR).await;
    Seen::now(&runtime, &test.store(), &world).await.is_as(&seen);
}

/// Every delivery but a request to undo, while a worker is up and while none is: each act is recorded as refused, and
/// nothing else changes.
#[tokio::test(start_paused = true)]
async fn s62_by_late_deliveries() {
    let world = World::new();
    let (mut test, seen) = ended(&world).await;
    let deliveries = || {
        let payload = Payload::encode(&"late").unwrap();
        [
            Delivery::Cancel { by: ann() },
            Delivery::Signal { id: "1".to_owned(), name: "go".to_owned(), payload },
            Delivery::Answer { site: None, approved: true, by: ann() },
            Delivery::Redrive { site: None, input: None, by: ann() },
            Delivery::Waive { site: site("seat"), by: ann() },
            Delivery::RollBack { by: ann() },
            Delivery::Abandon { by: ann() },
            Delivery::RetryNow { by: ann() },
        ]
    };
    for is_down in [false, true] {
        if is_down {
            test.die().await;
        }
        for (id, _) in ENDED {
            for delivery in deliveries() {
                let at = saga_runtime::test::BEGINNING;
                test.store().deliver(&SagaId::new(id).unwrap(), delivery, at).await.unwrap();
            }
        }
        if is_down {
            test.restart().await.unwrap();
        }
        test.pass(HOUR).await;
        let now = Seen::now(test.runtime(), &test.store(), &world).await;
        assert_eq!(now.calls, seen.calls);
        for ((mut journal, _, outcome), (before, _, was)) in now.sagas.into_iter().zip(&seen.sagas) {
            let acts = journal.split_off(before.len());
            assert!(acts.iter().all(|entry| matches!(entry.record, Record::NoEffect { .. })), "{acts:?}");
            assert_eq!((&journal, &outcome), (before, was));
        }
    }
}

/// The same call under the same id, and a purge of sagas that ended before.
#[tokio::test(start_paused = true)]
async fn s62_by_a_repeated_start_and_a_purge_of_older_ones() {
    let world = World::new();
    let (mut test, seen) = ended(&world).await;
    for _ in 0..3 {
        assert!(
            test.run("paid", pays::call()).await.unwrap().outcome().in_time().await.unwrap().is_completed()
        );
        assert!(
            test.run("booked", books::call())
                .await
                .unwrap()
                .outcome()
                .in_time()
                .await
                .unwrap()
                .is_completed()
        );
        assert!(
            test.run("failed", fails::call())
                .await
                .unwrap()
                .outcome()
                .in_time()
                .await
                .unwrap()
                .is_rolled_back()
        );
        test.run("doubtful", doubts::call()).await.unwrap();
        assert_eq!(test.runtime().purge(saga_runtime::test::BEGINNING).await.unwrap(), 0);
        assert_eq!(
            test.runtime()
                .purge(Purge { ended_before: saga_runtime::test::BEGINNING, undoable_too: true })
                .await
                .unwrap(),
            0
        );
        test.crash().await.unwrap();
        test.pass(HOUR).await;
        Seen::now(test.runtime(), &test.store(), &world).await.is_as(&seen);
    }
}
