//! The acts of operators, through handles: what each does, that it is recorded with author and reason, and when it is
//! refused.
//!
//! Mutants seen to fail here: a retriable step's failure given to the body; a corrected input not checked; the key kept
//! over a redrive; backoffs not ended by retry-now.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::policy::Retry;
use saga_core::record::Knowledge;
use saga_core::{Cause, Record, Rollback, WhyLeft};

saga!(trip, |cx, input| [a, b, c, d] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], stamp("visa")).await?;
    c.at(&cx, 1, &[], charge("card")).await?;
    d.at(&cx, 1, &[], mail("ticket")).await;
    Ok("booked".to_owned())
});

saga!(posted, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], mail("ticket")).await;
    Ok("posted".to_owned())
});

/// Waits until the saga is dead-lettered, and then restarts the process.
async fn dead_lettered_over_a_crash<S: Saga<Output: std::fmt::Debug>>(
    test: &mut TestRuntime,
    call: fn() -> SagaCall<S>,
) -> Handle<S> {
    let handle = test.run("a", call()).await.unwrap();
    dead_lettered(&handle).await;
    test.crash().await.unwrap();
    let handle = test.run("a", call()).await.unwrap();
    dead_lettered(&handle).await;
    handle
}

#[tokio::test(start_paused = true)]
async fn a_retriable_step_before_an_irreversible_one_rolls_back() {
    let world = World::new();
    world.always("mail ticket", Fault::Transient);
    let test = started(&world, |b| b.saga::<posted>()).await;
    let handle = test.run("a", posted::call()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause: Cause::StepFailed { site: at, failure }, .. } => {
            assert_eq!(at, site("ticket"));
            assert_eq!(failure.to_string(), "mail ticket is busy (after 3 attempts)");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.told(), ["hold flight", "release flight"]);
    world.agrees(handle.any()).await;
}

/// Past an irreversible step it is dead-lettered; after a redrive it completes, under a key of its own.
#[tokio::test(start_paused = true)]
async fn redrive_gives_fresh_attempts() {
    let world = World::new();
    world.script("mail ticket", [Fault::Transient; 6]);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    let letter = dead_lettered(&handle).await;
    assert_eq!(only(&letter), (Some("ticket"), Reason::RetriesExhausted));
    let failed = |letter: &saga_core::DeadLetter| {
        letter.attempts.iter().filter(|a| a.site == site("ticket") && a.trouble.is_some()).count()
    };
    assert_eq!((failed(&letter), letter.rolling_back), (3, false));
    handle.redrive(ann()).await.unwrap();
    assert_eq!(failed(&dead_lettered(&handle).await), 6, "three more, and no more");
    handle.redrive(By::new("bob", "the post office is open")).await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "booked");
    assert_eq!(
        (world.calls("mail ticket"), world.keys("mail ticket"), world.landed("mail ticket")),
        (7, 3, 1)
    );
    assert_eq!(
        count(handle.any(), |r| matches!(r, Record::Redriven { by, .. } if by.who == ann().who)).await,
        1
    );
    assert_eq!(count(handle.any(), |r| matches!(r, Record::Redriven { by, .. } if by.who == "bob")).await, 1);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn redrive_at_sends_on_one_of_several() {
    saga!(pair, |cx, input| [both, c] {
        both.at(&cx, 1, &[], all((hold("one"), hold("two")))).await?;
        c.at(&cx, 1, &[], charge("card")).await?;
        Ok("done".to_owned())
    });
    let world = World::new();
    world.always("charge card", Fault::Permanent);
    world.script("release one", [Fault::Permanent]).script("release two", [Fault::Permanent]);
    let mut test = started(&world, |b| b.saga::<pair>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, pair::call).await;
    assert_eq!(dead_lettered(&handle).await.blockers.len(), 2);
    let nowhere = refusal(handle.redrive(ann()).at(site("nowhere")).await);
    assert_eq!(nowhere, Refusal::NotBlocked { site: Some(site("nowhere")) });
    handle.redrive(ann()).at(site("all.1/two")).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("all.0/one"), Reason::CompensationFailed));
    assert_eq!((world.calls("release one"), world.calls("release two")), (1, 2));
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    world.agrees(handle.any()).await;
}

/// Redriven with another input, of the step or of a compensation; it is checked against its type.
#[tokio::test(start_paused = true)]
async fn redrive_with_mends_the_input() {
    let world = World::new();
    world.always("mail ticket", Fault::Permanent);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    match refusal(handle.redrive(ann()).with_input(site("ticket"), &42).await) {
        Refusal::Unusable { site: at, why } => assert!(at == site("ticket") && why.contains("Item"), "{why}"),
        other => panic!("{other}"),
    }
    let done = refusal(handle.redrive(ann()).with_input(site("card"), &Item::new("visa")).await);
    assert_eq!(done, Refusal::NotBlocked { site: Some(site("card")) });
    handle.redrive(ann()).with_input(site("ticket"), &Item::new("voucher")).await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "booked");
    assert_eq!((world.landed("mail voucher"), world.landed("mail ticket")), (1, 0));
    let mended = |r: &Record| matches!(r, Record::Redriven { input: Some(_), by, .. } if by.who == ann().who);
    assert_eq!(count(handle.any(), mended).await, 1);
    // The corrected input is not treated as a divergence later.
    test.crash().await.unwrap();
    let handle = test.run("a", trip::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn redrive_with_mends_a_compensation() {
    let world = World::new();
    world.always("charge card", Fault::Permanent).always("release visa", Fault::Permanent);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    assert_eq!(only(&dead_lettered(&handle).await), (Some("visa"), Reason::CompensationFailed));
    let input = Item { item: "visa by hand".to_owned(), id: Some(id_of(&world, "stamp visa")) };
    handle.redrive(ann()).with_input(site("visa"), &input).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!(world.told()[2..], ["release visa by hand", "release flight"]);
    world.agrees(handle.any()).await;
}

/// In doubt, a redrive or a correction is refused. A person's statement is accepted, and undone from the given output.
#[tokio::test(start_paused = true)]
async fn resolve_happened_gives_the_output_and_its_undo() {
    let world = World::new();
    world.script("stamp visa", [Fault::TimeoutLanded]);
    world.always("charge card", Fault::Permanent);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    assert_eq!(only(&dead_lettered(&handle).await), (Some("visa"), Reason::InDoubt));
    let doubt = Refusal::InDoubt { site: site("visa") };
    assert_eq!(refusal(handle.redrive(ann()).await), doubt);
    assert_eq!(refusal(handle.redrive(ann()).with_input(site("visa"), &Item::new("other")).await), doubt);
    match refusal(handle.resolve_happened(site("visa"), &7, ann()).await) {
        Refusal::Unusable { site: at, .. } => assert_eq!(at, site("visa")),
        other => panic!("{other}"),
    }
    dead_lettered(&handle).await;
    let id = id_of(&world, "stamp visa");
    handle.resolve_happened(site("visa"), &id, ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    // The compensation was made from the given output; otherwise the world would report an error.
    assert_eq!(world.told(), ["hold flight", "stamp visa", "release visa", "release flight"]);
    assert_eq!(world.calls("stamp visa"), 1);
    let by_ann = |r: &Record| matches!(r, Record::Resolved { by, knowledge: Knowledge::Happened { .. }, .. } if by.who == ann().who);
    assert_eq!(count(handle.any(), by_ann).await, 1);
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn resolve_not_happened_is_a_failure() {
    let world = World::new();
    world.script("stamp visa", [Fault::TimeoutLost]);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    handle.resolve_not_happened(site("visa"), ann()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause, .. } => assert_eq!(cause.to_string(), "timed out (after 1 attempts)"),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.told(), ["hold flight", "release flight"]);
    let by_ann = |r: &Record| matches!(r, Record::Resolved { by, knowledge: Knowledge::NotHappened, .. } if by.who == ann().who);
    assert_eq!(count(handle.any(), by_ann).await, 1);
    world.agrees(handle.any()).await;
}

/// A step known not to have happened is not in doubt: it is redriven, not resolved. One that happened may be stated.
#[tokio::test(start_paused = true)]
async fn resolve_is_refused_where_nothing_is_open() {
    let world = World::new();
    world.always("mail ticket", Fault::Permanent);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    let not_blocked = |name| Refusal::NotBlocked { site: Some(site(name)) };
    assert_eq!(
        refusal(handle.resolve_not_happened(site("ticket"), ann()).await),
        Refusal::NotInDoubt { site: site("ticket") }
    );
    assert_eq!(refusal(handle.resolve_not_happened(site("card"), ann()).await), not_blocked("card"));
    assert_eq!(refusal(handle.resolve_happened(site("nowhere"), &"id", ann()).await), not_blocked("nowhere"));
    assert_eq!(refusal(handle.resolve_undone(site("flight"), ann()).await), not_blocked("flight"));
    let nothing_owed = Refusal::NothingOwed { site: site("flight") };
    assert_eq!(refusal(handle.waive(site("flight"), ann()).await), nothing_owed);
    assert_eq!(refusal(handle.roll_back(ann()).await), Refusal::TooLate { site: site("card") });
    let before = handle.journal().await.unwrap();
    // A person brought the ticket to the customer.
    handle.resolve_happened(site("ticket"), &"by hand", ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    assert_eq!(handle.journal().await.unwrap()[..before.len()], before, "refusals leave no trace");
    assert_eq!((world.calls("mail ticket"), world.landed("mail ticket")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn resolve_undone_and_waive_end_a_rollback() {
    let world = World::new();
    world.always("charge card", Fault::Permanent);
    world.always("release visa", Fault::Permanent).always("release flight", Fault::Permanent);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    assert_eq!(refusal(handle.roll_back(ann()).await), Refusal::RollingBack);
    assert_eq!(refusal(handle.waive(site("card"), ann()).await), Refusal::NothingOwed { site: site("card") });
    handle.resolve_undone(site("visa"), By::new("bob", "erased it")).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("flight"), Reason::CompensationFailed));
    handle.waive(site("flight"), ann()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { rollback: Rollback::Partial { left, .. }, .. } => {
            assert_eq!((left.len(), &left[0].site), (1, &site("flight")));
            assert!(matches!(&left[0].why, WhyLeft::Waived(by) if by.who == ann().who), "{left:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        count(handle.any(), |r| matches!(r, Record::Waived { by, .. } if by.who == ann().who)).await,
        1
    );
    assert_eq!(
        count(
            handle.any(),
            |r| matches!(r, Record::Resolved { by, role: Role::Undo, .. } if by.who == "bob")
        )
        .await,
        1
    );
    assert_eq!((world.calls("release visa"), world.calls("release flight")), (1, 1));
}

/// A compensation may also be waived before it is next in order; it is then never called.
#[tokio::test(start_paused = true)]
async fn waive_before_its_turn() {
    let world = World::new();
    world.always("charge card", Fault::Permanent).script("release visa", [Fault::Permanent]);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    handle.waive(site("flight"), ann()).await.unwrap();
    assert_eq!(only(&dead_lettered(&handle).await), (Some("visa"), Reason::CompensationFailed));
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!((world.calls("release flight"), world.stands()), (0, vec!["hold flight".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn roll_back_turns_a_dead_letter_round() {
    saga!(endless, |cx, input| [a] {
        let mut turns = 0;
        loop {
            let turn = cx.turn(&mut turns, Some(3), "the loop").await;
            a.at(&cx, 1, &[turn], set("thing")).await?;
        }
    });
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<endless>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, endless::call).await;
    assert_eq!(only(&dead_lettered(&handle).await), (None, Reason::BoundExceeded));
    handle.roll_back(ann()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::RolledBack { cause: Cause::Ordered { by }, .. } => assert_eq!(by.who, ann().who),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.stands(), Vec::<String>::new());
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn roll_back_is_refused_while_an_irreversible_step_is_in_doubt() {
    let world = World::new();
    world.always("find card", Fault::Permanent);
    world.always("charge card", Fault::DoubtLost);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    assert_eq!(only(&dead_lettered(&handle).await), (Some("card"), Reason::InDoubt));
    let calls = world.calls("charge card");
    assert_eq!(refusal(handle.roll_back(ann()).await), Refusal::InDoubt { site: site("card") });
    // The probe may know more by now: a redrive asks it again.
    world.always("find card", Fault::None);
    handle.redrive(ann()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!((world.calls("charge card"), world.keys("charge card")), (calls, 1));
    world.agrees(handle.any()).await;
}

#[tokio::test(start_paused = true)]
async fn abandon_closes_it_as_it_is() {
    let world = World::new();
    world.always("charge card", Fault::Permanent).always("release visa", Fault::Permanent);
    let mut test = started(&world, |b| b.saga::<trip>()).await;
    let handle = dead_lettered_over_a_crash(&mut test, trip::call).await;
    handle.abandon(ann()).await.unwrap();
    match handle.outcome().in_time().await.unwrap() {
        Outcome::Abandoned { by, rollback: Rollback::Partial { left, .. } } => {
            assert_eq!(by.who, ann().who);
            let left: Vec<_> = left.iter().map(|l| (l.site.as_str(), &l.why)).collect();
            assert_eq!(
                left,
                [("flight", &WhyLeft::Owed), ("visa", &WhyLeft::Blocked(Reason::CompensationFailed))]
            );
        }
        other => panic!("{other:?}"),
    }
    test.crash().await.unwrap();
    test.pass(HOUR).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert_eq!(handle.phase().await.unwrap(), Phase::Abandoned);
    assert_eq!(world.calls("release flight"), 0, "it stays closed");
}

#[allow(non_camel_case_types)]
enum sluggish {}
impl Step for sluggish {
    const NAME: &'static str = "sluggish";
    const RETRY: Retry = Retry {
        attempts: 2,
        backoff_min: Duration::from_secs(36_000),
        backoff_max: Duration::from_secs(36_000),
        within: None,
    };
    type Input = Item;
    type Output = ();
    type Error = Failure;
    type Undo = undo::Irreversible;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, _: Item) -> Result<(), Failure> {
        match cx.attempt() {
            1 => Err(Failure::transient("an outage").retry_after(10 * HOUR)),
            _ => Ok(()),
        }
    }
}

/// After an outage no backoff is waited out, once an operator says that the outage is over.
#[tokio::test(start_paused = true)]
async fn retry_now_ends_backoffs() {
    saga!(asleep, |cx, input| [a] {
        a.at(&cx, 1, &[], StepCall::<sluggish>::new(Item::new("it"))).await?;
        Ok("awake".to_owned())
    });
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<asleep>()).await;
    let handle = test.run("a", asleep::call()).await.unwrap();
    until_phase(handle.any(), Phase::Waiting).await;
    test.pass(SECOND).await;
    assert_eq!(test.runtime().running(), 0);
    test.crash().await.unwrap();
    let began = test.now();
    let handle = test.run("a", asleep::call()).await.unwrap();
    handle.retry_now(ann()).await.unwrap();
    assert_eq!(handle.outcome().in_time().await.unwrap().completed().unwrap(), "awake");
    assert!(test.now().since(began) < SECOND, "{:?}", test.now().since(began));
    assert_eq!(
        count(handle.any(), |r| matches!(r, Record::RetriedNow { by } if by.who == ann().who)).await,
        1
    );
    assert_eq!(refusal(handle.retry_now(ann()).await), Refusal::Ended { phase: Phase::Completed });
}

/// Every act for dead letters, in every other phase.
#[tokio::test(start_paused = true)]
async fn acts_are_refused_in_the_wrong_phase() {
    let world = World::new();
    let test = started(&world, |b| b.saga::<trip>()).await;
    world.script("hold flight", [Fault::Hang]);
    let running = test.run("running", trip::call()).await.unwrap();
    world.called("hold flight", 1).in_time().await;
    world.script("charge card", [Fault::Permanent]).script("release visa", [Fault::Hang]);
    let rolling_back = test.run("rolling back", trip::call()).await.unwrap();
    world.called("release visa", 1).in_time().await;
    let completed = test.run("completed", trip::call()).await.unwrap();
    completed.outcome().in_time().await.unwrap();
    world.script("charge card", [Fault::Permanent]);
    let rolled_back = test.run("rolled back", trip::call()).await.unwrap();
    rolled_back.outcome().in_time().await.unwrap();
    for (handle, phase) in [
        (&running, Phase::Running),
        (&rolling_back, Phase::RollingBack),
        (&completed, Phase::Completed),
        (&rolled_back, Phase::RolledBack),
    ] {
        let before = handle.journal().await.unwrap();
        let at = || site("flight");
        let refused = [
            refusal(handle.redrive(ann()).await),
            refusal(handle.redrive(ann()).at(at()).await),
            refusal(handle.redrive(ann()).with_input(at(), &Item::new("other")).await),
            refusal(handle.resolve_happened(at(), &"id", ann()).await),
            refusal(handle.resolve_not_happened(at(), ann()).await),
            refusal(handle.resolve_undone(at(), ann()).await),
            refusal(handle.waive(at(), ann()).await),
            refusal(handle.roll_back(ann()).await),
            refusal(handle.abandon(ann()).await),
        ];
        for refused in refused {
            assert_eq!(refused, Refusal::NotDeadLettered { phase });
        }
        if phase != Phase::Completed {
            assert_eq!(refusal(handle.undo(ann()).await), Refusal::NotCompleted { phase });
        }
        assert_eq!(effective(handle.any()).await, before);
    }
}
