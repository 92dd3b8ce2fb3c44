//! Sleeps, signals, approvals, recorded values and deadlines, over crashes and while the saga is released.
//!
//! Mutants seen to fail here: waiting sagas never released; a signal taken twice; a deadline that runs in a rollback
//! (hangs).
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::record::Verdict;
use saga_core::{Cause, Record, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);

fn near(took: Duration, wanted: Duration) {
    assert!(took >= wanted && took <= wanted + SECOND, "{took:?}, not {wanted:?}");
}

saga!(sleeper, |cx, input| [a, s, b] {
    a.at(&cx, 1, &[], set("bed")).await?;
    s.at(&cx, 1, &[], sleep("2h")).await;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("awake".to_owned())
});

#[tokio::test(start_paused = true)]
async fn a_sleep_goes_on_over_crashes() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<sleeper>()).await;
    let began = test.now();
    let handle = test.run("a", sleeper::call()).await.unwrap();
    for _ in 0..3 {
        test.pass(HOUR / 2).await;
        assert_eq!((test.runtime().running(), handle.phase().await.unwrap()), (0, Phase::Waiting));
        test.crash().await.unwrap();
    }
    let handle = test.run("a", sleeper::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    near(test.now().since(began), 2 * HOUR);
    assert_eq!(count(handle.any(), |r| matches!(r, Record::Timer { .. })).await, 1);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn a_sleep_that_ended_while_nothing_ran_ends_at_once() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<sleeper>()).await;
    test.run("a", sleeper::call()).await.unwrap();
    test.pass(SECOND).await;
    test.die().await;
    test.pass(10 * HOUR).await;
    test.restart().await.unwrap();
    let began = test.now();
    let handle = test.run("a", sleeper::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    near(test.now().since(began), Duration::ZERO);
    world.agrees(handle.any()).await;
}

/// A thousand waiting sagas use no memory, and all are woken.
#[tokio::test(start_paused = true)]
async fn what_waits_is_not_driven() {
    let world = World::new();
    let test = started(&world, |b| b.running_max(100).saga::<sleeper>()).await;
    let mut handles = Vec::new();
    for n in 0..1000 {
        handles.push(test.run(format!("{n}"), sleeper::call()).await.unwrap());
    }
    test.pass(MINUTE).await;
    assert_eq!((test.runtime().running(), world.landed("set bed")), (0, 1000));
    test.pass(2 * HOUR).await;
    assert_eq!((test.runtime().running(), world.landed("charge card")), (0, 1000));
    for handle in handles {
        assert!(handle.outcome().in_time().await.unwrap().is_completed());
    }
}

/// A saga is not released for waits shorter than is worthwhile.
#[tokio::test(start_paused = true)]
async fn a_short_wait_lingers() {
    saga!(nap, |cx, input| [s] {
        s.at(&cx, 1, &[], sleep("800ms")).await;
        Ok("awake".to_owned())
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<nap>()).await;
    let began = test.now();
    let handle = test.run("a", nap::call()).await.unwrap();
    test.pass(Duration::from_millis(400)).await;
    assert_eq!(test.runtime().running(), 1);
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    assert!(test.now().since(began) <= Duration::from_millis(801));
}

saga!(two_parcels, |cx, input| [a, b, c] {
    let first = a.at(&cx, 1, &[], signal::<String>("parcel")).await;
    b.at(&cx, 1, &[], set("shelf")).await?;
    let second = c.at(&cx, 2, &[], signal::<String>("parcel")).await;
    Ok(format!("{first}, {second}"))
});

#[tokio::test(start_paused = true)]
async fn signals_early_late_and_twice() {
    let world = World::new();
    world.script("set shelf", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<two_parcels>()).await;
    let handle = test.run("a", two_parcels::call()).await.unwrap();
    test.pass(SECOND).await;
    assert_eq!(test.runtime().running(), 0);
    handle.signal("letter", "0", &"for nobody").await.unwrap();
    handle.signal("parcel", "1", &"books").await.unwrap();
    world.called("set shelf", 1).in_time().await;
    // It is early for the second wait: it is kept, also over a crash.
    handle.signal("parcel", "2", &"shoes").await.unwrap();
    for id in ["1", "2"] {
        let again = refusal(handle.signal("parcel", id, &"the same again").await);
        assert_eq!(again, Refusal::Duplicate { id: id.to_owned() });
    }
    handle.signal("parcel", "3", &"a hat").await.unwrap();
    test.crash().await.unwrap();
    world.open("set shelf");
    let handle = test.run("a", two_parcels::call()).await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "books, shoes");
    let late = refusal(handle.signal("parcel", "4", &"too late").await);
    assert_eq!(late, Refusal::Ended { phase: Phase::Completed });
    assert_eq!(count(handle.any(), |r| matches!(r, Record::Signalled { .. })).await, 4);
    world.agrees(handle.any()).await;
}

/// Two concurrent waits for one name get a signal each, in the order of arrival.
#[tokio::test(start_paused = true)]
async fn two_waits_at_once_get_one_signal_each() {
    saga!(both, |cx, input| [w] {
        let waits = (signal::<String>("parcel"), signal::<String>("parcel").within("1h"));
        let (a, b) = w.at(&cx, 1, &[], all(waits)).await?;
        Ok(format!("{a}, {b}"))
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<both>()).await;
    let handle = test.run("a", both::call()).await.unwrap();
    handle.signal("parcel", "1", &"books").await.unwrap();
    assert_eq!(handle.phase().await.unwrap(), Phase::Waiting);
    handle.signal("parcel", "2", &"shoes").await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "books, shoes");
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_does_not_come_in_time() {
    saga!(bounded, |cx, input| [a, b] {
        let first = a.at(&cx, 1, &[], signal::<String>("parcel").within("1h")).await;
        let second = b.at(&cx, 2, &[], signal::<String>("parcel")).await;
        Ok(format!("{first:?}, {second}"))
    });
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<bounded>()).await;
    let began = test.now();
    test.run("a", bounded::call()).await.unwrap();
    test.pass(MINUTE).await;
    test.crash().await.unwrap();
    let handle = test.run("a", bounded::call()).await.unwrap();
    until(handle.any(), |s| s.site(&site("signal#2")).is_some()).await;
    near(test.now().since(began), HOUR);
    // It is late for the first wait, and in time for the second.
    handle.signal("parcel", "1", &"books").await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "Err(Expired), books");
}

/// The sender's payload is not of the type that the saga expects: it is refused, and the saga keeps waiting.
#[tokio::test(start_paused = true)]
async fn a_signal_of_another_type_is_refused() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<two_parcels>()).await;
    let handle = test.run("a", two_parcels::call()).await.unwrap();
    until(handle.any(), |s| s.site(&site("signal")).is_some()).await;
    let refused = refusal(handle.signal("parcel", "1", &7).await);
    assert!(
        matches!(&refused, Refusal::SignalRefused { why, .. } if why.contains("no alloc::string::String: invalid type: integer, expected a string")),
        "{refused}"
    );
    handle.cancel(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    let ended = refusal(handle.signal("parcel", "2", &"books").await);
    assert_eq!(ended, Refusal::Ended { phase: Phase::RolledBack });
}

/// A signal through another runtime on the same store wakes the saga.
#[tokio::test(start_paused = true)]
async fn woken_from_another_runtime() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::new()));
    let start = async |store: &Arc<MemoryStore>, name: &str| {
        let builder = Runtime::builder(store.clone()).resource(world.clone()).worker_name(name);
        builder.clock(Arc::new(SystemClock::at(test::BEGINNING))).saga::<two_parcels>().start().await.unwrap()
    };
    let here = start(&store, "here").await;
    let handle = here.run("a", two_parcels::call()).await.unwrap();
    tokio::time::sleep(MINUTE).await;
    let there = start(&store, "there").await;
    let from_there = there.find(handle.id()).await.unwrap().unwrap();
    from_there.signal("parcel", "1", &"books").await.unwrap();
    world.called("set shelf", 1).in_time().await;
    from_there.signal("parcel", "2", &"shoes").await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "books, shoes");
    assert_eq!(world.landed("set shelf"), 1);
}

saga!(asking, |cx, input| [a, q, b] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    let approved = match input.as_str() {
        "bounded" => q.at(&cx, 1, &[], approve("Fly?").within("2h")).await?,
        _ => q.at(&cx, 1, &[], approve("Fly?")).await?,
    };
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok(approved.by.to_string())
});

#[tokio::test(start_paused = true)]
async fn approved_denied_and_expired() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<asking>()).await;
    let approved = test.run("approved", asking::call()).await.unwrap();
    let denied = test.run("denied", asking::call()).await.unwrap();
    let began = test.now();
    let call = || SagaCall::<asking>::new("bounded".to_owned());
    test.run("expired", call()).await.unwrap();
    test.pass(HOUR).await;
    assert_eq!(test.runtime().running(), 0);
    approved.approve(By::new("carol", "cheap enough")).await.unwrap();
    assert_eq!(approved.outcome().in_time().await.unwrap().completed().unwrap(), "carol (cheap enough)");
    test.crash().await.unwrap();
    let denied = test.run(denied.id().clone(), asking::call()).await.unwrap();
    denied.deny(By::new("dave", "too dear")).await.unwrap();
    let cause = async |handle: &Handle<asking>| match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause, .. } => cause.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(cause(&denied).await, "denied by dave (too dear)");
    let expired = test.run("expired", call()).await.unwrap();
    assert_eq!(cause(&expired).await, "no answer came in time");
    near(test.now().since(began), 2 * HOUR);
    assert_eq!(refusal(expired.approve(ann()).await), Refusal::Ended { phase: Phase::RolledBack });
    let is_denied =
        |verdict: &Verdict| matches!(verdict, Verdict::Denied(by) if by.to_string() == "dave (too dear)");
    let has_expired = |verdict: &Verdict| *verdict == Verdict::Expired;
    for (handle, is_it) in [(&denied, &is_denied as &dyn Fn(&Verdict) -> bool), (&expired, &has_expired)] {
        assert_eq!(
            count(handle.any(), |r| matches!(r, Record::Answered { verdict, .. } if is_it(verdict))).await,
            1
        );
        world.agrees(handle.any()).await;
    }
    assert_eq!((world.landed("charge card"), world.landed("release flight")), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn several_questions_are_answered_by_site() {
    saga!(two, |cx, input| [q, s] {
        q.at(&cx, 1, &[], all((approve("A?"), approve("B?")))).await?;
        s.at(&cx, 1, &[], signal::<()>("end")).await;
        Ok("yes".to_owned())
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<two>()).await;
    let handle = test.run("a", two::call()).await.unwrap();
    let sites = vec![site("all.0/approve"), site("all.1/approve")];
    match refusal(handle.approve(ann()).await) {
        Refusal::WhichQuestion { sites: mut open } => {
            open.sort();
            assert_eq!(open, sites);
        }
        other => panic!("{other}"),
    }
    let nowhere = refusal(handle.approve(ann()).at(site("approve")).await);
    assert_eq!(nowhere, Refusal::NoQuestion { site: Some(site("approve")) });
    handle.approve(ann()).at(sites[1].clone()).await.unwrap();
    assert_eq!(
        refusal(handle.deny(ann()).at(sites[1].clone()).await),
        Refusal::NoQuestion { site: Some(sites[1].clone()) }
    );
    handle.approve(ann()).await.unwrap();
    assert_eq!(refusal(handle.approve(ann()).await), Refusal::NoQuestion { site: None });
    handle.signal("end", "1", &()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
}

/// The body reads the same time and the same id again; values made from them fit the journal.
#[tokio::test(start_paused = true)]
async fn now_and_uuid_are_the_same_after_a_crash() {
    saga!(stamped, |cx, input| [n, u, a, b] {
        let at: Timestamp = n.at(&cx, 1, &[], now()).await;
        let id = u.at(&cx, 1, &[], uuid()).await.to_string();
        a.at(&cx, 1, &[], StepCall::<set>::new(Item::new(&format!("{}-{id}", at.0))).named("note")).await?;
        b.at(&cx, 1, &[], post("card")).await?;
        Ok(format!("{}-{id}", at.0))
    });
    let world = World::new();
    world.script("post card", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<stamped>()).await;
    test.pass(MINUTE).await;
    let began = test.now();
    test.run("a", stamped::call()).await.unwrap();
    test.run("b", stamped::call()).await.unwrap();
    world.called("post card", 2).in_time().await;
    test.pass(MINUTE).await;
    test.crash().await.unwrap();
    let a =
        test.run("a", stamped::call()).await.unwrap().outcome().in_time().await.unwrap().completed().unwrap();
    let b =
        test.run("b", stamped::call()).await.unwrap().outcome().in_time().await.unwrap().completed().unwrap();
    assert!(a.starts_with(&format!("{}-", began.0)), "{a}");
    assert_ne!(a, b);
    assert_eq!(world.told()[..2], [format!("set {a}"), format!("set {b}")]);
}

saga!(hurried, deadline HOUR, |cx, input| [a, b, w, s, c, d] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], set("hotel")).await?;
    if input == "signal" {
        w.at(&cx, 1, &[], signal::<()>("go")).await;
    }
    c.at(&cx, 1, &[], charge("card")).await?;
    s.at(&cx, 1, &[], sleep("2h")).await;
    d.at(&cx, 1, &[], mail("ticket")).await;
    Ok("done".to_owned())
});

/// A released saga is woken by its deadline.
#[tokio::test(start_paused = true)]
async fn a_deadline_while_it_waits_rolls_back() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<hurried>()).await;
    let began = test.now();
    let call = || SagaCall::<hurried>::new("signal".to_owned());
    test.run("a", call()).await.unwrap();
    test.pass(MINUTE).await;
    assert_eq!(test.runtime().running(), 0);
    test.crash().await.unwrap();
    let handle = test.run("a", call()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause, .. } => assert_eq!(cause, Cause::Deadline),
        other => panic!("{other:?}"),
    }
    near(test.now().since(began), HOUR);
    assert_eq!(world.told(), ["hold flight", "set hotel", "unset hotel", "release flight"]);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_past_the_point_of_no_return_only_marks() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<hurried>()).await;
    let began = test.now();
    let handle = test.run("a", hurried::call()).await.unwrap();
    test.pass(HOUR + MINUTE).await;
    assert!(handle.look().await.unwrap().is_overdue());
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    near(test.now().since(began), 2 * HOUR);
    assert_eq!(count(handle.any(), |r| matches!(r, Record::Overdue)).await, 1);
    world.agrees(handle.any()).await;
}

/// The deadline passes while an irreversible step is in flight: the step settles first, and decides.
#[tokio::test(start_paused = true)]
async fn a_deadline_waits_for_an_irreversible_step() {
    saga!(late, deadline SECOND, |cx, input| [a, b] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], charge("card")).await?;
        Ok("done".to_owned())
    });
    for (fault, done) in [(Fault::TimeoutLanded, true), (Fault::TimeoutLost, false)] {
        let world = World::new();
        world.script("charge card", [fault]);
        let test = started(&world, |b| b.saga::<late>()).await;
        let handle = test.run("a", late::call()).await.unwrap();
        let outcome = handle.outcome().in_time().await.unwrap();
        assert_eq!((outcome.is_completed(), outcome.is_rolled_back()), (done, !done), "{outcome:?}");
        assert_eq!(handle.look().await.unwrap().is_overdue(), done);
        assert_eq!(world.calls("charge card"), 1);
        world.agrees(handle.any()).await;
    }
}

/// A deadline does not run in a rollback, which may take its time.
#[tokio::test(start_paused = true)]
async fn a_deadline_does_not_run_in_a_rollback() {
    saga!(brief, deadline SECOND, |cx, input| [a, b] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], charge("card")).await?;
        Ok("done".to_owned())
    });
    let world = World::new();
    world.always("charge card", Fault::Permanent).script("release flight", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<brief>()).await;
    let handle = test.run("a", brief::call()).await.unwrap();
    world.called("release flight", 1).in_time().await;
    test.pass(MINUTE / 2).await;
    world.open("release flight");
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause, .. } => assert_eq!(cause.to_string(), "charge card is refused"),
        other => panic!("{other:?}"),
    }
    assert_eq!(count(handle.any(), |r| matches!(r, Record::StopRequested { .. } | Record::Overdue)).await, 1);
    assert_eq!(world.calls("release flight"), 1);
    world.agrees(handle.any()).await;
}
