//! What a worker does with the sagas that another left, and with wake-ups, timeouts and panics: scenarios 20–29 of
//! `docs/scenarios.md`, defects found in other engines.
//!
//! Mutants seen to fail here: journals read as one page (s23); dead workers' sagas not claimed (s21, s22); an
//! unreadable journal lost instead of dead-lettered (s29 hangs); a stop that does not wait for what runs (s25's twin in
//! `cancel.rs`).
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::store::{Append, Query, Status, Store};
use saga_core::{Entry, Payload, Record, Rollback, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);

saga!(trip, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], book("hotel")).await?;
    c.at(&cx, 1, &[], charge("card")).await?;
    Ok("booked".to_owned())
});

saga!(parcel, |cx, input| [a, w] {
    a.at(&cx, 1, &[], set("label")).await?;
    Ok(w.at(&cx, 1, &[], signal::<String>("arrived")).await)
});

/// Starts a runtime of its own on a shared store.
async fn worker(store: Arc<dyn Store>, world: &World, name: &str) -> Runtime {
    let builder = Runtime::builder(store).resource(world.clone()).worker_name(name);
    builder
        .clock(Arc::new(SystemClock::at(test::BEGINNING)))
        .saga::<trip>()
        .saga::<parcel>()
        .start()
        .await
        .unwrap()
}

async fn steps_back(handle: &AnyHandle) -> usize {
    let journal = handle.journal().await.unwrap();
    journal.iter().filter(|e| matches!(e.record, Record::RollbackStarted { .. })).count()
}

/// The signal may come at any moment around the release of its saga. The saga then continues at once, not at the next
/// poll.
#[tokio::test(start_paused = true)]
async fn s20_a_wake_up_that_meets_the_release_is_not_lost() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<parcel>()).await;
    let elsewhere = worker(test.store(), &world, "elsewhere").await;
    let mut sagas = Vec::new();
    for turns in 0..60 {
        let id = format!("{turns}");
        let handle = test.run(id.clone(), parcel::call()).await.unwrap();
        let sender = if turns % 2 == 0 { test.runtime().clone() } else { elsewhere.clone() };
        let began = test.now();
        sagas.push(tokio::spawn(async move {
            for _ in 0..turns / 2 {
                tokio::task::yield_now().await;
            }
            let there = sender.find(handle.id()).await.unwrap().unwrap();
            there.signal("arrived", "1", &id).await.unwrap();
            assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), id);
            sender.now().since(began)
        }));
    }
    for saga in sagas {
        // Sagas of another worker are polled every half second.
        let took = saga.await.unwrap();
        assert!(took <= Duration::from_millis(510), "woken after {took:?}");
    }
    assert_eq!(world.told().len(), 60);
}

/// A signal comes at the instant at which the wait ends: one of them counts, and the saga continues.
#[tokio::test(start_paused = true)]
async fn s20_a_wake_up_at_the_instant_of_another() {
    saga!(patient, |cx, input| [w] {
        let came = w.at(&cx, 1, &[], signal::<String>("arrived").within("1m")).await;
        Ok(came.unwrap_or_else(|Expired| "nothing".to_owned()))
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<patient>()).await;
    for n in 0..20 {
        let handle = test.run(format!("{n}"), patient::call()).await.unwrap();
        let began = test.now();
        let (signalling, at) =
            (handle.clone(), MINUTE - Duration::from_millis(10) + Duration::from_millis(n));
        let sent = tokio::spawn(async move {
            tokio::time::sleep(at).await;
            signalling.signal("arrived", "1", &"parcel").await
        });
        let outcome = handle.outcome().in_time().await.unwrap().completed().unwrap();
        assert!(test.now().since(began) <= MINUTE + Duration::from_millis(5));
        let sent = sent.await.unwrap();
        match outcome.as_str() {
            "parcel" => assert!(sent.is_ok(), "{sent:?}"),
            _ => assert!(at >= MINUTE, "it came {at:?} after the start, and was not taken"),
        }
    }
}

/// The stalled worker has the name of its successor. Its number differs, and it writes nothing.
#[tokio::test(start_paused = true)]
async fn s21_a_namesake_is_not_its_predecessor() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::new()));
    world.watch(store.clone());
    let valve = Valve::new(store.clone());
    let first = worker(valve.clone(), &world, "the worker").await;
    world.script("hold flight", [Fault::Hang]);
    let handle = first.run("a", trip::call()).await.unwrap();
    world.called("hold flight", 1).in_time().await;
    valve.all(Flow::Frozen);
    let second = worker(store.clone(), &world, "the worker").await;
    let there = second.find(handle.id()).await.unwrap().unwrap();
    // The lease of the first ends after some time; only then the second claims the saga.
    world.called("hold flight", 2).in_time().await;
    let before = there.journal().await.unwrap();
    assert!(before.iter().any(|e| matches!(e.record, Record::AttemptEnded { doubt: true, .. })));
    valve.all(Flow::Open);
    world.open("hold flight");
    tokio::time::sleep(HOUR).await;
    assert_eq!(there.phase().await.unwrap(), Phase::Completed);
    world.agrees(&there).await;
    assert_eq!(world.told(), ["hold flight", "book hotel", "charge card"]);
    drop(first);
}

/// A worker dies while another has long been running. The other recovers its sagas without a restart.
#[tokio::test(start_paused = true)]
async fn s22_a_dead_workers_sagas_are_taken_up_by_one_that_runs() {
    let (world, store) = (World::new(), Arc::new(MemoryStore::new()));
    world.watch(store.clone());
    let survivor = worker(store.clone(), &world, "survivor").await;
    tokio::time::sleep(HOUR).await;
    let dying = worker(store.clone(), &world, "dying").await;
    world.script("hold flight", [Fault::Hang]);
    let id = dying.run("a", trip::call()).await.unwrap().id().clone();
    world.called("hold flight", 1).in_time().await;
    drop(dying);
    let died = survivor.now();
    let handle = survivor.find(&id).await.unwrap().unwrap();
    world.called("charge card", 1).in_time().await;
    assert!(survivor.now().since(died) < Duration::from_secs(60), "a lease of 30 s and a look");
    tokio::time::sleep(HOUR).await;
    assert_eq!(handle.phase().await.unwrap(), Phase::Completed);
    world.agrees(&handle).await;
}

/// A journal longer than any page, written partly before and partly after a crash.
#[tokio::test(start_paused = true)]
async fn s23_a_history_longer_than_a_page() {
    saga!(long, |cx, input| [n, s, h] {
        let mut turns = 0;
        loop {
            let turn = cx.turn(&mut turns, Some(2000), "the loop").await;
            if turn == 1500 {
                break;
            }
            n.at(&cx, 1, &[turn], now()).await;
            if turn % 100 == 0 {
                s.at(&cx, 1, &[turn], set("page")).await?;
            }
        }
        h.at(&cx, 1, &[], post("card")).await?;
        Ok(turns.to_string())
    });
    let world = World::new();
    world.script("post card", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<long>()).await;
    let id = test.run("a", long::call()).await.unwrap().id().clone();
    world.called("post card", 1).in_time().await;
    test.crash().await.unwrap();
    let handle = test.find(&id).await.unwrap().unwrap();
    let mut watch = handle.watch();
    let mut seen = Vec::new();
    while let Some(entry) = watch.next().await.unwrap() {
        seen.push(entry);
    }
    assert!(seen.len() > 1530, "{}", seen.len());
    assert!(seen.iter().enumerate().all(|(at, e)| e.seq == at as u64), "without gaps, in order");
    assert_eq!(seen, handle.journal().await.unwrap());
    assert_eq!(handle.phase().await.unwrap(), Phase::Completed);
    world.agrees(&handle).await;
    assert_eq!(world.landed("post card"), 1);
}

/// The process dies in the middle of a rollback, and the failed step would now succeed: the rollback continues.
#[tokio::test(start_paused = true)]
async fn s24_after_a_crash_in_a_rollback_it_goes_on_back() {
    let world = World::new();
    world.script("charge card", [Fault::Permanent]);
    world.script("release hotel", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let id = test.run("a", trip::call()).await.unwrap().id().clone();
    world.called("release hotel", 1).in_time().await;
    test.crash().await.unwrap();
    let handle = test.run(id, trip::call()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { rollback, error, .. } => {
            assert_eq!(rollback, Rollback::Complete { residue: vec![] });
            assert_eq!(error.unwrap().to_string(), "charge card is refused");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.calls("charge card"), 1, "the way forward is closed");
    assert_eq!(world.told(), ["hold flight", "book hotel", "release hotel", "release flight"]);
    assert_eq!(steps_back(handle.any()).await, 1);
    world.agrees(handle.any()).await;
}

/// Cancelled while a step is in flight: that step is undone too. After a second cancel nothing is undone twice.
#[tokio::test(start_paused = true)]
async fn s25_cancelled_in_a_step_and_again() {
    let world = World::new();
    world.script("book hotel", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    world.called("book hotel", 1).in_time().await;
    let cancelled = handle.cancel(ann()).await.unwrap();
    assert_eq!(cancelled.receipt().done, [SitePath::from("flight")]);
    assert_eq!(cancelled.receipt().in_flight, [SitePath::from("hotel")]);
    let again = handle.cancel(By::new("bob", "impatience")).await.unwrap();
    world.open("book hotel");
    let (receipt, same) =
        (cancelled.settled().in_time().await.unwrap(), again.settled().in_time().await.unwrap());
    assert_eq!(receipt, same);
    assert_eq!(receipt.rollback, Rollback::Complete { residue: vec![] });
    assert_eq!(world.told(), ["hold flight", "book hotel", "release hotel", "release flight"]);
    assert_eq!(steps_back(handle.any()).await, 1);
    world.agrees(handle.any()).await;
}

/// A call that timed out and had not landed is not undone.
#[tokio::test(start_paused = true)]
async fn s26_what_timed_out_and_had_not_landed_is_not_undone() {
    let world = World::new();
    world.script("book hotel", [Fault::TimeoutLost]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!((world.calls("release hotel"), world.calls("release flight")), (0, 1));
    assert_eq!(world.told(), ["hold flight", "release flight"]);
    world.agrees(handle.any()).await;
}

/// A call that timed out and had landed is undone; one that the saga still needs is not repeated.
#[tokio::test(start_paused = true)]
async fn s27_what_timed_out_and_had_landed_is_undone() {
    let world = World::new();
    world.script("hold flight", [Fault::TimeoutLanded]);
    world.script("book hotel", [Fault::TimeoutLanded]);
    world.script("charge card", [Fault::Permanent]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!(world.told(), ["hold flight", "book hotel", "release hotel", "release flight"]);
    // The first was repeated under its key, the second was probed.
    assert_eq!((world.calls("hold flight"), world.keys("hold flight")), (2, 1));
    assert_eq!(world.calls("book hotel"), 1);
    world.agrees(handle.any()).await;
}

/// A panic in a step leaves doubt, one in the body is a failure, and an unreadable output dead-letters the saga. No
/// saga runs for ever.
#[tokio::test(start_paused = true)]
async fn s28_panics_end_the_saga() {
    saga!(clumsy, |cx, input| [a] {
        a.at(&cx, 1, &[], book("hotel")).await?;
        if input == "stumble" {
            panic!("the body stumbled");
        }
        Ok("done".to_owned())
    });
    let world = World::new();
    world.script("book hotel", [Fault::Panic, Fault::PanicLanded]);
    let test = started(&world, |b| b.saga::<clumsy>()).await;
    let run = |id: &'static str, input: &str| test.run(id, SagaCall::<clumsy>::new(input.to_owned()));
    let lost = run("lost", "").await.unwrap();
    match lost.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause, rollback, .. } => {
            assert_eq!(
                (cause.to_string().as_str(), rollback),
                ("panicked: book hotel panicked", Rollback::None)
            );
        }
        other => panic!("{other:?}"),
    }
    let landed = run("landed", "").await.unwrap();
    assert!(landed.outcome().in_time().await.unwrap().is_completed(), "the probe found it");
    let body = run("body", "stumble").await.unwrap();
    match body.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause, rollback, .. } => {
            assert_eq!(cause.to_string(), "panicked: the body stumbled");
            assert_eq!(rollback, Rollback::Complete { residue: vec![] });
        }
        other => panic!("{other:?}"),
    }
    for handle in [&lost, &landed, &body] {
        world.agrees(handle.any()).await;
    }
}

/// An unreadable journal does not stop the recovery of others.
#[tokio::test(start_paused = true)]
async fn s29_an_unreadable_journal_holds_up_no_other() {
    let world = World::new();
    world.always("hold flight", Fault::Hang);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let broken = SagaId::new("0-broken").unwrap();
    write_nonsense(&*test.store(), &broken, test.now()).await;
    for n in 1..=20 {
        test.run(format!("{n}"), trip::call()).await.unwrap();
    }
    world.called("hold flight", 20).in_time().await;
    test.crash().await.unwrap();
    world.open("hold flight");
    test.pass(HOUR).await;
    let count = async |phase| {
        let query = Query { phases: vec![phase], ..Query::default() };
        test.runtime().sagas(&query).await.unwrap().sagas
    };
    assert_eq!(count(Phase::Completed).await.len(), 20);
    let letters = count(Phase::DeadLettered).await;
    assert_eq!((letters.len(), &letters[0].id), (1, &broken));
    assert_eq!(letters[0].status.reasons, [Reason::Undecodable]);
    let unread = test.find(&broken).await.unwrap().unwrap().look().await.unwrap_err();
    assert!(matches!(unread, LookError::NoJournal { .. }), "{unread}");
}

/// Writes a journal that no build can have written, of a saga after its worker died.
async fn write_nonsense(store: &dyn Store, id: &SagaId, now: Timestamp) {
    let scheduled = Record::Scheduled {
        saga: "trip".into(),
        version: 1,
        input: Payload::encode("").unwrap(),
        deadline: None,
        key_namespace: None,
        session: None,
    };
    let nonsense = Record::TimerFired { site: SitePath::from("nowhere") };
    let entries = [scheduled, nonsense].into_iter().zip(0..);
    let entries: Vec<Entry> = entries.map(|(record, seq)| Entry { seq, at: now, record }).collect();
    let status = Status::of(&State::of(id.clone(), &entries[..1]).unwrap(), None, 0);
    let worker = store.join("dead", Duration::from_secs(1), now).await.unwrap();
    let append = Append {
        next: None,
        saga: id.clone(),
        epoch: None,
        entries,
        status: Some(status),
        taken: Vec::new(),
        release: false,
    };
    store.commit(worker, &[append], now).await.unwrap().remove(0).unwrap();
    store.leave(worker).await.unwrap();
}
