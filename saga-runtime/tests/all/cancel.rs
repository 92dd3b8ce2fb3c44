//! Cancels in every phase: the receipt, and the saga's end.
//!
//! Mutants seen to fail here: a cancel accepted past the point of no return; an irreversible step rerun after a stop; a
//! stop that does not wait for what runs.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::record::Next;
use saga_core::state::Status;
use saga_core::{Cause, Record, Rollback};

const ALL_UNDONE: Rollback = Rollback::Complete { residue: Vec::new() };
const NOTHING: [Vec<&str>; 4] = [vec![], vec![], vec![], vec![]];

saga!(trip, |cx, input| [a, b, c, d] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], book("hotel")).await?;
    c.at(&cx, 1, &[], charge("card")).await?;
    d.at(&cx, 1, &[], mail("ticket")).await;
    Ok("booked".to_owned())
});

saga!(letter, |cx, input| [a, b] {
    a.at(&cx, 1, &[], set("stamp")).await?;
    b.at(&cx, 1, &[], post("letter")).await?;
    Ok("posted".to_owned())
});

saga!(waiting, |cx, input| [a, s, w, q, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    match input.as_str() {
        "sleep" => s.at(&cx, 1, &[], sleep("2h")).await,
        "signal" => w.at(&cx, 1, &[], signal::<()>("go")).await,
        _ => drop(q.at(&cx, 1, &[], approve("go?").within("3h")).await?),
    }
    c.at(&cx, 1, &[], charge("card")).await?;
    Ok("gone".to_owned())
});

/// Checks that the cancel is recorded while the saga is in that phase, and settles within a second.
async fn cancelled_at_once(test: &TestRuntime, handle: &AnyHandle) -> [saga_core::Receipt; 2] {
    let began = test.now();
    let cancelled = handle.cancel(ann()).await.unwrap();
    let first = cancelled.receipt().clone();
    let settled = cancelled.settled().in_time().await.unwrap();
    assert!(test.now().since(began) < SECOND, "it took {:?}", test.now().since(began));
    [first, settled]
}

fn cause_is_ann(outcome: &Outcome<String, Failure>) -> bool {
    matches!(outcome, Outcome::RolledBack { cause: Cause::Cancelled { by }, error: None, .. } if by.who == ann().who)
}

#[tokio::test(start_paused = true)]
async fn scheduled_nothing_ever_begins() {
    let world = World::new();
    world.always("hold flight", Fault::Hang);
    let test = started(&world, |b| b.running_max(1).saga::<trip>()).await;
    test.run("busy", trip::call()).await.unwrap();
    world.called("hold flight", 1).in_time().await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert_eq!(handle.phase().await.unwrap(), Phase::Scheduled);
    let cancelling = {
        let handle = handle.clone();
        tokio::spawn(async move { handle.cancel(ann()).await.unwrap() })
    };
    tokio::task::yield_now().await;
    world.open("hold flight");
    let cancelled = cancelling.await.unwrap();
    assert_eq!(told(cancelled.receipt()), NOTHING);
    assert_eq!(cancelled.settled().in_time().await.unwrap().rollback, Rollback::None);
    assert!(cause_is_ann(&handle.outcome().in_time().await.unwrap()));
    assert_eq!(world.calls("hold flight"), 1, "the other saga's");
    world.agrees(handle.any()).await;
}

/// The attempt in flight gets its time. The doubt that it leaves is resolved, and the effect undone.
#[tokio::test(start_paused = true)]
async fn in_flight_it_settles_first() {
    for (fault, told_after) in [
        (Fault::TimeoutLanded, &["hold flight", "book hotel", "release hotel", "release flight"][..]),
        (Fault::TimeoutLost, &["hold flight", "release flight"]),
    ] {
        let world = World::new();
        world.script("book hotel", [fault]);
        let test = started(&world, |b| b.saga::<trip>()).await;
        let handle = test.run("a", trip::call()).await.unwrap();
        world.called("book hotel", 1).in_time().await;
        let began = test.now();
        let cancelled = handle.cancel(ann()).await.unwrap();
        assert_eq!(told(cancelled.receipt()), [vec!["flight"], vec!["hotel"], vec![], vec![]]);
        assert_eq!(cancelled.receipt().phase, Phase::Running);
        let receipt = cancelled.settled().in_time().await.unwrap();
        assert!(test.now().since(began) >= 59 * SECOND, "its timeout is not cut short");
        assert_eq!((receipt.phase, &receipt.rollback), (Phase::RolledBack, &ALL_UNDONE));
        assert_eq!(world.told(), told_after);
        assert_eq!((world.calls("book hotel"), world.calls("charge card")), (1, 0));
        world.agrees(handle.any()).await;
    }
}

#[allow(non_camel_case_types)]
enum polite {}
impl Step for polite {
    const NAME: &'static str = "polite";
    type Input = Item;
    type Output = ();
    type Error = Failure;
    type Undo = undo::Irreversible;
    type Effort = effort::Fallible;
    type Repeat = repeat::Harmful;
    async fn run(cx: &StepContext, _: Item) -> Result<(), Failure> {
        assert!(!cx.is_cancelled());
        cx.cancelled().await;
        assert!(cx.is_cancelled());
        Err(Failure::permanent("told to stop"))
    }
}

#[tokio::test(start_paused = true)]
async fn in_flight_an_attempt_is_told() {
    saga!(courteous, |cx, input| [a, b] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], StepCall::<polite>::new(Item::new("it"))).await?;
        Ok("done".to_owned())
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<courteous>()).await;
    let handle = test.run("a", courteous::call()).await.unwrap();
    until(handle.any(), |state| state.step(&site("polite")).is_some()).await;
    let [first, settled] = cancelled_at_once(&test, handle.any()).await;
    assert_eq!(told(&first), [vec!["flight"], vec!["polite"], vec![], vec![]]);
    assert_eq!(told(&settled), [vec![], vec![], vec!["polite"], vec![]]);
    assert_eq!((names(&settled.undone), settled.rollback), (vec!["flight"], ALL_UNDONE));
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn in_backoff_it_ends_at_once() {
    let world = World::new();
    world.always("hold flight", Fault::Transient);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    let waits = |state: &State| {
        let step = state.step(&site("flight"));
        step.is_some_and(|s| matches!(s.doing.status, Status::Pending(Next::Again { .. })))
    };
    until(handle.any(), waits).await;
    let calls = world.calls("hold flight");
    let [first, settled] = cancelled_at_once(&test, handle.any()).await;
    assert_eq!(told(&first), [vec![], vec![], vec!["flight"], vec![]]);
    assert_eq!((settled.phase, settled.rollback), (Phase::RolledBack, Rollback::None));
    test.pass(HOUR).await;
    assert_eq!(world.calls("hold flight"), calls, "no attempt begins after it");
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn waiting_it_ends_at_once() {
    for wait in ["sleep", "signal", "approve"] {
        let world = World::new();
        let mut test = started(&world, |b| b.saga::<waiting>()).await;
        let handle = test.run("a", SagaCall::<waiting>::new(wait.to_owned())).await.unwrap();
        test.pass(SECOND).await;
        assert_eq!((handle.phase().await.unwrap(), test.runtime().running()), (Phase::Waiting, 0));
        test.crash().await.unwrap();
        let handle = test.find(handle.id()).await.unwrap().unwrap();
        let [first, settled] = cancelled_at_once(&test, &handle).await;
        assert_eq!(told(&first), [vec!["flight"], vec![], vec![wait], vec![]]);
        assert_eq!((settled.phase, settled.rollback), (Phase::RolledBack, ALL_UNDONE));
        test.pass(5 * HOUR).await;
        assert_eq!(world.told(), ["hold flight", "release flight"]);
        assert!(matches!(refusal(handle.approve(ann()).await), Refusal::Ended { .. }));
        world.agrees(&handle).await;
    }
}

#[tokio::test(start_paused = true)]
async fn in_an_all_siblings_settle_and_nothing_more_begins() {
    saga!(fan, |cx, input| [each] {
        let seats = all(["one", "two", "three", "four"].into_iter().map(hold)).limit(3);
        each.at(&cx, 1, &[], seats).await?;
        Ok("seated".to_owned())
    });
    let world = World::new();
    world.script("hold two", [Fault::Hang]);
    world.always("hold three", Fault::Transient);
    world.script("hold one", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<fan>()).await;
    let handle = test.run("a", fan::call()).await.unwrap();
    let waits = |state: &State| {
        let step = state.step(&site("all.2/three"));
        step.is_some_and(|s| matches!(s.doing.status, Status::Pending(Next::Again { .. })))
    };
    until(handle.any(), waits).await;
    let cancelled = handle.cancel(ann()).await.unwrap();
    assert_eq!(
        told(cancelled.receipt()),
        [vec![], vec!["all.0/one", "all.1/two"], vec!["all.2/three"], vec![]]
    );
    world.open("hold one");
    test.pass(SECOND).await;
    assert_eq!(world.calls("release one"), 0, "nothing is undone before all have settled");
    world.open("hold two");
    let receipt = cancelled.settled().in_time().await.unwrap();
    assert_eq!(receipt.rollback, ALL_UNDONE);
    assert_eq!((world.landed("release one"), world.landed("release two")), (1, 1));
    assert_eq!((world.landed("hold three"), world.calls("hold four")), (0, 0));
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn irreversible_in_flight_and_done_it_is_too_late() {
    let world = World::new();
    world.script("charge card", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    world.called("charge card", 1).in_time().await;
    let cancelled = handle.cancel(ann()).await.unwrap();
    assert_eq!(told(cancelled.receipt()), [vec!["flight", "hotel"], vec!["card"], vec![], vec![]]);
    assert_eq!(cancelled.receipt().too_late, None, "that is not known yet");
    test.pass(SECOND).await;
    assert_eq!(world.calls("release hotel"), 0, "the rollback waits for it");
    world.open("charge card");
    let receipt = cancelled.settled().in_time().await.unwrap();
    assert_eq!((receipt.too_late.clone(), receipt.phase), (Some(site("card")), Phase::Completed));
    assert_eq!(names(&receipt.cannot_be_undone), ["card", "ticket"]);
    assert!(receipt.to_string().starts_with("too late: past card there is no way back"), "{receipt}");
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "booked");
    assert_eq!(count(handle.any(), |r| matches!(r, Record::TooLate { .. })).await, 1);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn irreversible_in_flight_and_not_done_it_rolls_back() {
    let world = World::new();
    world.script("charge card", [Fault::TimeoutLost]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    world.called("charge card", 1).in_time().await;
    let receipt = handle.cancel(ann()).await.unwrap().settled().in_time().await.unwrap();
    assert_eq!(told(&receipt), [vec![], vec![], vec!["card"], vec![]]);
    assert_eq!(names(&receipt.undone), ["flight", "hotel"]);
    assert_eq!((receipt.phase, receipt.rollback), (Phase::RolledBack, ALL_UNDONE));
    assert!(cause_is_ann(&handle.outcome().in_time().await.unwrap()));
    assert_eq!(world.calls("charge card"), 1, "it is never run again");
    world.agrees(handle.any()).await;
}

/// In doubt without a probe: a person decides, never a rerun; the decision sets the direction.
#[tokio::test(start_paused = true)]
async fn irreversible_in_doubt_a_person_decides() {
    for happened in [true, false] {
        let world = World::new();
        world.script("post letter", [if happened { Fault::TimeoutLanded } else { Fault::TimeoutLost }]);
        let mut test = started(&world, |b| b.saga::<letter>()).await;
        let handle = test.run("a", letter::call()).await.unwrap();
        world.called("post letter", 1).in_time().await;
        let receipt = handle.cancel(ann()).await.unwrap().settled().in_time().await.unwrap();
        assert_eq!((receipt.phase, names(&receipt.in_flight)), (Phase::DeadLettered, vec!["letter"]));
        assert_eq!(only(&dead_lettered(&handle).await), (Some("letter"), Reason::InDoubt));
        assert!(matches!(refusal(handle.redrive(ann()).await), Refusal::InDoubt { .. }));
        test.crash().await.unwrap();
        let handle = test.run("a", letter::call()).await.unwrap();
        assert_eq!((world.calls("post letter"), world.calls("unset stamp")), (1, 0));
        match happened {
            true => {
                let id = id_of(&world, "post letter");
                handle.resolve_happened(site("letter"), &id, ann()).await.unwrap();
                assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "posted");
                assert_eq!(count(handle.any(), |r| matches!(r, Record::TooLate { .. })).await, 1);
            }
            false => {
                handle.resolve_not_happened(site("letter"), ann()).await.unwrap();
                assert!(cause_is_ann(&handle.outcome().in_time().await.unwrap()));
                assert_eq!(world.told(), ["set stamp", "unset stamp"]);
            }
        }
        assert_eq!(world.calls("post letter"), 1);
        world.agrees(handle.any()).await;
    }
}

/// A cancel while it waits for a rerun in doubt: there is no rerun.
#[tokio::test(start_paused = true)]
async fn irreversible_waiting_for_its_rerun_is_not_run_again() {
    let world = World::new();
    world.always("post letter", Fault::DoubtLost);
    let test = started(&world, |b| b.saga::<letter>()).await;
    let handle = test.run("a", letter::call()).await.unwrap();
    let waits = |state: &State| {
        let step = state.step(&site("letter"));
        step.is_some_and(|s| s.doing.doubt && matches!(s.doing.status, Status::Pending(Next::Again { .. })))
    };
    until(handle.any(), waits).await;
    let calls = world.calls("post letter");
    let [first, settled] = cancelled_at_once(&test, handle.any()).await;
    assert_eq!((names(&first.in_flight), settled.phase), (vec!["letter"], Phase::DeadLettered));
    test.pass(HOUR).await;
    assert_eq!(world.calls("post letter"), calls);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn in_a_child_its_steps_are_undone_with_the_rest() {
    saga!(stay, |cx, input| [a, b, s] {
        a.at(&cx, 1, &[], hold("room")).await?;
        s.at(&cx, 1, &[], sleep("2h")).await;
        b.at(&cx, 1, &[], hold("breakfast")).await?;
        Ok("stay".to_owned())
    });
    saga!(family, |cx, input| [a, child] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        Ok(child.at(&cx, 1, &[], stay::call()).await?)
    });
    let world = World::new();
    let test = started(&world, |b| b.saga::<family>()).await;
    let handle = test.run("a", family::call()).await.unwrap();
    test.pass(SECOND).await;
    let [first, settled] = cancelled_at_once(&test, handle.any()).await;
    assert_eq!(told(&first), [vec!["flight", "stay/room"], vec![], vec!["stay/sleep"], vec![]]);
    assert_eq!((settled.phase, settled.rollback), (Phase::RolledBack, ALL_UNDONE));
    assert_eq!(world.told(), ["hold flight", "hold room", "release room", "release flight"]);
    world.agrees(handle.any()).await;
}

/// A cancel does not stop a rollback, nor change its cause.
#[tokio::test(start_paused = true)]
async fn rolling_back_it_changes_nothing() {
    let world = World::new();
    world.always("charge card", Fault::Permanent);
    world.script("release hotel", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    world.called("release hotel", 1).in_time().await;
    let before = handle.journal().await.unwrap();
    let cancelled = handle.cancel(ann()).await.unwrap();
    assert_eq!(cancelled.receipt().phase, Phase::RollingBack);
    assert!(matches!(cancelled.receipt().rollback, Rollback::Partial { .. }));
    assert_eq!(effective(handle.any()).await, before);
    world.open("release hotel");
    assert_eq!(cancelled.settled().in_time().await.unwrap().rollback, ALL_UNDONE);
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause, .. } => assert_eq!(cause.to_string(), "charge card is refused"),
        other => panic!("{other:?}"),
    }
    world.agrees(handle.any()).await;
}

/// A cancelled dead letter rolls back, and is dead-lettered again by what is in doubt.
#[tokio::test(start_paused = true)]
async fn dead_lettered_it_goes_back() {
    saga!(visa, |cx, input| [a, b] {
        a.at(&cx, 1, &[], hold("flight")).await?;
        b.at(&cx, 1, &[], stamp("visa")).await?;
        Ok("stamped".to_owned())
    });
    let world = World::new();
    world.script("stamp visa", [Fault::TimeoutLanded]);
    world.always("release flight", Fault::Permanent);
    let test = started(&world, |b| b.saga::<visa>()).await;
    let handle = test.run("a", visa::call()).await.unwrap();
    assert!(!dead_lettered(&handle).await.rolling_back);
    let receipt = handle.cancel(ann()).await.unwrap().settled().in_time().await.unwrap();
    assert_eq!((receipt.phase, names(&receipt.in_flight)), (Phase::DeadLettered, vec!["visa"]));
    let letter = dead_lettered(&handle).await;
    assert!(letter.rolling_back);
    assert_eq!(only(&letter), (Some("visa"), Reason::InDoubt));
    handle.resolve_happened(site("visa"), &id_of(&world, "stamp visa"), ann()).await.unwrap();
    let letter = dead_lettered(&handle).await;
    assert_eq!(only(&letter), (Some("flight"), Reason::CompensationFailed));
    // It is rolling back already: the cancel has no effect.
    let receipt = handle.cancel(ann()).await.unwrap().settled().in_time().await.unwrap();
    assert_eq!(receipt.phase, Phase::DeadLettered);
    world.always("release flight", Fault::None);
    handle.redrive(ann()).await.unwrap();
    assert!(cause_is_ann(&handle.outcome().in_time().await.unwrap()));
    assert_eq!(world.stands(), Vec::<String>::new());
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn past_the_point_of_no_return_it_is_too_late_twice() {
    let world = World::new();
    world.script("mail ticket", [Fault::Hang]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    world.called("mail ticket", 1).in_time().await;
    let before = handle.journal().await.unwrap();
    for _ in 0..2 {
        let late = handle.cancel(ann()).await.unwrap_err();
        assert_eq!(late.to_string(), "too late: past card there is no way back");
        assert_eq!(refusal::<()>(Err(late)), Refusal::TooLate { site: site("card") });
    }
    assert_eq!(effective(handle.any()).await, before);
    world.open("mail ticket");
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    world.agrees(handle.any()).await;
}

/// The same holds for a dead letter: past the point of no return nothing is rolled back.
#[tokio::test(start_paused = true)]
async fn dead_lettered_past_the_point_of_no_return_it_is_too_late() {
    let world = World::new();
    world.always("mail ticket", Fault::Permanent);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("ticket"), Reason::RetriesExhausted));
    assert_eq!(refusal(handle.cancel(ann()).await), Refusal::TooLate { site: site("card") });
    world.always("mail ticket", Fault::None);
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn after_the_end_it_is_refused_and_says_how_it_ended() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<trip>()).await;
    let completed = test.run("completed", trip::call()).await.unwrap();
    completed.outcome().in_time().await.unwrap();
    world.always("charge card", Fault::Permanent);
    let rolled_back = test.run("rolled back", trip::call()).await.unwrap();
    rolled_back.outcome().in_time().await.unwrap();
    world.always("release hotel", Fault::Permanent);
    let abandoned = test.run("abandoned", trip::call()).await.unwrap();
    dead_lettered(&abandoned).await;
    abandoned.abandon(ann()).await.unwrap();
    for (handle, phase) in
        [(completed, Phase::Completed), (rolled_back, Phase::RolledBack), (abandoned, Phase::Abandoned)]
    {
        for _ in 0..2 {
            assert_eq!(refusal(handle.cancel(ann()).await), Refusal::Ended { phase });
        }
    }
}

/// Dropped futures and handles cancel nothing; a cancel may be requested again after its future was dropped.
#[tokio::test(start_paused = true)]
async fn what_is_dropped_cancels_nothing() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang, Fault::Hang]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let id = {
        let handle = test.run("a", trip::call()).await.unwrap();
        drop(handle.cancel(ann()));
        let outcome = handle.outcome();
        assert!(tokio::time::timeout(SECOND, outcome).await.is_err());
        handle.id().clone()
    };
    let other = test.run("b", trip::call()).await.unwrap();
    world.called("hold flight", 2).in_time().await;
    {
        // Polled once, which delivers it.
        tokio::select! {
            biased;
            _ = other.cancel(ann()) => panic!("it cannot have been taken yet"),
            () = std::future::ready(()) => {}
        }
    }
    other.cancel(By::new("bob", "again")).await.unwrap();
    world.open("hold flight");
    let handle = test.find(&id).await.unwrap().unwrap();
    until_phase(&handle, Phase::Completed).await;
    assert!(cause_is_ann(&other.outcome().in_time().await.unwrap()), "the first that was recorded counts");
    assert_eq!(count(other.any(), |r| matches!(r, Record::StopRequested { .. })).await, 1);
    world.agrees(&handle).await;
    world.agrees(other.any()).await;
}

/// A recorded cancel survives the process; a barred effect stays barred.
#[tokio::test(start_paused = true)]
async fn a_cancel_outlives_a_crash() {
    let world = World::new();
    world.script("post letter", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<letter>()).await;
    let handle = test.run("a", letter::call()).await.unwrap();
    world.called("post letter", 1).in_time().await;
    drop(handle.cancel(ann()).await.unwrap());
    test.crash().await.unwrap();
    let handle = test.run("a", letter::call()).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("letter"), Reason::InDoubt));
    assert_eq!(world.calls("post letter"), 1);
    handle.resolve_not_happened(site("letter"), ann()).await.unwrap();
    assert!(cause_is_ann(&handle.outcome().in_time().await.unwrap()));
    world.agrees(handle.any()).await;
}
