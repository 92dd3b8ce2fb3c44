//! The reasons for dead letters that the operators' tests do not cover, and how the sagas end.
//!
//! Mutants seen to fail here: deaths before progress kept; one death more allowed; a retriable step's failure given to
//! the body.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::store::{Query, Store};
use saga_core::{Cause, Record, Rollback};

saga!(trip, |cx, input| [a, b, c, d] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], reserve("hotel")).await?;
    c.at(&cx, 1, &[], charge("card")).await?;
    d.at(&cx, 1, &[], mail("ticket")).await;
    Ok("booked".to_owned())
});

/// Kills the process `times` times while `label` is being called, and restarts it each time.
async fn die_of(test: &mut TestRuntime, world: &World, label: &str, times: u32) {
    for _ in 0..times {
        let calls = world.calls(label);
        if calls == 0 {
            world.called(label, 1).in_time().await;
        }
        test.crash().await.unwrap();
        // It is called again, or dead-lettered.
        test.pass(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_kills_the_process_is_dead_lettered_after_the_third_time() {
    let world = World::new();
    world.always("hold flight", Fault::Hang);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    test.run("a", trip::call()).await.unwrap();
    die_of(&mut test, &world, "hold flight", 2).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert_eq!((handle.phase().await.unwrap(), world.calls("hold flight")), (Phase::Running, 3));
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    let letter = dead_lettered(&handle).await;
    assert_eq!(letter.blockers[0].reason, Reason::PoisonPill, "{letter}");
    assert_eq!(world.calls("hold flight"), 3, "it is not begun again");
    // A person has fixed the cause, and redrives it.
    world.open("hold flight");
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    world.agrees(handle.any()).await;
}

/// A saga that merely ran at the same time is not blamed, although it has as many deaths at first.
#[tokio::test(start_paused = true)]
async fn bystanders_are_not_blamed() {
    saga!(quiet, |cx, input| [a] {
        a.at(&cx, 1, &[], post("letter")).await?;
        Ok("done".to_owned())
    });
    let world = World::new();
    world.always("hold flight", Fault::Hang).always("post letter", Fault::Hang);
    let mut test = started(&world, |b| b.saga::<trip>().saga::<quiet>()).await;
    test.run("killer", trip::call()).await.unwrap();
    for n in 0..5 {
        test.run(format!("bystander {n}"), quiet::call()).await.unwrap();
    }
    world.called("post letter", 5).in_time().await;
    test.crash().await.unwrap();
    test.pass(SECOND).await;
    test.crash().await.unwrap();
    test.pass(SECOND).await;
    // All have died twice: from here on one of them runs at a time.
    assert_eq!(test.runtime().running(), 1);
    world.open("post letter");
    for _ in 0..8 {
        test.pass(SECOND).await;
        if world.landed("post letter") == 5 && test.runtime().running() == 0 {
            break;
        }
        test.crash().await.unwrap();
    }
    let dead = Query { phases: vec![Phase::DeadLettered], ..Query::default() };
    let dead: Vec<String> =
        test.runtime().sagas(&dead).await.unwrap().sagas.iter().map(|s| s.id.to_string()).collect();
    assert_eq!(dead, ["killer"]);
    assert_eq!(world.landed("post letter"), 5);
}

/// Two deaths in a row are often a person's doing, and count for everything that ran. Those sagas wait for each other
/// only until each shows progress.
#[tokio::test(start_paused = true)]
async fn whoever_gets_on_in_quarantine_lets_the_next_have_its_turn() {
    saga!(calm, |cx, input| [a, b] {
        a.at(&cx, 1, &[], set(input.as_str())).await?;
        b.at(&cx, 1, &[], post("letter")).await?;
        Ok("done".to_owned())
    });
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<calm>()).await;
    let items = ["a", "b", "c", "d", "e"];
    for item in items {
        world.script(&format!("set {item}"), [Fault::TimeoutLost, Fault::TimeoutLost]);
        test.run(item, SagaCall::<calm>::new(item.to_owned())).await.unwrap();
    }
    world.always("post letter", Fault::Hang);
    for _ in 0..2 {
        test.pass(SECOND).await;
        assert_eq!(test.runtime().running(), 5);
        test.crash().await.unwrap();
    }
    // All are in quarantine; the first step of each now succeeds, and none passes the second.
    test.pass(SECOND).await;
    assert_eq!((world.calls("post letter"), test.runtime().running()), (5, 5));
}

/// A process that dies once in each step was not killed by this saga: progress in between counts.
#[tokio::test(start_paused = true)]
async fn progress_resets_the_count_of_deaths() {
    saga!(long, |cx, input| [a] {
        let mut turns = 0;
        loop {
            let turn = cx.turn(&mut turns, Some(20), "the loop").await;
            if turn == 8 {
                break Ok("done".to_owned());
            }
            a.at(&cx, 1, &[turn], set(["a", "b", "c", "d", "e", "f", "g", "h"][turn as usize])).await?;
        }
    });
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<long>()).await;
    let labels = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|item| format!("set {item}"));
    for label in &labels {
        world.script(label, [Fault::Hang]);
    }
    test.run("a", long::call()).await.unwrap();
    for label in &labels {
        world.called(label, 1).in_time().await;
        test.crash().await.unwrap();
    }
    let handle = test.run("a", long::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    world.agrees(handle.any()).await;
}

/// Deaths before progress are not added to those after, also when the saga turns to rolling back in between.
#[tokio::test(start_paused = true)]
async fn deaths_before_and_after_progress_are_not_added_up() {
    let world = World::new();
    world.script("hold flight", [Fault::Hang]).always("charge card", Fault::Permanent);
    world.script("release hotel", [Fault::Hang, Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    test.run("a", trip::call()).await.unwrap();
    world.called("hold flight", 1).in_time().await;
    for times in 1..=2 {
        test.crash().await.unwrap();
        world.called("release hotel", times).in_time().await;
    }
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn past_the_point_of_no_return_the_body_may_not_fail() {
    saga!(careless, |cx, input| [a, b] {
        a.at(&cx, 1, &[], charge("card")).await?;
        if input == "panic" {
            panic!("the body stumbled");
        }
        b.at(&cx, 1, &[], set("thing")).await?;
        Ok("done".to_owned())
    });
    let world = World::new();
    world.always("set thing", Fault::Permanent);
    let test = started(&world, |b| b.saga::<careless>()).await;
    for (id, input, why) in
        [("error", "", "set thing is refused"), ("panic", "panic", "panicked: the body stumbled")]
    {
        let handle = test.run(id, SagaCall::<careless>::new(input.to_owned())).await.unwrap();
        let letter = dead_lettered(&handle).await;
        assert_eq!(only(&letter), (None, Reason::FailedPastNoReturn));
        assert_eq!(letter.blockers[0].detail, format!("past card: {why}"));
        assert_eq!(refusal(handle.roll_back(ann()).await), Refusal::TooLate { site: site("card") });
        // Nothing has changed: it fails again, and is dead-lettered again.
        handle.redrive(ann()).await.unwrap();
        assert_eq!(only(&dead_lettered(&handle).await), (None, Reason::FailedPastNoReturn));
        handle.abandon(ann()).await.unwrap();
        assert!(matches!(handle.outcome().in_time().await.unwrap(), Outcome::Abandoned { .. }));
        world.agrees(handle.any()).await;
    }
    assert_eq!(world.landed("charge card"), 2);
}

/// A child's irreversible step is its parent's point of no return too.
#[tokio::test(start_paused = true)]
async fn a_child_that_fails_past_its_point_of_no_return_is_not_unwound() {
    saga!(pay, |cx, input| [a, b] {
        a.at(&cx, 1, &[], charge("card")).await?;
        b.at(&cx, 1, &[], set("receipt")).await?;
        Ok("paid".to_owned())
    });
    saga!(buy, |cx, input| [a, child] {
        a.at(&cx, 1, &[], hold("thing")).await?;
        drop(child.at(&cx, 1, &[], pay::call()).await);
        Ok("bought".to_owned())
    });
    let world = World::new();
    world.script("set receipt", [Fault::Permanent]);
    let test = started(&world, |b| b.saga::<buy>()).await;
    let handle = test.run("a", buy::call()).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("pay"), Reason::FailedPastNoReturn));
    assert_eq!(world.stands(), ["hold thing", "charge card"]);
    world.agrees(handle.any()).await;
}

#[allow(non_camel_case_types)]
enum cursed {}
impl Step for cursed {
    const NAME: &'static str = "cursed";
    type Input = Item;
    type Output = String;
    type Error = Failure;
    type Undo = undo::Compensated;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, input: Item) -> Result<String, Failure> {
        hold_as(cx, input).await?;
        Ok("cursed".to_owned())
    }
    fn related(registry: &mut Registry) {
        registry.step::<release>();
    }
    fn compensation(output: String, given: &Given<'_, Self>) -> Option<Compensation> {
        assert!(output != "cursed", "the output is cursed");
        Some(Compensates::undoing(StepCall::<release>::new(Item { id: Some(output), ..given.input() })))
    }
}

async fn hold_as(cx: &StepContext, input: Item) -> Result<String, Failure> {
    cx.resource::<World>().clone().step(cx, "cursed", input, Known::ByKey).await
}

/// A compensation's arguments cannot be evaluated: the step is done, is not rerun, and a person gives what is missing.
#[tokio::test(start_paused = true)]
async fn a_compensation_that_cannot_be_evaluated_is_output_lost() {
    saga!(spell, |cx, input| [a, b] {
        a.at(&cx, 1, &[], StepCall::<cursed>::new(Item::new("thing"))).await?;
        b.at(&cx, 1, &[], charge("card")).await?;
        Ok("done".to_owned())
    });
    for way in ["resolve", "undone", "waive"] {
        let world = World::new();
        world.always("charge card", Fault::Permanent);
        let mut test = started(&world, |b| b.saga::<spell>()).await;
        let handle = test.run("a", spell::call()).await.unwrap();
        let letter = dead_lettered(&handle).await;
        assert_eq!(only(&letter), (Some("cursed"), Reason::OutputLost));
        assert!(letter.blockers[0].detail.contains("the output is cursed"), "{letter}");
        test.crash().await.unwrap();
        let handle = test.run("a", spell::call()).await.unwrap();
        assert_eq!(refusal(handle.redrive(ann()).await), Refusal::OutputLost { site: site("cursed") });
        let lost = refusal(handle.resolve_not_happened(site("cursed"), ann()).await);
        assert_eq!(lost, Refusal::OutputLost { site: site("cursed") });
        let again = refusal(handle.resolve_happened(site("cursed"), &"cursed", ann()).await);
        assert!(matches!(&again, Refusal::Unusable { why, .. } if why.contains("cursed")), "{again}");
        if way == "resolve" {
            let id = id_of(&world, "cursed thing");
            handle.resolve_happened(site("cursed"), &id, ann()).await.unwrap();
            assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
            assert_eq!(world.told(), ["cursed thing", "release thing"]);
            world.agrees(handle.any()).await;
        } else {
            handle.roll_back(ann()).await.unwrap();
            let letter = dead_lettered(&handle).await;
            assert_eq!((only(&letter), letter.rolling_back), ((Some("cursed"), Reason::OutputLost), true));
            match way {
                "undone" => handle.resolve_undone(site("cursed"), ann()).await.unwrap(),
                _ => handle.waive(site("cursed"), ann()).await.unwrap(),
            }
            match handle.outcome().in_time().await.unwrap() {
                Outcome::RolledBack { rollback, cause: Cause::Ordered { .. }, .. } => match way {
                    "undone" => assert_eq!(rollback, Rollback::Complete { residue: vec![] }),
                    _ => assert!(matches!(rollback, Rollback::Partial { .. })),
                },
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(world.calls("cursed thing"), 1);
    }
}

/// In doubt with a call that settles it, which fails too: the saga is dead-lettered, and the step is never skipped.
#[tokio::test(start_paused = true)]
async fn a_call_off_that_fails_dead_letters_the_saga() {
    let world = World::new();
    world.script("reserve hotel", [Fault::TimeoutLanded]).script("call_off hotel", [Fault::Permanent]);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("hotel"), Reason::CompensationFailed));
    assert_eq!(world.calls("charge card"), 0);
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!(world.stands(), Vec::<String>::new());
    world.agrees(handle.any()).await;
}

/// The text has everything that a person needs.
#[tokio::test(start_paused = true)]
async fn a_dead_letter_tells_what_a_person_needs() {
    let world = World::new();
    world.always("charge card", Fault::Permanent);
    world.script("release hotel", [Fault::None]).always("release flight", Fault::Transient);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("trip-42", SagaCall::<trip>::new("to Rome".to_owned())).await.unwrap();
    let letter = dead_lettered(&handle).await;
    assert_eq!(handle.dead_letter().await.unwrap().unwrap().to_string(), letter.to_string());
    let text = letter.to_string();
    for needed in [
        "trip-42",
        "trip",
        "CompensationFailed at flight",
        "release flight is busy (after 3 attempts)",
        "\"to Rome\"",
        "2026-01-01T",
        "charge card is refused",
        "attempt 3",
        "done: flight",
        "undone: hotel",
        "owed: flight by release",
    ] {
        assert!(text.contains(needed), "{needed:?} is missing in\n{text}");
    }
    let tried = letter.attempts.iter().filter(|a| a.site == site("flight") && a.role == Role::Undo);
    let times: Vec<_> = tried.map(|a| (a.number, a.began, a.ended.unwrap())).collect();
    assert_eq!(times.len(), 3);
    assert!(times.windows(2).all(|w| w[0].0 < w[1].0 && w[0].2 <= w[1].1), "{times:?}");
    // It is also listed by its reason.
    let query = Query { reason: Some(Reason::CompensationFailed), ..Query::default() };
    assert_eq!(test.runtime().sagas(&query).await.unwrap().sagas[0].id, *handle.id());
    let query = Query { reason: Some(Reason::InDoubt), ..Query::default() };
    assert!(test.runtime().sagas(&query).await.unwrap().sagas.is_empty());
}

/// The deadline of a dead letter does not run, and the saga stays as it is until an operator acts.
#[tokio::test(start_paused = true)]
async fn nothing_moves_while_it_is_dead_lettered() {
    saga!(hurried, deadline HOUR, |cx, input| [a] {
        a.at(&cx, 1, &[], stamp("visa")).await?;
        Ok("stamped".to_owned())
    });
    let world = World::new();
    world.script("stamp visa", [Fault::TimeoutLanded]);
    let mut test = started(&world, |b| b.saga::<hurried>()).await;
    let handle = test.run("a", hurried::call()).await.unwrap();
    dead_lettered(&handle).await;
    let before = handle.journal().await.unwrap();
    let writes = test.writes();
    test.pass(5 * HOUR).await;
    test.crash().await.unwrap();
    test.pass(5 * HOUR).await;
    assert_eq!((test.writes(), test.runtime().running()), (writes, 0));
    let handle = test.run("a", hurried::call()).await.unwrap();
    assert_eq!(handle.journal().await.unwrap(), before);
    handle.resolve_happened(site("visa"), &id_of(&world, "stamp visa"), ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed(), "its deadline did not pass meanwhile");
    world.agrees(handle.any()).await;
}

/// A fix of the code fixes the saga: what failed past the point of no return continues in the new build.
#[tokio::test(start_paused = true)]
async fn a_new_build_takes_a_dead_letter_on() {
    static MENDED: AtomicBool = AtomicBool::new(false);
    saga!(brittle, |cx, input| [a] {
        let id = a.at(&cx, 1, &[], charge("card")).await?;
        assert!(MENDED.load(Ordering::Acquire), "a bug");
        Ok(id)
    });
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<brittle>()).await;
    let handle = test.run("a", brittle::call()).await.unwrap();
    dead_lettered(&handle).await;
    test.die().await;
    MENDED.store(true, Ordering::Release);
    test.restart().await.unwrap();
    let handle = test.run("a", brittle::call()).await.unwrap();
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    assert_eq!(world.calls("charge card"), 1);
    assert_eq!(count(handle.any(), |r| matches!(r, Record::BodyBlocked { .. })).await, 1);
    world.agrees(handle.any()).await;
}

/// `outcome()` finds a dead letter; another worker redrives it; then `outcome()` reads its journal. The saga has not
/// ended, and the caller must get no error.
#[tokio::test(start_paused = true)]
async fn an_outcome_waits_for_what_was_sent_on_while_it_was_looked_at() {
    saga!(posted, |cx, input| [a, b] {
        a.at(&cx, 1, &[], post("letter")).await?;
        b.at(&cx, 1, &[], mail("ticket")).await;
        Ok("posted".to_owned())
    });
    let world = World::new();
    world.script("mail ticket", [Fault::Permanent, Fault::Hang]);
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.watch(shared.clone());
    let valve = Valve::new(shared.clone());
    let on = |store: Arc<dyn Store>| {
        Runtime::builder(store).resource(world.clone()).saga::<posted>().start().in_time()
    };
    let second = on(shared.clone()).await.unwrap();
    let there = second.run("a", posted::call()).await.unwrap();
    assert!(matches!(there.outcome().in_time().await.unwrap(), Outcome::DeadLettered(_)));
    let first = on(valve.clone()).await.unwrap();
    let handle = first.run("a", posted::call()).await.unwrap();
    // From here on the other worker does everything.
    valve.writes(Flow::Frozen);
    valve.loads(Flow::Frozen);
    let outcome = tokio::spawn(async move { handle.outcome().await.map(|outcome| outcome.is_completed()) });
    tokio::time::sleep(SECOND).await;
    there.redrive(ann()).in_time().await.unwrap();
    world.called("mail ticket", 2).in_time().await;
    valve.loads(Flow::Open);
    tokio::time::sleep(SECOND).await;
    assert!(!outcome.is_finished(), "{outcome:?}");
    world.open("mail ticket");
    assert!(outcome.in_time().await.unwrap().unwrap());
    world.agrees(there.any()).await;
}
