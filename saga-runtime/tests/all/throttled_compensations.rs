//! Scenario 17 of `docs/scenarios.md`: a thousand sagas that roll back at once overloaded the service they call. Here
//! the number of concurrent compensations of one step is limited. Nothing else changes: what is undone, when an attempt
//! begins, and which sagas wait for each other.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use crate::support::acts::{InTime as _, SECOND, count, dead_lettered, only, until};
use crate::support::counter::{Counter, hold, pay, seat, unseat};
use crate::support::kit::{
    AnyHandle, Builder, Exit, Failure, Handle, Outcome, Phase, Reason, Saga, SagaCall, SagaContext, SitePath,
    StateView, TestRuntime, Witness, all,
};
use saga_core::record::AttemptError;
use saga_core::store::WorkerId;
use saga_core::{Record, Role, Rollback};

saga!(trip, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    b.at(&cx, 1, &[], pay("card")).await?;
    Ok("booked".to_owned())
});

saga!(tour, |cx, input| [both, b] {
    both.at(&cx, 1, &[], all((hold("bus"), seat("bench")))).await?;
    b.at(&cx, 1, &[], pay("card")).await?;
    Ok("booked".to_owned())
});

saga!(chain, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    b.at(&cx, 1, &[], seat("bench")).await?;
    c.at(&cx, 1, &[], pay("card")).await?;
    Ok("booked".to_owned())
});

saga!(party, |cx, input| [each, b] {
    each.at(&cx, 1, &[], all((0..200).map(|_| hold("seat")))).await?;
    b.at(&cx, 1, &[], pay("card")).await?;
    Ok("booked".to_owned())
});

const TAKES: Duration = Duration::from_millis(100);

/// Starts a runtime at a counter where no payment succeeds, and each release takes a while.
async fn started(build: fn(Builder) -> Builder) -> (Counter, TestRuntime) {
    let counter = Counter::default();
    counter.set("pay", |desk| desk.refuses = true);
    counter.set("release", |desk| desk.takes = TAKES).set("unseat", |desk| desk.takes = TAKES);
    let shared = counter.clone();
    let all = move |b: Builder| b.saga::<trip>().saga::<tour>().saga::<chain>().saga::<party>();
    let test = TestRuntime::start(move |b| build(all(b.resource(shared.clone())))).await.unwrap();
    (counter, test)
}

async fn all_run<S: Saga>(test: &TestRuntime, n: usize, call: fn() -> SagaCall<S>) -> Vec<Handle<S>> {
    let mut handles = Vec::new();
    for i in 0..n {
        handles.push(test.run(format!("s{i:04}").as_str(), call()).await.unwrap());
    }
    handles
}

/// Checks that all have been undone completely.
async fn all_rolled_back<S: Saga<Output: std::fmt::Debug>>(handles: &[Handle<S>]) {
    for handle in handles {
        match handle.outcome().in_time().await.unwrap() {
            Outcome::RolledBack { rollback: Rollback::Complete { .. }, .. } => {}
            other => panic!("{}: {other:?}", handle.id()),
        }
    }
}

/// Returns the times at which attempts of compensations began, from the journal.
async fn begun(handle: &AnyHandle) -> Vec<saga_core::Timestamp> {
    let is_start = |record: &Record| {
        matches!(record, Record::UndoIntent { .. } | Record::Started { role: Role::Undo, .. })
    };
    let journal = handle.journal().await.unwrap();
    journal.iter().filter(|e| is_start(&e.record)).map(|e| e.at).collect()
}

#[tokio::test(start_paused = true)]
async fn s17_a_thousand_sagas_that_roll_back_at_once_do_not_storm_the_service() {
    let (counter, test) = started(|b| b).await;
    let handles = all_run(&test, 1000, trip::call).await;
    all_rolled_back(&handles).await;
    let desk = counter.desk("release");
    assert_eq!(desk.most, saga_runtime::defaults::COMPENSATIONS_MAX);
    assert_eq!(desk.now, 0);
    assert!(counter.visits("release").values().all(|visits| *visits == 1));
    assert_eq!(counter.visits("release").len(), 1000);
    // The limit is used fully: 1000 in 32 rounds, not one after the other.
    let last = desk.came.last().unwrap().1 - desk.came[0].1;
    assert!(last < TAKES * 32, "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn s17_the_cap_is_what_the_builder_says_of_each_step() {
    let build = |b: Builder| b.compensations_max(7).compensations_max_of::<unseat>(3);
    let (counter, test) = started(build).await;
    all_rolled_back(&all_run(&test, 50, tour::call).await).await;
    assert_eq!((counter.desk("release").most, counter.desk("unseat").most), (7, 3));
    // `usize::MAX` is no limit.
    let (counter, test) =
        started(|b| b.compensations_max(0).compensations_max_of::<unseat>(usize::MAX)).await;
    all_rolled_back(&all_run(&test, 50, tour::call).await).await;
    assert_eq!((counter.desk("release").most, counter.desk("unseat").most), (1, 50));
}

#[tokio::test(start_paused = true)]
async fn s17_the_branches_of_one_saga_stand_in_line_as_sagas_do() {
    let (counter, test) = started(|b| b.compensations_max(4)).await;
    all_rolled_back(&all_run(&test, 2, party::call).await).await;
    assert_eq!((counter.desk("release").most, counter.desk("release").came.len()), (4, 400));
}

/// First come, first served. An attempt begins, in its records and for its timeout (1 s), when it has a slot.
#[tokio::test(start_paused = true)]
async fn s17_who_stands_in_line_begins_in_turn_and_not_before() {
    let (counter, test) = started(|b| b.compensations_max(1)).await;
    let handles = all_run(&test, 40, trip::call).await;
    all_rolled_back(&handles).await;
    let came = counter.desk("release").came;
    let first = begun(handles[0].any()).await[0];
    for (i, handle) in handles.iter().enumerate() {
        assert_eq!(came[i].0, handle.id().as_str());
        let [begun] = begun(handle.any()).await[..] else { panic!("more than one attempt") };
        assert_eq!(begun.since(first), came[i].1 - came[0].1, "{}", handle.id());
        assert!(begun.since(first) >= TAKES * i as u32);
    }
}

/// A compensation that waits for its next attempt has no slot; when it comes due, it is queued like others.
#[tokio::test(start_paused = true)]
async fn s17_retries_stand_in_line_again_and_hold_up_nobody_meanwhile() {
    let (counter, test) = started(|b| b.compensations_max(2)).await;
    counter.set("release", |desk| (desk.busy, desk.takes) = (20, TAKES));
    let handles = all_run(&test, 20, trip::call).await;
    all_rolled_back(&handles).await;
    let desk = counter.desk("release");
    assert_eq!((desk.most, desk.came.len()), (2, 40));
    // Each first attempt came before any second one, two at a time. It would not if slots were held during backoffs.
    let firsts = desk.came[19].1 - desk.came[0].1;
    assert!(firsts <= TAKES * 12, "{firsts:?}");
    for handle in &handles {
        assert_eq!(count(handle.any(), |r| matches!(r, Record::Started { role: Role::Undo, .. })).await, 1);
    }
}

/// Attempts that time out release their slots too.
#[tokio::test(start_paused = true)]
async fn s17_a_slot_is_free_again_however_its_attempt_ends() {
    let (counter, test) = started(|b| b.compensations_max(1)).await;
    counter.close("release");
    let handles = all_run(&test, 3, trip::call).await;
    // Each has had an attempt that timed out after a second.
    test.pass(SECOND * 3 + TAKES).await;
    assert_eq!(counter.visits("release").len(), 3);
    counter.open("release");
    all_rolled_back(&handles).await;
    assert_eq!(counter.desk("release").most, 1);
    let timed_out = |r: &Record| matches!(r, Record::AttemptEnded { trouble: AttemptError::TimedOut, .. });
    assert!(count(handles[0].any(), timed_out).await >= 1);
}

/// Other compensations, other branches and forward steps do not wait for a full queue.
#[tokio::test(start_paused = true)]
async fn s17_nobody_else_waits_for_who_stands_in_line() {
    let (counter, test) = started(|b| b.compensations_max(1)).await;
    counter.close("release");
    let handles = all_run(&test, 5, tour::call).await;
    test.pass(TAKES * 5 + TAKES / 2).await;
    // The benches are released while only the first has reached the other desk.
    assert_eq!((counter.visits("unseat").len(), counter.visits("release").len()), (5, 1));
    counter.set("pay", |desk| desk.refuses = false);
    let forward = test.run("forward", tour::call()).await.unwrap();
    forward.outcome().in_time().await.unwrap().completed().unwrap();
    counter.open("release");
    all_rolled_back(&handles).await;
}

/// A failure in one branch does not dead-letter the saga while another branch is queued.
#[tokio::test(start_paused = true)]
async fn s17_a_saga_is_not_dead_lettered_while_a_branch_of_it_stands_in_line() {
    let (counter, test) = started(|b| b.compensations_max(1)).await;
    counter.set("unseat", |desk| desk.refuses = true);
    let blocked = all_run(&test, 4, trip::call).await;
    let handle = test.run("both", tour::call()).await.unwrap();
    until(handle.any(), |state| {
        state
            .step(&SitePath::from("all.1/bench"))
            .is_some_and(|s| s.undoing.as_ref().is_some_and(|e| e.is_blocked()))
    })
    .await;
    assert_eq!(handle.phase().await.unwrap(), Phase::RollingBack);
    let letter = dead_lettered(&handle).await;
    assert_eq!(only(&letter), (Some("all.1/bench"), Reason::CompensationFailed));
    assert_eq!(counter.visits("release").len(), 5);
    all_rolled_back(&blocked).await;
}

/// The process dies: a queued compensation had not begun, and is not in doubt.
#[tokio::test(start_paused = true)]
async fn s17_a_crash_leaves_nothing_in_doubt_that_stood_in_line() {
    let (counter, mut test) = started(|b| b.compensations_max(2)).await;
    all_run(&test, 20, trip::call).await;
    test.pass(TAKES / 2).await;
    test.crash().await.unwrap();
    let handles = all_run(&test, 20, trip::call).await;
    all_rolled_back(&handles).await;
    // Only the two that were at the counter come twice.
    assert_eq!(counter.desk("release").came.len(), 22);
    let mut interrupted = 0;
    for handle in &handles {
        let doubt = |r: &Record| matches!(r, Record::AttemptEnded { trouble: AttemptError::Interrupted, .. });
        interrupted += count(handle.any(), doubt).await;
    }
    assert_eq!(interrupted, 2);
}

/// A shutdown waits for compensations at the counter, not for queued ones; and no other begins.
#[tokio::test(start_paused = true)]
async fn s17_a_shutdown_ends_and_the_next_worker_goes_on() {
    let (counter, mut test) = started(|b| b.compensations_max(2)).await;
    all_run(&test, 20, chain::call).await;
    test.pass(TAKES / 2).await;
    let before = test.now();
    test.runtime().shutdown().in_time().await;
    assert!(test.now().since(before) < TAKES, "it waited for the line");
    assert_eq!((counter.desk("unseat").now, counter.desk("unseat").came.len()), (0, 2));
    test.restart().await.unwrap();
    let handles = all_run(&test, 20, chain::call).await;
    all_rolled_back(&handles).await;
    assert_eq!((counter.desk("release").came.len(), counter.desk("unseat").came.len()), (20, 20));
    for handle in &handles {
        assert_eq!(begun(handle.any()).await.len(), 2, "{}: begun, and left alone", handle.id());
    }
}

/// A retry of a compensation comes due in a shutdown, while another is still at its counter. It is left to the next
/// worker, and the service is not called for it.
#[tokio::test(start_paused = true)]
async fn s17_what_comes_due_in_a_shutdown_is_left_alone() {
    let (counter, mut test) = started(|b| b).await;
    counter.set("release", |desk| (desk.busy, desk.takes) = (1, Duration::ZERO));
    counter.close("unseat");
    let mut events = 0;
    saga_runtime::test::observe(move |_, _| {
        events += 1;
        assert!(events < 1000, "it takes events without end");
    });
    let handle = test.run("a", tour::call()).await.unwrap();
    until(handle.any(), |state| {
        state.step(&SitePath::from("all.0/bus")).is_some_and(|s| s.undoing.is_some())
    })
    .await;
    test.runtime().shutdown().in_time().await;
    assert_eq!((counter.desk("release").came.len(), counter.desk("unseat").came.len()), (1, 1));
    counter.open("unseat");
    test.restart().await.unwrap();
    let handles = all_run(&test, 1, tour::call).await;
    all_rolled_back(&handles).await;
    drop(handle);
}

/// Drivers that are dropped at once, at the counter and in the queue, release all slots.
#[tokio::test(start_paused = true)]
async fn s17_a_lost_lease_gives_all_slots_back() {
    let (counter, test) = started(|b| b.compensations_max(1)).await;
    let handles = all_run(&test, 10, trip::call).await;
    for _ in 0..2 {
        test.pass(TAKES + TAKES / 2).await;
        // This covers the worker's number, whatever it is: its next write is refused, and it joins again under another.
        for worker in 0..500 {
            test.store().leave(WorkerId(worker)).await.unwrap();
        }
    }
    all_rolled_back(&handles).await;
    let desk = counter.desk("release");
    assert_eq!(desk.most, 1);
    assert!(desk.came.len() > 10, "no attempt was dropped: {}", desk.came.len());
}
