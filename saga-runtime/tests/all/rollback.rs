//! Rollbacks begin once, undo all that was done with its own data, and end as they say: scenarios 1–13 and 16 of
//! `docs/scenarios.md`, defects found in other engines.
//!
//! Seen to fail with these bugs put in: what waits for a retry kept and run in a rollback (s03); compensations in any
//! order (s01, s02, s07, s12); a compensation's permanent error skipped (s06–s08, s10); a recorded compensation without
//! its input (s04, s05); a rerun under a new key (s02, s05, s13); one count of failures for step and compensation
//! (s16); jobs begun before the commit (nearly all).
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::kit::*;
use saga_core::machine::Delivery;
use saga_core::store::Store;
use saga_core::{Cause, DeadLetter, Receipt, Record, Rollback};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

saga!(trip, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], hold("hotel")).await?;
    c.at(&cx, 1, &[], charge("card")).await?;
    Ok("booked".to_owned())
});

saga!(with_deadline, deadline Duration::from_secs(3600), |cx, input| [a, b, s] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], hold("hotel")).await?;
    s.at(&cx, 1, &[], sleep("2h")).await;
    Ok("waited".to_owned())
});

async fn declined(world: &World) -> (TestRuntime, Handle<trip>) {
    world.always("charge card", Fault::Permanent);
    let test = started(world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    (test, handle)
}

#[tokio::test(start_paused = true)]
async fn s01_a_resume_queued_before_the_deadline_rolls_back_once() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<with_deadline>()).await;
    let handle = test.run("a", with_deadline::call()).await.unwrap();
    test.pass(secs(60)).await;
    test.die().await;
    // While no worker is up, backoffs are ended, the deadline passes, and the saga is cancelled as well.
    for delivery in
        [Delivery::RetryNow { by: ann() }, Delivery::Cancel { by: ann() }, Delivery::RetryNow { by: ann() }]
    {
        test.store().deliver(handle.id(), delivery, saga_runtime::test::BEGINNING).await.unwrap();
    }
    test.pass(secs(4000)).await;
    test.restart().await.unwrap();
    let handle = test.run("a", with_deadline::call()).await.unwrap();
    assert!(handle.outcome().await.unwrap().is_rolled_back());
    test.pass(secs(8000)).await;
    assert_eq!((world.calls("release flight"), world.calls("release hotel")), (1, 1));
    let begun = |r: &Record| matches!(r, Record::RollbackStarted { .. });
    assert_eq!(handle.journal().await.unwrap().iter().filter(|e| begun(&e.record)).count(), 1);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn s02_a_step_that_ends_while_another_worker_rolls_back_is_undone() {
    let world = World::new();
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.watch(shared.clone());
    let valve = Valve::new(shared.clone());
    let worker = async |store: Arc<dyn Store>| {
        let clock = Arc::new(SetClock::new());
        Runtime::builder(store).resource(world.clone()).clock(clock).saga::<trip>().start().await.unwrap()
    };
    let first = worker(valve.clone()).await;
    world.script("hold hotel", [Fault::Hang]);
    let handle = first.run("a", trip::call()).await.unwrap();
    world.called("hold hotel", 1).await;
    valve.all(Flow::Frozen);
    shared.deliver(handle.id(), Delivery::Cancel { by: ann() }, saga_runtime::test::BEGINNING).await.unwrap();
    let second = worker(shared.clone()).await;
    // The first worker's step ends in the gap: after the lease, before the second has resolved it.
    world.script("hold hotel", [Fault::Hang]);
    world.called("hold hotel", 2).await;
    world.open("hold hotel");
    let elsewhere = second.find(handle.id()).await.unwrap().unwrap();
    let mut watch = elsewhere.watch();
    while watch.next().await.unwrap().is_some() {}
    valve.all(Flow::Open);
    tokio::time::sleep(secs(100)).await;
    assert_eq!(world.told(), ["hold flight", "hold hotel", "release hotel", "release flight"]);
    world.agrees(&elsewhere).await;
}

#[tokio::test(start_paused = true)]
async fn s03_a_step_that_waits_to_be_tried_again_is_not_called_in_the_rollback() {
    let world = World::new();
    world.script("hold hotel", [Fault::Transient, Fault::Transient]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    world.called("hold hotel", 1).await;
    let cancelled = handle.cancel(ann()).await.unwrap();
    assert_eq!(cancelled.settled().await.unwrap().phase, Phase::RolledBack);
    test.pass(secs(600)).await;
    assert_eq!(world.calls("hold hotel"), 1, "it was called again after the rollback began");
    assert_eq!(world.told(), ["hold flight", "release flight"]);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn s04_a_step_that_failed_is_not_undone() {
    let world = World::new();
    world.always("hold hotel", Fault::Permanent);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, Outcome::RolledBack { rollback: Rollback::Complete { .. }, .. }),
        "{outcome:?}"
    );
    assert_eq!((world.calls("release hotel"), world.calls("release flight")), (0, 1));
    world.agrees(handle.any()).await;
}

saga!(group, |cx, input| [a] {
    let seats = (1..=5).map(|n| hold(&format!("seat-{n}")));
    a.at(&cx, 1, &[], all(seats).limit(3)).await.map_err(AllFailure::into_first::<Failure>)?;
    Err(Failure::permanent("changed my mind"))
});

#[tokio::test(start_paused = true)]
async fn s05_every_branch_is_undone_with_its_own_data() {
    for crash in [None, Some((8, Side::After))] {
        let world = World::new();
        world.script("hold seat-2", [Fault::TimeoutLanded]).script("hold seat-4", [Fault::Transient]);
        let mut test = started(&world, |b| b.saga::<group>()).await;
        if let Some((write, side)) = crash {
            test.crash_at(write, side);
            tokio::select! {
                biased;
                () = test.crashed() => {}
                outcome = async { test.run("a", group::call()).await.unwrap().outcome().await } => panic!("{outcome:?}"),
            }
            test.crash().await.unwrap();
        }
        let handle = test.run("a", group::call()).await.unwrap();
        assert!(handle.outcome().await.unwrap().is_rolled_back());
        for n in 1..=5 {
            assert_eq!(world.landed(&format!("release seat-{n}")), 1, "{n}");
        }
        world.agrees(handle.any()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn s06_a_failing_undo_is_no_clean_end() {
    let world = World::new();
    world.always("release hotel", Fault::Permanent);
    let (_test, handle) = declined(&world).await;
    let Outcome::DeadLettered(letter) = handle.outcome().await.unwrap() else { panic!("it reported an end") };
    assert_eq!(letter.seen().blockers.len(), 1);
    assert_eq!(
        (letter.seen().blockers[0].reason, letter.seen().blockers[0].role),
        (Reason::CompensationFailed, Role::Undo)
    );
    assert!(letter.to_string().contains("release hotel is refused"), "{letter}");
    let owed: Vec<&str> = letter.seen().owed.entries.iter().map(|e| e.site.as_str()).collect();
    assert_eq!(owed, ["hotel", "flight"]);
    assert_eq!(world.stands(), ["hold flight", "hold hotel"]);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn s07_a_failed_undo_is_still_there_to_be_tried_again() {
    let world = World::new();
    world.script("release hotel", [Fault::Permanent, Fault::Permanent]);
    let (mut test, handle) = declined(&world).await;
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, Outcome::DeadLettered(_)), "{outcome:?}");
    drop(handle);
    // It survives a crash, and a redrive that fails.
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    handle.redrive(ann()).await.unwrap();
    world.called("release hotel", 2).await;
    world.mend(handle.any()).await;
    assert_eq!(handle.phase().await.unwrap(), Phase::RolledBack);
    assert_eq!(world.told(), ["hold flight", "hold hotel", "release hotel", "release flight"]);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn s08_a_failing_undo_ends() {
    for fault in [Fault::Transient, Fault::Permanent, Fault::TimeoutLost, Fault::Panic, Fault::DoubtLost] {
        let world = World::new();
        world.always("release hotel", fault);
        let (test, handle) = declined(&world).await;
        let Outcome::DeadLettered(letter) = handle.outcome().await.unwrap() else {
            panic!("it reported an end")
        };
        assert_eq!(letter.seen().blockers[0].reason, Reason::CompensationFailed);
        let calls = world.calls("release hotel");
        // In doubt it is rerun ten times; its own limit is three.
        let limit = match fault {
            Fault::Permanent => 1,
            Fault::Transient => 3,
            _ => 11,
        };
        assert_eq!(calls, limit, "{fault:?}");
        test.pass(secs(86_400)).await;
        assert_eq!(world.calls("release hotel"), calls, "{fault:?}: it went on in a loop");
        let begun = |r: &Record| matches!(r, Record::RollbackStarted { .. });
        assert_eq!(handle.journal().await.unwrap().iter().filter(|e| begun(&e.record)).count(), 1);
        world.agrees(handle.any()).await;
    }
}

/// The same saga in a build that has lost its steps.
#[allow(non_camel_case_types)]
enum trip_of_later {}
impl Saga for trip_of_later {
    const NAME: &'static str = "trip";
    type Input = String;
    type Output = String;
    type Error = Failure;
    type State = StateView;
    async fn body(cx: SagaContext) -> Exit<String, Failure> {
        let only = Witness::new();
        if cx.registers(&[&only]) {
            return cx.registered().await;
        }
        only.at(&cx, 1, &[], sleep("1h")).await;
        Exit::Done(String::new())
    }
}

#[tokio::test(start_paused = true)]
async fn s09_a_step_whose_undo_is_unknown_is_not_passed_over() {
    let world = World::new();
    world.script("hold hotel", [Fault::Hang]);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.watch(store.clone());
    let build = || Runtime::builder(store.clone()).resource(world.clone()).clock(Arc::new(SetClock::new()));
    let first = build().saga::<trip>().start().await.unwrap();
    let handle = first.run("a", trip::call()).await.unwrap();
    world.called("hold hotel", 1).await;
    let id = handle.id().clone();
    drop((handle, first));
    tokio::time::sleep(secs(60)).await;
    store.deliver(&id, Delivery::Cancel { by: ann() }, saga_runtime::test::BEGINNING).await.unwrap();
    let later = build().saga::<trip_of_later>().start().await.unwrap();
    tokio::time::sleep(secs(60)).await;
    let handle = later.find(&id).await.unwrap().unwrap();
    let letter = handle.dead_letter().await.unwrap().expect("it cannot be undone by this build");
    assert!(letter.seen().blockers.iter().all(|r| r.reason == Reason::Diverged), "{letter}");
    assert_eq!(world.stands(), ["hold flight"]);
    world.agrees(&handle).await;
    drop(handle);
    later.shutdown().await;
    // The build that knows it finishes the work.
    let again = build().saga::<trip>().start().await.unwrap();
    let handle = again.find(&id).await.unwrap().unwrap();
    world.mend(&handle).await;
    assert_eq!(handle.phase().await.unwrap(), Phase::RolledBack);
    assert!(world.stands().is_empty(), "{:?}", world.stands());
    world.agrees(&handle).await;
}

#[tokio::test(start_paused = true)]
async fn s10_the_end_says_what_the_steps_say() {
    let world = World::new();
    world.always("release hotel", Fault::Permanent);
    let (_test, handle) = declined(&world).await;
    assert!(matches!(handle.outcome().await.unwrap(), Outcome::DeadLettered(_)));
    handle.waive(SitePath::from("hotel"), ann()).await.unwrap();
    let Outcome::RolledBack { rollback, .. } = handle.outcome().await.unwrap() else {
        panic!("it has ended")
    };
    let Rollback::Partial { left, .. } = rollback else { panic!("{rollback}") };
    assert_eq!(left.iter().map(|l| l.site.as_str()).collect::<Vec<_>>(), ["hotel"]);
    assert_eq!(world.stands(), ["hold hotel"]);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn s11_every_state_can_be_shown() {
    let faults = [Fault::None, Fault::Transient, Fault::TimeoutLost, Fault::Panic, Fault::DoubtLanded];
    for (hotel, release) in
        faults.iter().flat_map(|h| [(h, Fault::None), (h, Fault::Transient), (h, Fault::Permanent)])
    {
        let world = World::new();
        world.script("hold hotel", [*hotel]).script("release hotel", [release]);
        let (_test, handle) = declined(&world).await;
        handle.outcome().await.unwrap();
        world.mend(handle.any()).await;
        let journal = handle.journal().await.unwrap();
        for upto in 1..=journal.len() {
            let state = State::of(handle.id().clone(), &journal[..upto]).unwrap();
            assert!(Phase::ALL.contains(&state.phase()));
            for shown in [
                Receipt::of(&state).to_string(),
                DeadLetter::of(&state, &journal[..upto]).to_string(),
                state.rollback().to_string(),
                state.phase().to_string(),
            ] {
                assert!(!shown.is_empty());
            }
            assert!(state.undo_plan().entries.len() <= 2);
        }
        assert_eq!(handle.view().await.unwrap().state().phase(), Phase::RolledBack);
    }
}

#[tokio::test(start_paused = true)]
async fn s12_a_failure_is_stored_and_rolled_back() {
    let world = World::new();
    let (mut test, handle) = declined(&world).await;
    let said = format!("{:?}", handle.outcome().await.unwrap());
    drop(handle);
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert_eq!(format!("{outcome:?}"), said, "another process reads the same");
    let Outcome::RolledBack { cause: Cause::Failed { message, site, .. }, .. } = outcome else {
        panic!("{said}")
    };
    assert_eq!((message.as_str(), site), ("charge card is refused", Some(SitePath::from("card"))));
    assert!(world.stands().is_empty());
    world.agrees(handle.any()).await;
}

saga!(dinner, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("taxi")).await?;
    b.at(&cx, 1, &[], reserve("table")).await?;
    Ok("dined".to_owned())
});

#[tokio::test(start_paused = true)]
async fn s13_what_finishes_after_its_undo_does_not_stand() {
    // Both calls are in flight when their time runs out, and land after everything has been undone.
    for label in ["hold taxi", "reserve table"] {
        let world = World::new();
        world.script(label, [Fault::LandsLate(secs(600))]);
        let test = started(&world, |b| b.saga::<dinner>()).await;
        let handle = test.run("a", dinner::call()).await.unwrap();
        world.called(label, 1).await;
        let receipt = handle.cancel(ann()).await.unwrap().settled().await.unwrap();
        assert_eq!(receipt.phase, Phase::RolledBack);
        test.pass(secs(700)).await;
        assert!(world.stands().is_empty(), "{:?}", world.stands());
        assert_eq!(world.keys(label), 1);
        world.agrees(handle.any()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn s16_forward_and_backward_attempts_are_counted_apart() {
    let world = World::new();
    world.script("hold hotel", [Fault::Transient; 2]).script("release hotel", [Fault::Transient; 2]);
    let (_test, handle) = declined(&world).await;
    assert!(handle.outcome().await.unwrap().is_rolled_back());
    assert_eq!((world.calls("hold hotel"), world.calls("release hotel")), (3, 3));
    world.agrees(handle.any()).await;
    // A limit on attempts is kept.
    let world = World::new();
    world.always("hold hotel", Fault::Transient);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert!(handle.outcome().await.unwrap().is_rolled_back());
    assert_eq!(world.calls("hold hotel"), 3);
    world.agrees(handle.any()).await;
}
