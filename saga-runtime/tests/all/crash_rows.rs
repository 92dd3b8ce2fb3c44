//! The rows of "Crash points" that are not crashes at a write of the saga: a worker that stalls, a cancel, an
//! operator's act, a store that fails, a clock that jumps, a probe that breaks its promise.
//!
//! Seen to fail with these bugs put in (or found): no fencing by epoch; a rerun under a new key; a cancel processed
//! after the recovery, or after an attempt's end, that it preceded; sagas of a claim without an answer not asked for; a
//! failed write treated as done; a backoff counted by a clock that was set back; deliveries that are never taken.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::kit::*;
use saga_core::Record;
use saga_core::machine::Delivery;
use saga_core::store::Store;

saga!(trip, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], hold("hotel")).await?;
    c.at(&cx, 1, &[], post("letter")).await?;
    Ok("booked".to_owned())
});

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

async fn on(store: Arc<dyn Store>, world: &World, clock: Arc<SetClock>) -> Runtime {
    Runtime::builder(store)
        .resource(world.clone())
        .saga::<trip>()
        .saga::<nap>()
        .saga::<both>()
        .clock(clock)
        .start()
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn crash_lease_expires_while_the_worker_stalls_and_wakes() {
    let (world, clock) = (World::new(), Arc::new(SetClock::new()));
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.watch(shared.clone());
    let valve = Valve::new(shared.clone());
    let first = on(valve.clone(), &world, clock.clone()).await;
    let second = on(shared.clone(), &world, clock.clone()).await;
    world.script("hold hotel", [Fault::Hang]);
    let handle = first.run("a", trip::call()).await.unwrap();
    world.called("hold hotel", 1).await;
    // The first worker stalls as if its process had been suspended; its call is in flight.
    valve.all(Flow::Frozen);
    let elsewhere = second.find(handle.id()).await.unwrap().unwrap();
    let mut watch = elsewhere.watch();
    while watch.next().await.unwrap().is_some() {}
    assert_eq!(world.told(), ["hold flight", "hold hotel", "post letter"]);
    let journal = elsewhere.journal().await.unwrap();
    // It wakes: its late effect has the second worker's key, and its append is too late.
    world.open("hold hotel");
    valve.all(Flow::Open);
    tokio::time::sleep(secs(90)).await;
    assert_eq!(elsewhere.journal().await.unwrap(), journal, "a fenced worker wrote");
    assert_eq!((world.calls("hold hotel"), world.keys("hold hotel"), world.landed("hold hotel")), (2, 1, 1));
    assert!(handle.outcome().await.unwrap().is_completed());
    world.agrees(handle.any()).await;
    // It is a worker again, under another number.
    assert!(first.run("b", trip::call()).await.unwrap().outcome().await.unwrap().is_completed());
}

#[tokio::test(start_paused = true)]
async fn crash_stalled_worker_begins_nothing_more() {
    let (world, clock) = (World::new(), Arc::new(SetClock::new()));
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.watch(shared.clone());
    let valve = Valve::new(shared.clone());
    let first = on(valve.clone(), &world, clock.clone()).await;
    let second = on(shared.clone(), &world, clock.clone()).await;
    // The first worker would retry it after a while, if it did not know of its lost lease.
    world.script("hold hotel", [Fault::Hang, Fault::Hang]);
    let handle = first.run("a", trip::call()).await.unwrap();
    world.called("hold hotel", 1).await;
    valve.writes(Flow::Frozen);
    world.called("hold hotel", 2).await;
    // Both workers are in the same step. The first one gets its answer, and tries to write it and to continue.
    let elsewhere = second.find(handle.id()).await.unwrap().unwrap();
    valve.writes(Flow::Open);
    world.open("hold hotel");
    let mut watch = elsewhere.watch();
    while watch.next().await.unwrap().is_some() {}
    tokio::time::sleep(secs(90)).await;
    assert_eq!((world.calls("post letter"), world.landed("hold hotel")), (1, 1));
    world.agrees(&elsewhere).await;
}

#[tokio::test(start_paused = true)]
async fn crash_fencing_is_by_epoch_not_by_what_has_been_written() {
    let (world, clock) = (World::new(), Arc::new(SetClock::new()));
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.watch(shared.clone());
    let (valve, other) = (Valve::new(shared.clone()), Valve::new(shared.clone()));
    let first = on(valve.clone(), &world, clock.clone()).await;
    world.script("hold hotel", [Fault::Hang]);
    let handle = first.run("a", trip::call()).await.unwrap();
    world.called("hold hotel", 1).await;
    valve.writes(Flow::Frozen);
    // The second worker has claimed the saga, and has written nothing yet: the first one's append would fit.
    other.commits(Flow::Frozen);
    let second = on(other.clone(), &world, clock.clone()).await;
    tokio::time::sleep(secs(50)).await;
    let journal = shared.load(handle.id(), 0, 100).await.unwrap();
    world.open("hold hotel");
    tokio::time::sleep(secs(1)).await;
    valve.writes(Flow::Open);
    tokio::time::sleep(secs(1)).await;
    assert_eq!(shared.load(handle.id(), 0, 100).await.unwrap(), journal, "a fenced worker wrote");
    assert_eq!(world.calls("post letter"), 0);
    other.commits(Flow::Open);
    assert!(handle.outcome().await.unwrap().is_completed());
    assert_eq!(world.told(), ["hold flight", "hold hotel", "post letter"]);
    world.agrees(handle.any()).await;
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn crash_cancel_arrives_during_an_effect() {
    for (label, phase) in [
        ("hold flight", Phase::RolledBack),
        ("hold hotel", Phase::RolledBack),
        ("post letter", Phase::Completed),
    ] {
        let world = World::new();
        world.script(label, [Fault::Hang]);
        let test = started(&world, |b| b.saga::<trip>()).await;
        let handle = test.run("a", trip::call()).await.unwrap();
        world.called(label, 1).await;
        let cancelled = handle.cancel(ann()).await.unwrap();
        assert_eq!(cancelled.receipt().in_flight.len(), 1, "{label}");
        // The effect settles first, within its timeout, and is then undone.
        test.pass(secs(30)).await;
        assert!(!world.told().iter().any(|l| l.starts_with("release")), "{:?}", world.told());
        world.open(label);
        let receipt = cancelled.settled().await.unwrap();
        assert_eq!(receipt.phase, phase, "{label}");
        assert_eq!(world.stands().is_empty(), phase == Phase::RolledBack);
        world.agrees(handle.any()).await;
        assert_eq!(world.landed(label), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn crash_cancel_is_durable_before_an_irreversible_step_is_run_again() {
    // The process dies with the step's intent durable; the cancel comes while no worker is up; then the process is
    // restarted.
    for landed in [false, true] {
        let world = World::new();
        world.script("post letter", [if landed { Fault::TimeoutLanded } else { Fault::TimeoutLost }]);
        let mut test = started(&world, |b| b.saga::<trip>()).await;
        let handle = test.run("a", trip::call()).await.unwrap();
        world.called("post letter", 1).await;
        test.die().await;
        let cancel = Delivery::Cancel { by: ann() };
        test.store().deliver(handle.id(), cancel, saga_runtime::test::BEGINNING).await.unwrap();
        test.restart().await.unwrap();
        let handle = test.run("a", trip::call()).await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(&outcome, Outcome::DeadLettered(l) if l.seen().blockers[0].reason == Reason::InDoubt),
            "{outcome:?}"
        );
        assert_eq!(world.calls("post letter"), 1, "it was run again after a cancel");
        world.agrees(handle.any()).await;
        world.mend(handle.any()).await;
        let ended = if landed { Phase::Completed } else { Phase::RolledBack };
        assert_eq!(handle.phase().await.unwrap(), ended);
        world.agrees(handle.any()).await;
    }
}

saga!(both, |cx, input| [a] {
    let two = (hold("flight"), post("letter"));
    a.at(&cx, 1, &[], all(two)).await.map_err(AllFailure::into_first::<Failure>)?;
    Ok("both".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_cancel_meets_the_doubt_of_an_irreversible_step() {
    // While a commit takes its time, an irreversible step's timeout passes, and a cancel comes: the driver sees both at
    // once. The cancel counts first: the step is not rerun.
    let (world, clock) = (World::new(), Arc::new(SetClock::new()));
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.watch(shared.clone());
    let valve = Valve::new(shared);
    let runtime = on(valve.clone(), &world, clock.clone()).await;
    world.script("post letter", [Fault::TimeoutLost]).script("hold flight", [Fault::Hang]);
    let handle = runtime.run("a", both::call()).await.unwrap();
    world.called("post letter", 1).await;
    valve.commits(Flow::Frozen);
    world.open("hold flight");
    let (cancelled, ()) = tokio::join!(handle.cancel(ann()), async {
        tokio::time::sleep(secs(70)).await;
        valve.commits(Flow::Open);
    });
    let receipt = cancelled.unwrap().settled().await.unwrap();
    assert_eq!((world.calls("post letter"), receipt.phase), (1, Phase::DeadLettered));
    world.agrees(handle.any()).await;
}

/// An operator's act, and the phase that it leads to.
type Act = (&'static str, fn(&Handle<trip>) -> Acting<'_>, Phase);
type Acting<'a> = std::pin::Pin<Box<dyn Future<Output = Result<(), ActError>> + 'a>>;

/// Dead-letters the saga, performs the act while the process dies, and checks how often it was recorded.
async fn acts_once(world: World, act: Act, side: Side) {
    let (name, act, phase) = act;
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    handle.outcome().await.unwrap();
    let before = handle.journal().await.unwrap().len();
    test.crash_at(test.writes() + 1, side);
    tokio::select! {
        biased;
        () = test.crashed() => {}
        done = act(&handle) => panic!("{name}: the process has died, and it is {done:?}"),
    }
    drop(handle);
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    // The answer was lost, but not the act, which was already in the store.
    test.pass(secs(30)).await;
    let journal = handle.journal().await.unwrap();
    let acts = journal[before..].iter().filter(|e| {
        matches!(
            e.record,
            Record::Redriven { .. }
                | Record::Resolved { .. }
                | Record::Waived { .. }
                | Record::Abandoned { .. }
        )
    });
    assert_eq!(acts.count(), 1, "{name} {side:?}");
    assert_eq!(handle.phase().await.unwrap(), phase, "{name} {side:?}");
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn crash_during_an_operators_act() {
    let back: [Act; 4] = [
        ("redrive", |h| Box::pin(h.redrive(ann())), Phase::RolledBack),
        ("redrive at", |h| Box::pin(h.redrive(ann()).at(SitePath::from("hotel"))), Phase::RolledBack),
        ("waive", |h| Box::pin(h.waive(SitePath::from("hotel"), ann())), Phase::RolledBack),
        ("abandon", |h| Box::pin(h.abandon(ann())), Phase::Abandoned),
    ];
    let forward: [Act; 3] = [
        ("resolve", |h| Box::pin(h.resolve_not_happened(SitePath::from("letter"), ann())), Phase::RolledBack),
        (
            "happened",
            |h| Box::pin(h.resolve_happened(SitePath::from("letter"), &"1", ann())),
            Phase::Completed,
        ),
        ("redrive", |h| Box::pin(h.redrive(ann())), Phase::Completed),
    ];
    for side in [Side::Before, Side::After] {
        for act in back {
            let world = World::new();
            world.always("post letter", Fault::Permanent).script("release hotel", [Fault::Permanent]);
            acts_once(world, act, side).await;
        }
        for act in forward {
            let world = World::new();
            let first = if act.0 == "happened" { Fault::DoubtLanded } else { Fault::DoubtLost };
            world.script("post letter", [first, Fault::Permanent]);
            acts_once(world, act, side).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn crash_store_fails_and_comes_back() {
    for flow in [Flow::Full, Flow::ReadOnly, Flow::Unavailable, Flow::AnswerLost] {
        for label in ["hold flight", "hold hotel", "post letter"] {
            let (world, clock) = (World::new(), Arc::new(SetClock::new()));
            let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
            world.watch(shared.clone());
            let valve = Valve::new(shared.clone());
            let runtime = on(valve.clone(), &world, clock).await;
            world.script(label, [Fault::Hang]);
            let handle = runtime.run("a", trip::call()).await.unwrap();
            world.called(label, 1).await;
            valve.writes(flow);
            world.open(label);
            tokio::time::sleep(secs(20)).await;
            let (told, calls) = (world.told(), world.calls("post letter"));
            assert!(runtime.store_trouble().is_some(), "{flow:?}");
            tokio::time::sleep(secs(5)).await;
            assert_eq!(world.told(), told, "an effect began while the store failed");
            assert_eq!(world.calls("post letter"), calls);
            valve.writes(Flow::Open);
            assert!(handle.outcome().await.unwrap().is_completed(), "{flow:?} {label}");
            // The result of a look for work holds until the next look.
            let is_well = async {
                while runtime.store_trouble().is_some() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::time::timeout(secs(3), is_well).await.expect("a look for work is made every two seconds");
            assert_eq!(world.told(), ["hold flight", "hold hotel", "post letter"]);
            world.agrees(handle.any()).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn crash_store_fails_for_longer_than_the_lease() {
    let (world, clock) = (World::new(), Arc::new(SetClock::new()));
    let valve = Valve::new(Arc::new(MemoryStore::new()));
    let runtime = on(valve.clone(), &world, clock).await;
    world.script("hold hotel", [Fault::Hang]);
    let handle = runtime.run("a", trip::call()).await.unwrap();
    world.called("hold hotel", 1).await;
    valve.writes(Flow::Unavailable);
    world.open("hold hotel");
    tokio::time::sleep(secs(600)).await;
    assert_eq!(world.calls("post letter"), 0);
    valve.writes(Flow::Open);
    assert!(handle.outcome().await.unwrap().is_completed());
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn crash_answer_of_a_claim_is_lost() {
    // A claim without an answer is not forgotten, whether writes fail or reads do.
    for (writes, reads) in [
        (Flow::AnswerLost, Flow::Open),
        (Flow::Open, Flow::Unavailable),
        (Flow::AnswerLost, Flow::Unavailable),
    ] {
        let (world, clock) = (World::new(), Arc::new(SetClock::new()));
        let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
        world.watch(shared.clone());
        let valve = Valve::new(shared.clone());
        let runtime = on(valve.clone(), &world, clock).await;
        let handle = runtime.run("a", SagaCall::<nap>::new("1h".into())).await.unwrap();
        tokio::time::sleep(secs(3599)).await;
        valve.writes(writes);
        valve.reads(reads);
        tokio::time::sleep(secs(2)).await;
        valve.all(Flow::Open);
        let ended = tokio::time::timeout(secs(60), handle.outcome()).await;
        assert!(ended.expect("it was forgotten").unwrap().is_completed());
        assert_eq!(world.told(), ["hold pillow"]);
    }
}

saga!(nap, |cx, input| [s, a] {
    s.at(&cx, 1, &[], sleep(input.as_str())).await;
    a.at(&cx, 1, &[], hold("pillow")).await?;
    Ok("rested".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_clock_jumps_within_the_process() {
    // One wait in memory, and one of a released saga; the clock is set back or forward by a year.
    let year = secs(365 * 86_400);
    for wait in ["800ms", "1h"] {
        for back in [true, false] {
            let (world, clock) = (World::new(), Arc::new(SetClock::new()));
            let runtime = on(Arc::new(MemoryStore::new()), &world, clock.clone()).await;
            let begun = tokio::time::Instant::now();
            let handle = runtime.run("a", SagaCall::<nap>::new(wait.into())).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            if back {
                clock.back(year)
            } else {
                clock.forward(year)
            };
            assert!(handle.outcome().await.unwrap().is_completed());
            let (took, wait) = (begun.elapsed(), saga_runtime::IntoWait::into_wait_ms(wait).unwrap());
            let wait = Duration::from_millis(wait);
            assert!(took <= wait * 2 + secs(1), "{wait:?}, back {back}: it took {took:?}");
            if back {
                assert!(took >= wait, "{wait:?}: it took only {took:?}");
            }
            world.agrees(handle.any()).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn crash_clock_jumps_over_a_restart() {
    let year = secs(365 * 86_400);
    for back in [true, false] {
        // The saga waits for a sleep, or for a retry.
        for (name, fault) in [("sleep", Fault::None), ("backoff", Fault::Transient)] {
            let (world, clock) = (World::new(), Arc::new(SetClock::new()));
            world.script("hold pillow", [fault, fault]);
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let runtime = on(store.clone(), &world, clock.clone()).await;
            let wait = if name == "sleep" { "1h" } else { "0s" };
            let handle = runtime.run("a", SagaCall::<nap>::new(wait.into())).await.unwrap();
            if name == "backoff" {
                world.called("hold pillow", 1).await;
            }
            runtime.shutdown().await;
            drop((handle, runtime));
            if back {
                clock.back(year)
            } else {
                clock.forward(year)
            };
            let runtime = on(store, &world, clock).await;
            let handle = runtime.run("a", SagaCall::<nap>::new(wait.into())).await.unwrap();
            let ended = tokio::time::timeout(secs(3700), handle.outcome()).await;
            let outcome =
                ended.unwrap_or_else(|_| panic!("{name}, back {back}: it waits for more than the wait"));
            assert!(outcome.unwrap().is_completed());
            let journal = handle.journal().await.unwrap();
            assert!(journal.iter().enumerate().all(|(at, e)| e.seq == at as u64), "order is by sequence");
            world.agrees(handle.any()).await;
        }
    }
}

saga!(purchase, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("bought".to_owned())
});

#[tokio::test(start_paused = true)]
async fn crash_clock_is_set_back_while_a_probe_waits() {
    let world = World::new();
    let clock = Arc::new(SetClock::new());
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.script("charge card", [Fault::LandsLate(secs(70))]);
    let start = async || {
        let builder = Runtime::builder(store.clone()).resource(world.clone()).clock(clock.clone());
        builder.saga::<purchase>().start().await.unwrap()
    };
    let runtime = start().await;
    let handle = runtime.run("a", purchase::call()).await.unwrap();
    world.called("find card", 2).await;
    // Once with the process alive, and once over a restart.
    clock.back(secs(86_400));
    world.called("find card", 3).await;
    runtime.shutdown().await;
    drop((handle, runtime));
    clock.back(secs(365 * 86_400));
    let runtime = start().await;
    let handle = runtime.run("a", purchase::call()).await.unwrap();
    let outcome = tokio::time::timeout(secs(600), handle.outcome()).await;
    assert!(outcome.expect("the probe waits for a clock that was set back").unwrap().is_completed());
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn crash_a_world_whose_probe_lies_is_caught() {
    for lies in [false, true] {
        let world = World::new();
        world.script("charge card", [Fault::LandsLate(secs(90))]);
        if lies {
            world.break_probes();
        }
        let test = started(&world, |b| b.saga::<purchase>()).await;
        let handle = test.run("a", purchase::call()).await.unwrap();
        handle.outcome().await.unwrap();
        test.pass(secs(100)).await;
        assert_eq!(
            world.audit(handle.any()).await.is_empty(),
            !lies,
            "{:?}",
            world.audit(handle.any()).await
        );
    }
}

#[tokio::test(start_paused = true)]
async fn crash_with_progress_in_between_is_no_poison() {
    // Three deaths, with progress before each: no saga is to be blamed.
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    for write in 2..=7 {
        test.crash_at(write, Side::After);
        tokio::select! {
            biased;
            () = test.crashed() => {}
            outcome = async { test.run("a", trip::call()).await.unwrap().outcome().await } => panic!("{outcome:?}"),
        }
        test.crash().await.unwrap();
    }
    let handle = test.run("a", trip::call()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(outcome.is_completed(), "{outcome:?}");
    world.agrees(handle.any()).await;
}
