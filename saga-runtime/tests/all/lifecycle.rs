//! Starting, running, watching, listing, shutting down and purging.
//!
//! Mutants seen to fail here: created twice in one millisecond; handles that keep what they saw; refusals of another
//! worker lost; a shutdown that does not wait; no limit on what is driven; purged while it can be undone; watchers that
//! are not woken.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::acts::*;
use crate::support::kit::*;
use futures_util::StreamExt as _;
use saga_core::record::AttemptError;
use saga_core::store::{Purge, Query};
use saga_core::{Record, Timestamp};

saga!(trip, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], mail("ticket")).await;
    Ok("booked".to_owned())
});

saga!(stroll, |cx, input| [a, w] {
    a.at(&cx, 1, &[], set("shoes")).await?;
    if input == "wait" {
        w.at(&cx, 1, &[], signal::<()>("rain")).await;
    }
    Ok("walked".to_owned())
});

saga!(visa, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], stamp("visa")).await?)
});

#[tokio::test(start_paused = true)]
async fn run_is_idempotent_by_id() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    // While it runs, when it has ended, within one millisecond and later, and after a crash.
    for _ in 0..3 {
        let handle = test.run("a", trip::call()).await.unwrap();
        assert!(handle.outcome().in_time().await.unwrap().is_completed());
        let again = test.run("a", trip::call()).await.unwrap();
        assert_eq!(again.outcome().in_time().await.unwrap().completed().unwrap(), "booked");
        test.pass(SECOND).await;
        test.crash().await.unwrap();
    }
    assert_eq!((world.calls("hold flight"), world.calls("mail ticket")), (1, 1));
    world.agrees(test.run("a", trip::call()).await.unwrap().any()).await;
}

#[tokio::test(start_paused = true)]
async fn run_is_idempotent_by_id_at_once() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<trip>()).await;
    let mut runs = Vec::new();
    for n in 0..50 {
        let runtime = test.runtime().clone();
        runs.push(tokio::spawn(async move {
            for _ in 0..n % 5 {
                tokio::task::yield_now().await;
            }
            runtime
                .run("a", trip::call())
                .await
                .unwrap()
                .outcome()
                .in_time()
                .await
                .unwrap()
                .completed()
                .unwrap()
        }));
    }
    for run in runs {
        assert_eq!(run.await.unwrap(), "booked");
    }
    assert_eq!((world.calls("hold flight"), world.calls("mail ticket")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_id_stands_for_one_call() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<trip>().saga::<stroll>()).await;
    let first = test.run("a", SagaCall::<trip>::new("to Rome".to_owned())).await.unwrap();
    for ended in [false, true] {
        let other_input = test.run("a", SagaCall::<trip>::new("to Oslo".to_owned())).await.unwrap_err();
        assert!(matches!(other_input, RunError::IdConflict { .. }));
        assert_eq!(other_input.to_string(), "saga a exists, and is trip(\"to Rome\")");
        let other_type = test.run("a", SagaCall::<stroll>::new("to Rome".to_owned())).await.unwrap_err();
        assert!(matches!(other_type, RunError::IdConflict { .. }), "{other_type}");
        if !ended {
            world.open("hold flight");
            first.outcome().in_time().await.unwrap();
            test.crash().await.unwrap();
        }
    }
    assert_eq!((world.calls("set shoes"), world.landed("hold flight")), (0, 1));
    let not_registered = test.run("b", visa::call()).await.unwrap_err();
    assert!(matches!(not_registered, RunError::NotRegistered { saga: "visa" }));
    assert!(matches!(test.run("", trip::call()).await.unwrap_err(), RunError::InvalidId(_)));
}

#[allow(non_camel_case_types)]
enum rinse {}
impl Step for rinse {
    const NAME: &'static str = "rinse";
    type Input = ();
    type Output = ();
    type Error = Failure;
    type Undo = undo::Auxiliary;
    type Effort = effort::Retriable;
    type Repeat = repeat::Idempotent;
    async fn run(_: &StepContext, (): ()) -> Result<(), Failure> {
        Ok(())
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<Water>()]
    }
}

#[derive(Debug)]
struct Water;

#[allow(non_camel_case_types)]
enum paint {}
impl Step for paint {
    const NAME: &'static str = "paint";
    type Input = ();
    type Output = ();
    type Error = Failure;
    type Undo = undo::Compensated;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(_: &StepContext, (): ()) -> Result<(), Failure> {
        Ok(())
    }
    fn related(registry: &mut Registry) {
        registry.step::<rinse>();
    }
    fn compensation((): (), _: &Given<'_, Self>) -> Option<Compensation> {
        Some(Compensates::undoing(StepCall::<rinse>::new(())))
    }
}

/// Also for what only a rollback would need, in a child.
#[tokio::test(start_paused = true)]
async fn start_refuses_what_cannot_work() {
    saga!(painting, |cx, input| [a] {
        a.at(&cx, 1, &[], StepCall::<paint>::new(())).await?;
        Ok("painted".to_owned())
    });
    saga!(renovation, |cx, input| [c] {
        Ok(c.at(&cx, 1, &[], painting::call()).await?)
    });
    mod other {
        use super::*;
        saga!(trip, |cx, input| [a] {
            Ok(a.at(&cx, 1, &[], hold("train")).await?)
        });
        step!(hold: Compensated, Fallible, Keyed, ByKey; by release);
    }
    saga!(clash, |cx, input| [a, b] {
        a.at(&cx, 1, &[], hold("one")).await?;
        Ok(b.at(&cx, 1, &[], StepCall::<other::hold>::new(Item::new("two")).named("two")).await?)
    });
    let empty = || Runtime::builder(MemoryStore::new());
    let full = || empty().resource(World::new());
    let missing = empty().saga::<renovation>().start().await.unwrap_err();
    // The text that a `main` shows when it returns the error.
    let shown = format!("{missing:?}");
    assert!(shown.starts_with("step rinse takes `&") && shown.contains("`.resource(…)`"), "{shown}");
    match missing {
        StartError::MissingResource { step, type_name } => {
            assert_eq!((step.as_str(), type_name), ("rinse", std::any::type_name::<Water>()));
        }
        other => panic!("{other}"),
    }
    assert!(empty().resource(Water).saga::<renovation>().start().await.is_ok());
    let clashing = full().saga::<trip>().saga::<other::trip>().start().await.unwrap_err();
    assert_eq!(clashing.to_string(), "two sagas are named \"trip\"");
    let clashing = full().saga::<clash>().start().await.unwrap_err();
    assert_eq!(clashing.to_string(), "two steps are named \"hold\"");
    assert!(full().saga::<trip>().saga::<trip>().start().await.is_ok(), "twice the same is no clash");
    assert!(matches!(full().start().await.unwrap_err(), StartError::NoSagas));
}

/// Running attempts get their time, nothing new begins, and no saga counts a death.
#[tokio::test(start_paused = true)]
async fn shutdown_drains_and_leaves_the_rest_for_the_next() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<trip>().saga::<stroll>()).await;
    let waiting = test.run("waiting", SagaCall::<stroll>::new("wait".to_owned())).await.unwrap();
    let running = test.run("running", trip::call()).await.unwrap();
    world.called("hold flight", 1).in_time().await;
    let down = {
        let runtime = test.runtime().clone();
        tokio::spawn(async move { runtime.shutdown().await })
    };
    test.pass(SECOND).await;
    assert!(!down.is_finished(), "the attempt has its time");
    let refused = test.run("late", trip::call()).await.unwrap_err();
    assert!(matches!(refused, RunError::ShuttingDown), "{refused}");
    world.open("hold flight");
    down.await.unwrap();
    assert_eq!((test.runtime().running(), world.calls("mail ticket")), (0, 0), "nothing new begins");
    assert_eq!(count(running.any(), |r| matches!(r, Record::Done { .. })).await, 1, "what ended is recorded");
    let page = test.runtime().sagas(&Query::default()).await.unwrap().sagas;
    assert!(page.iter().all(|s| !s.held && s.status.deaths == 0), "{page:?}");
    test.restart().await.unwrap();
    let handle = test.run("running", trip::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    let woken = test.find(waiting.id()).await.unwrap().unwrap();
    woken.signal("rain", "1", &()).await.unwrap();
    until_phase(&woken, Phase::Completed).await;
    assert_eq!((world.calls("hold flight"), world.calls("mail ticket")), (1, 1));
    world.agrees(handle.any()).await;
}

/// Attempts get the time of the shutdown. What is then still in flight is in doubt, and counts no death.
#[tokio::test(start_paused = true)]
async fn a_shutdown_within_a_time_releases_what_is_in_flight() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<trip>().saga::<stroll>().saga::<visa>()).await;
    let waiting = test.run("waiting", SagaCall::<stroll>::new("wait".to_owned())).await.unwrap();
    until_phase(waiting.any(), Phase::Waiting).await;
    let running = test.run("running", trip::call()).await.unwrap();
    world.called("hold flight", 1).in_time().await;
    let began = test.now();
    assert_eq!(test.runtime().shutdown_within(5 * SECOND).await, 1, "one attempt was in flight");
    assert_eq!(test.now().since(began), 5 * SECOND);
    assert_eq!(test.runtime().running(), 0);
    let page = test.runtime().sagas(&Query::default()).await.unwrap().sagas;
    assert!(page.iter().all(|s| !s.held), "{page:?}");
    assert_eq!(
        count(running.any(), |r| matches!(
            r,
            Record::AttemptEnded { trouble: AttemptError::Interrupted, .. }
        ))
        .await,
        0,
        "that is for the next worker"
    );
    test.restart().await.unwrap();
    let handle = test.run("running", trip::call()).await.unwrap();
    let page = test.runtime().sagas(&Query::default()).await.unwrap().sagas;
    assert!(page.iter().all(|s| s.status.deaths == 0), "a release is no death: {page:?}");
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    assert_eq!(
        count(handle.any(), |r| matches!(r, Record::AttemptEnded { trouble: AttemptError::Interrupted, .. }))
            .await,
        1
    );
    assert_eq!((world.calls("hold flight"), world.calls("mail ticket")), (2, 1), "again, under its key");
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_within_a_time_ends_as_soon_as_it_can() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<stroll>()).await;
    let waiting = test.run("waiting", SagaCall::<stroll>::new("wait".to_owned())).await.unwrap();
    until_phase(waiting.any(), Phase::Waiting).await;
    let began = test.now();
    assert_eq!(test.runtime().shutdown_within(60 * SECOND).await, 0);
    assert!(test.now().since(began) < SECOND);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_driven_than_there_is_leave_for() {
    let world = World::new();
    world.always("hold flight", Fault::Hang);
    let mut test = started(&world, |b| b.running_max(3).saga::<trip>()).await;
    for n in 0..20 {
        test.run(format!("{n}"), trip::call()).await.unwrap();
        assert!(test.runtime().running() <= 3);
    }
    test.pass(SECOND).await;
    assert_eq!((test.runtime().running(), world.calls("hold flight")), (3, 3));
    let scheduled = Query { phases: vec![Phase::Scheduled], ..Query::default() };
    assert_eq!(test.runtime().sagas(&scheduled).await.unwrap().sagas.len(), 17);
    test.crash().await.unwrap();
    test.pass(SECOND).await;
    assert_eq!(test.runtime().running(), 3);
    world.open("hold flight");
    let began = test.now();
    for n in 0..20 {
        let handle = test.run(format!("{n}"), trip::call()).await.unwrap();
        assert!(handle.outcome().in_time().await.unwrap().is_completed());
        assert!(test.runtime().running() <= 3);
        world.agrees(handle.any()).await;
    }
    assert!(
        test.now().since(began) < 5 * SECOND,
        "each makes room for the next: {:?}",
        test.now().since(began)
    );
}

/// The stream has all records from the first to the end, whether it starts early, in the middle, or afterwards.
#[tokio::test(start_paused = true)]
async fn watch_is_a_stream_of_all_records() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    let early = tokio::spawn(handle.watch().into_stream().map(Result::unwrap).collect::<Vec<_>>());
    world.called("hold flight", 1).in_time().await;
    let middle = tokio::spawn(handle.watch().into_stream().map(Result::unwrap).collect::<Vec<_>>());
    test.pass(HOUR / 100).await;
    world.open("hold flight");
    handle.outcome().in_time().await.unwrap();
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    let late: Vec<_> = handle.watch().into_stream().map(Result::unwrap).collect().await;
    let journal = handle.journal().await.unwrap();
    assert_eq!(
        (early.await.unwrap(), middle.await.unwrap(), late),
        (journal.clone(), journal.clone(), journal)
    );
}

/// A dead letter moves only by an act: an observer is told so, and hears what comes after it.
#[tokio::test(start_paused = true)]
async fn watch_ends_at_a_dead_letter_and_goes_on_after_an_act() {
    let world = World::new();
    world.script("stamp visa", [Fault::TimeoutLost]);
    let test = started(&world, |b| b.saga::<visa>()).await;
    let handle = test.run("a", visa::call()).await.unwrap();
    let mut watch = handle.watch();
    let mut heard = Vec::new();
    while let Some(entry) = watch.next().in_time().await.unwrap() {
        heard.push(entry);
    }
    assert_eq!(handle.phase().await.unwrap(), Phase::DeadLettered);
    handle.abandon(ann()).await.unwrap();
    while let Some(entry) = watch.next().in_time().await.unwrap() {
        heard.push(entry);
    }
    assert_eq!(heard, handle.journal().await.unwrap());
    assert!(heard.len() > 2 && matches!(heard.last().unwrap().record, Record::Abandoned { .. }), "{heard:?}");
}

/// Records arrive when they are made, not at the next poll.
#[tokio::test(start_paused = true)]
async fn watch_hears_at_once() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    let watching = tokio::spawn({
        let (handle, runtime) = (handle.clone(), test.runtime().clone());
        async move {
            let mut watch = handle.watch();
            let mut heard = Vec::new();
            while let Some(entry) = watch.next().await.unwrap() {
                heard.push(runtime.now().since(entry.at));
            }
            heard
        }
    });
    test.pass(SECOND).await;
    world.open("hold flight");
    let heard = watching.await.unwrap();
    assert!(heard.len() > 4 && heard.iter().all(|after| *after < SECOND / 20), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn sagas_are_listed_in_pages() {
    let world = World::new();
    world.always("stamp visa", Fault::DoubtLost);
    let test = started(&world, |b| b.saga::<trip>().saga::<stroll>().saga::<visa>()).await;
    for n in 0..25 {
        test.run(format!("trip {n:02}"), trip::call()).await.unwrap().outcome().in_time().await.unwrap();
        if n % 5 == 0 {
            test.run(format!("visa {n:02}"), visa::call()).await.unwrap().outcome().in_time().await.unwrap();
        }
    }
    test.run("stroll", SagaCall::<stroll>::new("wait".to_owned())).await.unwrap();
    test.pass(SECOND).await;
    let all = async |query: Query| {
        let (mut ids, mut pages, mut after) = (Vec::new(), 0, None);
        loop {
            let page = test.runtime().sagas(&Query { after, limit: 10, ..query.clone() }).await.unwrap();
            assert!(page.sagas.len() <= 10);
            ids.extend(page.sagas.iter().map(|s| s.id.to_string()));
            pages += 1;
            after = page.next;
            if after.is_none() {
                return (ids, pages);
            }
        }
    };
    let (ids, pages) = all(Query::default()).await;
    assert_eq!((ids.len(), pages), (31, 4));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 31, "none twice");
    assert_eq!((ids[0].as_str(), ids[30].as_str()), ("trip 00", "stroll"), "oldest first");
    assert_eq!(all(Query { saga: Some("trip".to_owned()), ..Query::default() }).await.0.len(), 25);
    let phases = vec![Phase::DeadLettered, Phase::Waiting];
    let (ids, _) = all(Query { phases, ..Query::default() }).await;
    assert_eq!(ids, ["visa 00", "visa 05", "visa 10", "visa 15", "visa 20", "stroll"]);
    assert_eq!(all(Query { reason: Some(Reason::InDoubt), ..Query::default() }).await.0.len(), 5);
    assert_eq!(all(Query { reason: Some(Reason::PoisonPill), ..Query::default() }).await, (vec![], 1));
}

#[tokio::test(start_paused = true)]
async fn purge_spares_what_may_be_needed() {
    let world = World::new();
    world.always("stamp visa", Fault::DoubtLost);
    let test = started(&world, |b| b.saga::<trip>().saga::<stroll>().saga::<visa>()).await;
    let gone = test.run("completed past no return", trip::call()).await.unwrap();
    gone.outcome().in_time().await.unwrap();
    test.run("undoable", stroll::call()).await.unwrap().outcome().in_time().await.unwrap();
    test.run("dead letter", visa::call()).await.unwrap().outcome().in_time().await.unwrap();
    test.run("waiting", SagaCall::<stroll>::new("wait".to_owned())).await.unwrap();
    test.pass(HOUR).await;
    let cut = test.now();
    test.pass(HOUR).await;
    test.run("recent", trip::call()).await.unwrap().outcome().in_time().await.unwrap();
    let ids = async || {
        let page = test.runtime().sagas(&Query::default()).await.unwrap();
        page.sagas.iter().map(|s| s.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(test.runtime().purge(Timestamp(0)).await.unwrap(), 0);
    assert_eq!(test.runtime().purge(cut).await.unwrap(), 1);
    assert_eq!(ids().await, ["undoable", "dead letter", "waiting", "recent"]);
    assert!(test.find(gone.id()).await.unwrap().is_none());
    assert!(matches!(gone.look().await.unwrap_err(), LookError::NoSuchSaga { .. }));
    assert!(matches!(gone.cancel(ann()).await.unwrap_err(), ActError::Deliver(_)));
    assert_eq!(test.runtime().purge(Purge { ended_before: cut, undoable_too: true }).await.unwrap(), 1);
    assert_eq!(ids().await, ["dead letter", "waiting", "recent"]);
    // Sagas that were not purged continue.
    let waiting = test.find(&SagaId::new("waiting").unwrap()).await.unwrap().unwrap();
    waiting.signal("rain", "1", &()).await.unwrap();
    until_phase(&waiting, Phase::Completed).await;
}

#[tokio::test(start_paused = true)]
async fn find_gives_what_is_there() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let id = SagaId::new("a").unwrap();
    assert!(test.find(&id).await.unwrap().is_none());
    let handle = test.run(id.clone(), trip::call()).await.unwrap();
    let found = test.find(&id).await.unwrap().unwrap();
    assert_eq!((found.id(), found.phase().await.unwrap()), (&id, Phase::Running));
    world.open("hold flight");
    handle.outcome().in_time().await.unwrap();
    assert_eq!(test.find(&id).await.unwrap().unwrap().phase().await.unwrap(), Phase::Completed);
}

/// Every handle shows the present state, whichever operator has acted.
#[tokio::test(start_paused = true)]
async fn handles_do_not_go_stale() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::new()));
    world.script("stamp visa", [Fault::DoubtLanded]);
    let start = async || {
        let builder = Runtime::builder(store.clone()).resource(world.clone());
        builder.clock(Arc::new(SystemClock::at(test::BEGINNING))).saga::<visa>().start().await.unwrap()
    };
    let (here, there) = (start().await, start().await);
    let handle = here.run("a", visa::call()).await.unwrap();
    dead_lettered(&handle).await;
    let from_there = there.find(handle.id()).await.unwrap().unwrap();
    from_there.resolve_happened(site("visa"), &id_of(&world, "stamp visa"), ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    from_there.undo(ann()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::Completed { undone, .. } => assert_eq!(undone, saga_core::Undone::Whole),
        other => panic!("{other:?}"),
    }
    world.agrees(handle.any()).await;
}

/// An act through another runtime gets the same refusal as one through the driving runtime.
#[tokio::test(start_paused = true)]
async fn refusals_come_through_another_runtime() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::new()));
    world.script("mail ticket", [Fault::Hang]);
    let start = async || {
        let builder = Runtime::builder(store.clone()).resource(world.clone());
        builder.clock(Arc::new(SystemClock::at(test::BEGINNING))).saga::<trip>().start().await.unwrap()
    };
    let (here, there) = (start().await, start().await);
    let handle = here.run("a", trip::call()).await.unwrap();
    world.called("mail ticket", 1).in_time().await;
    let from_there = there.find(handle.id()).await.unwrap().unwrap();
    from_there.signal("rain", "1", &()).await.unwrap();
    assert!(matches!(refusal(from_there.signal("rain", "1", &()).await), Refusal::Duplicate { .. }));
    assert!(matches!(refusal(from_there.approve(ann()).await), Refusal::NoQuestion { .. }));
    let phase = Phase::Running;
    assert_eq!(refusal(from_there.redrive(ann()).await), Refusal::NotDeadLettered { phase });
    world.open("mail ticket");
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
}
