//! Limits that pass, and deliveries that come, while no worker is up (row 57 of `docs/scenarios.md`). A deadline and a
//! limit take effect before anything begins or is rerun. A delivery in time counts, and a late one does not.
//!
//! Seen to fail with these bugs put in: the deadline checked after the body has run, or after a rerun; limits judged by
//! the time of the worker's look, not by that of the delivery; limits recorded without a look at deliveries in time; a
//! step begun although the deadline passed while its intent was written; a readonly step begun after the deadline; a
//! retry begun after its `within`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::machine::Delivery;
use saga_core::policy::Retry;
use saga_core::{Cause, Payload, Record};

const MINUTE: Duration = Duration::from_secs(60);

saga!(pays, deadline HOUR, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("paid".to_owned())
});

saga!(posts, deadline HOUR, |cx, input| [a, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    b.at(&cx, 1, &[], post("card")).await?;
    Ok("paid".to_owned())
});

saga!(naps, deadline HOUR, |cx, input| [a, t, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    t.at(&cx, 1, &[], sleep("30m")).await;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("paid".to_owned())
});

saga!(waits, deadline HOUR, |cx, input| [a, s, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    s.at(&cx, 1, &[], signal::<String>("go")).await;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("paid".to_owned())
});

saga!(asks, |cx, input| [a, q, b] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    q.at(&cx, 1, &[], approve("go?").within("1h")).await?;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("paid".to_owned())
});

saga!(hears, |cx, input| [s, a] {
    let came = s.at(&cx, 1, &[], signal::<String>("go").within("1h")).await;
    a.at(&cx, 1, &[], hold("seat")).await?;
    Ok(came.unwrap_or_else(|expired| expired.to_string()))
});

fn go(id: &str) -> Delivery {
    Delivery::Signal { id: id.to_owned(), name: "go".into(), payload: Payload::encode(&id).unwrap() }
}

fn cancel() -> Delivery {
    Delivery::Cancel { by: ann() }
}

fn yes() -> Delivery {
    Delivery::Answer { site: None, approved: true, by: ann() }
}

/// The worker dies; each of `said` is delivered that long after the death; after three hours the next worker is up.
async fn down(test: &mut TestRuntime, said: impl IntoIterator<Item = (Duration, Delivery)>) {
    let began = test.now();
    test.die().await;
    for (after, delivery) in said {
        let at = began.after(after);
        test.store().deliver(&SagaId::new("a").unwrap(), delivery, at).await.unwrap();
    }
    tokio::time::sleep(3 * HOUR).await;
    test.restart().await.unwrap();
}

async fn found(test: &TestRuntime) -> AnyHandle {
    test.find(&SagaId::new("a").unwrap()).await.unwrap().unwrap()
}

/// Checks that it has been rolled back for that cause.
async fn rolled_back(test: &TestRuntime, is: impl Fn(&Cause) -> bool) {
    let handle = found(test).await;
    until(&handle, |state| state.phase().is_ended() || state.phase() == Phase::DeadLettered).await;
    let state = handle.look().await.unwrap();
    let saga_core::state::Direction::RolledBack(cause) = state.direction() else {
        panic!("{:?}\n{:?}", state.direction(), state.blockers().collect::<Vec<_>>())
    };
    assert!(is(cause), "{cause}");
    assert!(!state.is_overdue());
}

fn is_deadline(cause: &Cause) -> bool {
    *cause == Cause::Deadline
}

#[tokio::test(start_paused = true)]
async fn s57_a_deadline_passes_while_a_step_is_in_doubt() {
    let world = World::new();
    world.always("charge card", Fault::Hang);
    let mut test = started(&world, |b| b.saga::<pays>()).await;
    test.run("a", pays::call()).await.unwrap();
    world.called("charge card", 1).await;
    down(&mut test, []).await;
    rolled_back(&test, is_deadline).await;
    assert_eq!((world.calls("charge card"), world.stands().len()), (1, 0));
    world.agrees(&found(&test).await).await;
}

#[tokio::test(start_paused = true)]
async fn s57_a_deadline_passes_while_an_irreversible_step_may_have_happened() {
    let world = World::new();
    world.always("post card", Fault::Hang);
    let mut test = started(&world, |b| b.saga::<posts>()).await;
    test.run("a", posts::call()).await.unwrap();
    world.called("post card", 1).await;
    down(&mut test, []).await;
    until_phase(&found(&test).await, Phase::DeadLettered).await;
    let state = found(&test).await.look().await.unwrap();
    assert_eq!(state.stop(), Some(&Cause::Deadline));
    assert_eq!(world.calls("post card"), 1, "it is not run again after the deadline");
}

#[tokio::test(start_paused = true)]
async fn s57_a_deadline_passes_while_a_saga_sleeps_or_waits() {
    for signals in [false, true] {
        let world = World::new();
        let mut test = started(&world, |b| b.saga::<naps>().saga::<waits>()).await;
        match signals {
            false => drop(test.run("a", naps::call()).await.unwrap()),
            true => drop(test.run("a", waits::call()).await.unwrap()),
        }
        until_phase(&found(&test).await, Phase::Waiting).await;
        // A signal that came after the deadline wakes it, and changes nothing.
        let said = signals.then(|| (2 * HOUR, go("late")));
        down(&mut test, said).await;
        rolled_back(&test, is_deadline).await;
        assert_eq!((world.calls("charge card"), world.stands().len()), (0, 0));
    }
}

saga!(hogs, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], hold("hog")).await?)
});

#[tokio::test(start_paused = true)]
async fn s57_a_deadline_passes_before_a_saga_has_begun() {
    let world = World::new();
    world.script("hold hog", [Fault::Hang]);
    let mut test = started(&world, |b| b.saga::<hogs>().saga::<pays>().running_max(1)).await;
    test.run("hog", hogs::call()).await.unwrap();
    world.called("hold hog", 1).await;
    test.run("a", pays::call()).await.unwrap();
    assert_eq!(found(&test).await.phase().await.unwrap(), Phase::Scheduled);
    down(&mut test, []).await;
    rolled_back(&test, is_deadline).await;
    assert_eq!(world.calls("hold seat"), 0);
}

/// A cancel, a signal and a deadline, in each order: what came first counts.
#[tokio::test(start_paused = true)]
async fn s57_what_came_first_counts() {
    for (after, is_first) in [(30 * MINUTE, true), (90 * MINUTE, false)] {
        let world = World::new();
        let mut test = started(&world, |b| b.saga::<waits>()).await;
        test.run("a", waits::call()).await.unwrap();
        until_phase(&found(&test).await, Phase::Waiting).await;
        // Without a deadline the signal would lead to the charge.
        down(&mut test, [(20 * MINUTE, go("first")), (after, cancel())]).await;
        rolled_back(&test, |cause| matches!(cause, Cause::Cancelled { .. }) == is_first).await;
        let is_signal = |record: &Record| matches!(record, Record::WaitEnded { signal: Some(_), .. });
        let signalled = count(&found(&test).await, is_signal).await;
        assert_eq!((world.calls("charge card"), signalled), (0, 1));
    }
}

/// A delivery that came in time counts, although the limit has passed since.
#[tokio::test(start_paused = true)]
async fn s57_an_answer_in_time_counts_and_one_too_late_does_not() {
    for (after, in_time) in [(59 * MINUTE, true), (61 * MINUTE, false)] {
        let world = World::new();
        let mut test = started(&world, |b| b.saga::<asks>()).await;
        test.run("a", asks::call()).await.unwrap();
        until_phase(&found(&test).await, Phase::Waiting).await;
        down(&mut test, [(after, yes())]).await;
        let handle = test.run("a", asks::call()).await.unwrap();
        assert_eq!(handle.outcome().in_time().await.unwrap().is_completed(), in_time);
        assert_eq!(world.calls("charge card"), u32::from(in_time));
        world.agrees(handle.any()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn s57_a_signal_in_time_counts_and_one_too_late_does_not() {
    for (after, in_time) in [(59 * MINUTE, true), (61 * MINUTE, false)] {
        let world = World::new();
        let mut test = started(&world, |b| b.saga::<hears>()).await;
        test.run("a", hears::call()).await.unwrap();
        until_phase(&found(&test).await, Phase::Waiting).await;
        down(&mut test, [(after, go("it"))]).await;
        let outcome = test.run("a", hears::call()).await.unwrap().outcome().in_time().await.unwrap();
        assert_eq!(outcome.completed().unwrap() == "it", in_time);
    }
}

/// The deadline does not run during a dead letter. From the redrive on it runs, also while no worker is up.
#[tokio::test(start_paused = true)]
async fn s57_a_deadline_passes_after_a_redrive() {
    let world = World::new();
    world.always("post card", Fault::DoubtLost);
    let mut test = started(&world, |b| b.saga::<posts>()).await;
    let handle = test.run("a", posts::call()).await.unwrap();
    dead_lettered(&handle).await;
    test.pass(5 * HOUR).await;
    world.always("post card", Fault::Hang);
    let calls = world.calls("post card");
    handle.redrive(ann()).in_time().await.unwrap();
    world.called("post card", calls + 1).await;
    down(&mut test, []).await;
    until_phase(&found(&test).await, Phase::DeadLettered).await;
    assert_eq!(found(&test).await.look().await.unwrap().stop(), Some(&Cause::Deadline));
    assert_eq!(world.calls("post card"), calls + 1, "it is not run again after the deadline");
}

/// The store is gone for longer than the deadline while the intent of a step is to be written.
#[tokio::test(start_paused = true)]
async fn s57_a_deadline_passes_while_the_store_is_gone() {
    let world = World::new();
    let valve = Valve::new(std::sync::Arc::new(MemoryStore::new()));
    let builder = Runtime::builder(valve.clone()).resource(world.clone()).lease(9 * HOUR);
    let runtime = builder.saga::<pays>().start().await.unwrap();
    world.always("hold seat", Fault::Hang);
    let handle = runtime.run("a", pays::call()).await.unwrap();
    world.called("hold seat", 1).await;
    valve.commits(Flow::Unavailable);
    world.open("hold seat");
    tokio::time::sleep(2 * HOUR).await;
    valve.commits(Flow::Open);
    let outcome = handle.outcome().in_time().await.unwrap();
    assert!(matches!(&outcome, Outcome::RolledBack { cause: Cause::Deadline, .. }), "{outcome}");
    assert_eq!((world.calls("charge card"), world.stands().len()), (0, 0));
    world.agrees(handle.any()).await;
}

static CLOCK: std::sync::OnceLock<std::sync::Arc<SetClock>> = std::sync::OnceLock::new();

saga!(computes, deadline HOUR, |cx, input| [a, r] {
    a.at(&cx, 1, &[], hold("seat")).await?;
    if input == "slowly" {
        CLOCK.get().unwrap().forward(2 * HOUR);
    }
    Ok(r.at(&cx, 1, &[], look("map")).await?)
});

/// The deadline passes while the body computes: a readonly step, which has no intent, does not begin either.
#[tokio::test(start_paused = true)]
async fn s57_no_readonly_step_begins_after_the_deadline() {
    let world = World::new();
    let clock = CLOCK.get_or_init(|| std::sync::Arc::new(SetClock::new())).clone();
    let builder = Runtime::builder(MemoryStore::new()).resource(world.clone()).clock(clock);
    let runtime = builder.saga::<computes>().start().await.unwrap();
    let in_time = runtime.run("in-time", computes::call()).await.unwrap();
    in_time.outcome().in_time().await.unwrap().completed().unwrap();
    assert_eq!(world.calls("look map"), 1);
    let late = runtime.run("late", SagaCall::<computes>::new("slowly".to_owned())).await.unwrap();
    let outcome = late.outcome().in_time().await.unwrap();
    assert!(matches!(&outcome, Outcome::RolledBack { cause: Cause::Deadline, .. }), "{outcome}");
    assert_eq!((world.calls("look map"), world.calls("release seat")), (1, 1));
    world.agrees(late.any()).await;
}

saga!(hurries, |cx, input| [s] {
    let came = s.at(&cx, 1, &[], signal::<String>("go").within("800ms")).await;
    Ok(came.unwrap_or_else(|expired| expired.to_string()))
});

/// The worker is up, and does not see the signal before the limit.
#[tokio::test(start_paused = true)]
async fn s57_a_signal_in_time_counts_though_the_store_does_not_say_so_in_time() {
    for (after, in_time) in [(790, true), (810, false)] {
        let valve = Valve::new(std::sync::Arc::new(MemoryStore::new()));
        let runtime = Runtime::builder(valve.clone()).saga::<hurries>().start().await.unwrap();
        let handle = runtime.run("a", hurries::call()).await.unwrap();
        until_phase(handle.any(), Phase::Waiting).await;
        valve.reads(Flow::Unavailable);
        tokio::time::sleep(Duration::from_millis(after)).await;
        let saga = SagaId::new("a").unwrap();
        saga_core::store::Store::deliver(&*valve, &saga, go("it"), runtime.now()).await.unwrap();
        tokio::time::sleep(SECOND).await;
        valve.reads(Flow::Open);
        let outcome = handle.outcome().in_time().await.unwrap();
        assert_eq!(outcome.completed().unwrap() == "it", in_time);
    }
}

#[allow(non_camel_case_types)]
enum tries {}
impl Step for tries {
    const NAME: &'static str = "tries";
    const RETRY: Retry = Retry { attempts: 9, within: Some(HOUR), ..Retry::RETRIABLE };
    type Input = Item;
    type Output = String;
    type Error = Failure;
    type Undo = undo::Irreversible;
    type Effort = effort::Fallible;
    type Repeat = repeat::Keyed;
    async fn run(cx: &StepContext, item: Item) -> Result<String, Failure> {
        cx.resource::<World>().clone().step(cx, "tries", item, Known::ByKey).await
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<World>()]
    }
}

saga!(tries_again, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], StepCall::<tries>::new(Item::new("it"))).await?)
});

#[tokio::test(start_paused = true)]
async fn s57_no_attempt_begins_after_the_time_for_attempts() {
    let world = World::new();
    world.script("tries it", [Fault::Transient]);
    let mut test = started(&world, |b| b.saga::<tries_again>()).await;
    // The process dies when the first failure is durable.
    test.crash_at(2, Side::After);
    let handle = test.run("a", tries_again::call()).await.unwrap();
    drop(handle);
    test.crashed().await;
    down(&mut test, []).await;
    let handle = test.run("a", tries_again::call()).await.unwrap();
    assert!(handle.outcome().in_time().await.unwrap().is_rolled_back());
    assert_eq!(world.calls("tries it"), 1);
}

/// A compensation that begins because of a delivery at recovery is not in doubt: no process died during it.
#[tokio::test(start_paused = true)]
async fn s57_what_begins_at_a_recovery_is_not_taken_for_interrupted() {
    let world = World::new();
    let mut test = started(&world, |b| b.saga::<waits>()).await;
    test.run("a", waits::call()).await.unwrap();
    until_phase(&found(&test).await, Phase::Waiting).await;
    down(&mut test, [(MINUTE, cancel())]).await;
    rolled_back(&test, |cause| matches!(cause, Cause::Cancelled { .. })).await;
    let doubts = count(&found(&test).await, |r| matches!(r, Record::AttemptEnded { doubt: true, .. })).await;
    assert_eq!((doubts, world.calls("release seat")), (0, 1));
}
