//! Every wait ends: with the result, or with an error that says why there is none (row 61 of `docs/scenarios.md`).
//! Covers shutdowns, sagas of a type that no worker has registered, and a listing that differs from the journal.
//!
//! Seen to fail with these bugs put in: a shutdown that does not end waits, or does not wake drivers; a quarantine that
//! outlives its saga when the lease is lost; an outcome that polls the store for what is listed as a dead letter.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::Record;
use saga_core::store::{Append, Query, Status, Store, Wanted};
use tokio::time::Instant;

saga!(waits, |cx, input| [a, s] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    Ok(s.at(&cx, 1, &[], signal::<String>("go")).await)
});

saga!(other, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], hold("seat")).await?)
});

saga!(naps, |cx, input| [n] {
    n.at(&cx, 1, &[], sleep("1h")).await;
    Ok("rested".to_owned())
});

async fn runs(store: &Arc<MemoryStore>, world: &World) -> Runtime {
    let builder = Runtime::builder(store.clone()).resource(world.clone());
    builder.saga::<waits>().saga::<other>().start().await.unwrap()
}

/// A build that does not know `waits`.
async fn knows_other(store: &Arc<MemoryStore>, world: &World) -> Runtime {
    Runtime::builder(store.clone()).resource(world.clone()).saga::<other>().start().await.unwrap()
}

fn is_shut_down<T: std::fmt::Debug>(result: &Result<T, LookError>) {
    assert!(matches!(result, Err(LookError::ShutDown { .. })), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn s61_who_waits_at_a_shutdown_is_told() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let runtime = runs(&store, &world).await;
    let handle = runtime.run("a", waits::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    let outcome = tokio::spawn({
        let handle = handle.clone();
        async move { handle.outcome().await }
    });
    let watch = tokio::spawn({
        let mut watch = handle.watch();
        async move {
            while watch.next().await?.is_some() {}
            Ok::<(), LookError>(())
        }
    });
    tokio::time::sleep(SECOND).await;
    runtime.shutdown().in_time().await;
    is_shut_down(&outcome.in_time().await.unwrap());
    is_shut_down(&watch.in_time().await.unwrap());
    // Later calls get the same error.
    is_shut_down(&handle.outcome().in_time().await);
    let refused = handle.cancel(ann()).in_time().await.unwrap_err();
    assert!(matches!(refused, ActError::NotDelivered { why: LookError::ShutDown { .. }, .. }), "{refused:?}");
    assert!(store.undelivered(handle.id()).await.unwrap().is_empty());
    assert!(matches!(runtime.run("b", waits::call()).await, Err(RunError::ShuttingDown)));
    // What has happened can still be read.
    assert_eq!(handle.phase().await.unwrap(), Phase::Waiting);
}

#[tokio::test(start_paused = true)]
async fn s61_who_waits_for_what_still_ends_in_the_shutdown_is_told_how() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let runtime = runs(&store, &world).await;
    world.always("hold seat", Fault::Hang);
    let handle = runtime.run("a", waits::call()).await.unwrap();
    world.called("hold seat", 1).await;
    let cancelled = handle.cancel(ann()).in_time().await.unwrap();
    let settled = tokio::spawn(cancelled.settled());
    let act = tokio::spawn({
        let handle = handle.clone();
        async move { handle.retry_now(ann()).await }
    });
    let shutdown = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.shutdown().await }
    });
    tokio::time::sleep(SECOND).await;
    world.open("hold seat");
    shutdown.in_time().await.unwrap();
    // Its compensation is left to the next worker.
    is_shut_down(&settled.in_time().await.unwrap());
    match act.in_time().await.unwrap() {
        Ok(()) | Err(ActError::NotTaken { why: LookError::ShutDown { .. }, .. }) => {}
        other => panic!("{other:?}"),
    }
    let runtime = runs(&store, &world).await;
    let handle = runtime.run("a", waits::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
}

/// As after a crash of the process, but the waiting task is still there.
#[tokio::test(start_paused = true)]
async fn s61_who_waits_when_a_runtime_is_killed_is_told() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    world.always("hold seat", Fault::Hang);
    let valve = Valve::new(store.clone());
    let builder = Runtime::builder(valve.clone()).resource(world.clone()).running_max(2);
    let runtime = builder.saga::<waits>().start().await.unwrap();
    let busy = runtime.run("busy", waits::call()).await.unwrap();
    world.called("hold seat", 1).await;
    let outcome = tokio::spawn({
        let busy = busy.clone();
        async move { busy.outcome().await }
    });
    let act = tokio::spawn({
        let busy = busy.clone();
        async move { busy.retry_now(ann()).await }
    });
    let watch = tokio::spawn({
        let mut watch = busy.watch();
        async move {
            while watch.next().await?.is_some() {}
            Ok::<(), LookError>(())
        }
    });
    tokio::time::sleep(SECOND).await;
    // No call gets an answer any more, whether its saga is driven at once or queued.
    valve.commits(Flow::Frozen);
    let cancel = tokio::spawn({
        let busy = busy.clone();
        async move { busy.cancel(ann()).await }
    });
    let [driven, same, roomless] = ["new", "new", "roomless"].map(|id| {
        let runtime = runtime.clone();
        tokio::spawn(async move { runtime.run(id, waits::call()).await })
    });
    tokio::time::sleep(SECOND).await;
    saga_runtime::test::kill(&runtime);
    is_shut_down(&outcome.in_time().await.unwrap());
    is_shut_down(&watch.in_time().await.unwrap());
    act.in_time().await.unwrap().unwrap();
    let cancelled = cancel.in_time().await.unwrap().unwrap_err();
    assert!(matches!(cancelled, ActError::NotTaken { why: LookError::ShutDown { .. }, .. }), "{cancelled:?}");
    for run in [driven, same, roomless] {
        let ended = run.in_time().await.unwrap();
        assert!(matches!(ended, Err(RunError::ShuttingDown | RunError::Store(_))), "{ended:?}");
    }
    is_shut_down(&busy.outcome().in_time().await);
}

/// Reads, and never ends.
#[allow(non_camel_case_types)]
enum stares {}
impl Step for stares {
    const NAME: &'static str = "stares";
    type Input = Item;
    type Output = String;
    type Error = Failure;
    type Undo = undo::Readonly;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(_: &StepContext, _: Item) -> Result<String, Failure> {
        pending().await
    }
}

saga!(looks, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], StepCall::<stares>::new(Item::new("it"))).await?)
});

/// The driver of a saga that only reads sees the shutdown at once, and not after the read's timeout.
#[tokio::test(start_paused = true)]
async fn a_shutdown_rings_those_who_drive() {
    let runtime = Runtime::builder(MemoryStore::new()).saga::<looks>().start().await.unwrap();
    runtime.run("a", looks::call()).await.unwrap();
    tokio::time::sleep(SECOND).await;
    let began = Instant::now();
    runtime.shutdown().in_time().await;
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
}

fn is_not_registered(result: Result<(), ActError>) {
    match result {
        Err(ActError::NotTaken { why: why @ LookError::NotRegistered { .. }, .. }) => {
            assert_eq!(why.to_string(), "no worker drives saga a: its type `waits` is not registered");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn s61_an_act_on_a_saga_of_an_unknown_type_ends_and_abandon_closes_it() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let runtime = runs(&store, &world).await;
    let handle = runtime.run("a", waits::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    runtime.shutdown().await;

    // This is visible before such a build runs.
    let builder = Runtime::builder(store.clone()).resource(world.clone()).saga::<other>();
    let report = upgrade::check(&builder).await.unwrap();
    assert_eq!(report.misfits[0].why, upgrade::Why::UnknownSaga);

    let runtime = knows_other(&store, &world).await;
    let handle = runtime.find(handle.id()).await.unwrap().unwrap();
    is_not_registered(handle.signal("go", "one", &"x").in_time().await);
    is_not_registered(handle.cancel(ann()).in_time().await.map(drop));
    handle.abandon(ann()).in_time().await.unwrap();
    assert_eq!(handle.phase().await.unwrap(), Phase::Abandoned);
    let listed = runtime.sagas(&Query::default()).await.unwrap();
    assert_eq!(listed.sagas[0].status.phase, Phase::Abandoned);
    // What it leaves is reported.
    let state = handle.look().await.unwrap();
    assert!(matches!(state.rollback(), saga_core::Rollback::Partial { .. }), "{:?}", state.rollback());
    assert_eq!(world.stands().len(), 1);
}

/// The author of an abandon says what was seen, as the command line does. The act is compared with that, and not with the
/// records that the worker writes to close the saga.
#[tokio::test(start_paused = true)]
async fn s61_an_abandon_is_compared_with_what_its_author_had_seen() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let runtime = runs(&store, &world).await;
    let handle = runtime.run("a", waits::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    let seen = handle.look().await.unwrap().last_seq();
    runtime.shutdown().await;
    let runtime = knows_other(&store, &world).await;
    let handle = runtime.find(handle.id()).await.unwrap().unwrap();
    let early = ann().having_seen(seen - 1);
    let refused = refusal(handle.abandon(early.clone()).in_time().await);
    let Refusal::Stale { seen: author, now, phase, .. } = &refused else { panic!("{refused}") };
    assert_eq!((*author, *now, *phase), (seen - 1, seen, Phase::Waiting));
    // Only the refused act is recorded.
    let journal = handle.journal().await.unwrap();
    assert_eq!(journal.len() as u64, seen + 2);
    match &journal.last().unwrap().record {
        Record::NoEffect { refusal: Some(recorded), .. } => assert_eq!(**recorded, refused),
        other => panic!("{other:?}"),
    }
    handle.abandon(ann().having_seen(seen)).in_time().await.unwrap();
    assert_eq!(handle.phase().await.unwrap(), Phase::Abandoned);
    // A repeat of the first click gets its answer, and a new one is refused as too late.
    assert!(matches!(
        refusal(handle.abandon(ann()).in_time().await),
        Refusal::Ended { .. } | Refusal::NotDeadLettered { .. }
    ));
}

/// A worker without the code refuses an abandon: the saga keeps the time at which it is to go on.
#[tokio::test(start_paused = true)]
async fn s61_a_refused_abandon_takes_no_timer_from_a_saga() {
    for dies in [false, true] {
        let (store, world) = (Arc::new(MemoryStore::new()), World::new());
        let with_code = || Runtime::builder(store.clone()).resource(world.clone()).saga::<naps>();
        let runtime = with_code().start().await.unwrap();
        let id = runtime.run("a", naps::call()).await.unwrap().id().clone();
        match dies {
            true => saga_runtime::test::kill(&runtime),
            false => runtime.shutdown().await,
        }
        // The lease of a worker that died has to end.
        tokio::time::sleep(HOUR / 60).await;
        let without = knows_other(&store, &world).await;
        let handle = without.find(&id).await.unwrap().unwrap();
        let refused = refusal(handle.abandon(ann().having_seen(0)).in_time().await);
        assert!(matches!(refused, Refusal::Stale { .. }), "{refused}");
        without.shutdown().await;
        let runtime = with_code().start().await.unwrap();
        let handle = runtime.find_as::<naps>(&id).await.unwrap().unwrap();
        assert!(handle.outcome().in_time().await.unwrap().is_completed(), "after a death: {dies}");
    }
}

#[tokio::test(start_paused = true)]
async fn s61_a_worker_that_has_the_code_comes_before_one_that_closes() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let (knows, knows_not) = (runs(&store, &world).await, knows_other(&store, &world).await);
    let handle = knows.run("a", waits::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    let there = knows_not.find(handle.id()).await.unwrap().unwrap();
    let refused = refusal(there.abandon(ann()).in_time().await);
    assert!(matches!(refused, Refusal::NotDeadLettered { .. }), "{refused:?}");
    there.signal("go", "one", &"x").in_time().await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
}

/// An older build could not read the journal, and listed the saga as a dead letter; this one can read it.
#[tokio::test(start_paused = true)]
async fn what_is_listed_as_a_dead_letter_is_one_and_is_redriven() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let runtime = runs(&store, &world).await;
    let handle = runtime.run("a", waits::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    runtime.shutdown().await;
    let worker = store.join("older", HOUR, runtime.now()).await.unwrap();
    store
        .deliver(handle.id(), saga_core::machine::Delivery::RetryNow { by: ann() }, runtime.now())
        .await
        .unwrap();
    let wanted = Wanted {
        sagas: vec!["waits".into()],
        limit: 1,
        suspects: saga_core::store::Suspects::ONE,
        unreadable: vec![],
        only: None,
    };
    let claim = store.claim(worker, &wanted, runtime.now()).await.unwrap().claimed.remove(0);
    let taken = store.undelivered(handle.id()).await.unwrap()[0].id;
    let status = Status {
        phase: Phase::DeadLettered,
        reasons: vec![Reason::Undecodable],
        wake_at: None,
        ..claim.status.clone()
    };
    let append = Append {
        next: None,
        saga: claim.saga.clone(),
        epoch: Some(claim.epoch),
        entries: Vec::new(),
        status: Some(status),
        taken: vec![taken],
        release: true,
    };
    store.commit(worker, &[append], runtime.now()).await.unwrap().remove(0).unwrap();
    store.leave(worker).await.unwrap();

    let valve = Valve::new(store.clone());
    let builder = Runtime::builder(valve.clone()).resource(world.clone());
    let runtime = builder.saga::<waits>().start().await.unwrap();
    let handle = runtime.run("a", waits::call()).await.unwrap();
    let before = valve.asked();
    let letter = dead_lettered(&handle).await;
    assert_eq!(only(&letter), (None, Reason::Undecodable));
    assert!(letter.blockers[0].detail.contains("redrive it"), "{letter}");
    let asked = valve.asked() - before;
    assert!(asked <= 8, "the store was asked {asked} times");
    assert!(handle.dead_letter().await.unwrap().is_some());

    handle.redrive(ann()).in_time().await.unwrap();
    assert_eq!(count(handle.any(), |r| matches!(r, Record::Redriven { .. })).await, 1);
    handle.signal("go", "one", &"x").in_time().await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    assert_eq!(world.calls("hold seat"), 1);
}

/// A claim's answer is lost, while the saga's last driver has not got the answer to its release.
#[tokio::test(start_paused = true)]
async fn what_is_held_twice_is_driven_when_the_first_has_let_go() {
    let (store, world) = (Arc::new(MemoryStore::new()), World::new());
    let valve = Valve::new(store.clone());
    let builder = Runtime::builder(valve.clone()).resource(world.clone());
    let runtime = builder.saga::<waits>().start().await.unwrap();
    world.always("hold seat", Fault::Hang);
    let handle = runtime.run("a", waits::call()).await.unwrap();
    world.called("hold seat", 1).await;
    valve.commits(Flow::AnswerLate);
    world.open("hold seat");
    while store.summary(handle.id()).await.unwrap().unwrap().held {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    valve.other_writes(Flow::AnswerLost);
    let payload = saga_core::Payload::encode(&"x").unwrap();
    let go = saga_core::machine::Delivery::Signal { id: "one".into(), name: "go".into(), payload };
    let asked = valve.asked_what_is_held();
    store.deliver(handle.id(), go, runtime.now()).await.unwrap();
    while valve.asked_what_is_held() == asked {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    valve.writes(Flow::Open);
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
}

/// A quarantined saga runs when the lease is lost: it gives up its place in quarantine.
#[tokio::test(start_paused = true)]
async fn a_lost_lease_ends_the_quarantine_of_what_ran() {
    let (world, clock) = (World::new(), Arc::new(SetClock::new()));
    let of = clock.clone();
    let mut test = started(&world, move |b| b.saga::<other>().clock(of.clone()).lease(2 * SECOND)).await;
    world.always("hold seat", Fault::Hang);
    let handle = test.run("a", other::call()).await.unwrap();
    drop(handle);
    world.called("hold seat", 1).await;
    for calls in 2..4 {
        test.crash().await.unwrap();
        world.called("hold seat", calls).await;
    }
    // It is in quarantine now; the next death is the third.
    clock.forward(HOUR);
    let handle = test.find(&SagaId::new("a").unwrap()).await.unwrap().unwrap();
    until_phase(&handle, Phase::DeadLettered).await;
    assert_eq!(only(handle.dead_letter().await.unwrap().unwrap().seen()), (None, Reason::PoisonPill));
}
