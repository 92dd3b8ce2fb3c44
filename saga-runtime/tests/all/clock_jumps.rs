//! The row of `docs/scenarios.md` on clocks that jump, either way, for every kind of wait, in memory and while the saga
//! is released. No wait takes longer than its length, and none ends early unless the clock says so. The journal is
//! ordered by sequence numbers.
//!
//! Seen to fail with these bugs put in: waits counted by the clock alone; a clock that was set back not noticed when
//! sagas are claimed.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::{HOUR, SECOND};
use crate::support::kit::*;
use saga_core::Record;
use saga_core::policy::Retry;
use saga_core::record::Next;

/// A step that is retried after a while, and so is its compensation.
macro_rules! slow_to_retry {
    ($name:ident: $undo:ident, $effort:ident, $wait:expr $(, by $by:ident)?) => {
        #[allow(non_camel_case_types)]
        enum $name {}
        impl Step for $name {
            const NAME: &'static str = stringify!($name);
            const RETRY: Retry = Retry { attempts: 5, backoff_min: $wait, backoff_max: $wait, within: None };
            $(const UNDONE_BY: Option<&'static str> = Some(stringify!($by));)?
            type Input = Item;
            type Output = String;
            type Error = Failure;
            type Undo = undo::$undo;
            type Effort = effort::$effort;
            type Repeat = repeat::Keyed;
            async fn run(cx: &StepContext, item: Item) -> Result<String, Failure> {
                cx.resource::<World>().clone().step(cx, stringify!($name), item, Known::ByKey).await
            }
            fn needs() -> Vec<Need> {
                vec![Need::of::<World>()]
            }
            $(
                fn related(registry: &mut Registry) {
                    registry.step::<$by>();
                }
                fn compensation(id: String, given: &Given<'_, Self>) -> Option<Compensation> {
                    Some(Compensates::undoing(StepCall::<$by>::new(Item { id: Some(id), ..given.input() })))
                }
            )?
        }
    };
}

const SHORT: Duration = Duration::from_millis(800);

slow_to_retry!(undo_short: Auxiliary, Retriable, SHORT);
slow_to_retry!(do_short: Compensated, Fallible, SHORT, by undo_short);
slow_to_retry!(undo_long: Auxiliary, Retriable, HOUR);
slow_to_retry!(do_long: Compensated, Fallible, HOUR, by undo_long);

/// A saga that waits once, in the way that its input says, and rolls back at the end if the rollback is to wait.
macro_rules! waiting {
    ($name:ident, $late:ident, $do:ident, $wait:literal, $deadline:expr) => {
        saga!($name, |cx, input| [t, s, q, a, b] {
            match input.as_str() {
                "sleep" => t.at(&cx, 1, &[], sleep($wait)).await,
                "signal" => drop(s.at(&cx, 1, &[], signal::<String>("go").within($wait)).await),
                "approval" => drop(q.at(&cx, 1, &[], approve("go?").within($wait)).await),
                _ => {}
            }
            a.at(&cx, 1, &[], StepCall::<$do>::new(Item::new("it")).named("it".to_owned())).await?;
            if input == "undo" {
                b.at(&cx, 1, &[], charge("card")).await?;
            }
            Ok(input)
        });
        saga!($late, deadline $deadline, |cx, input| [a, s] {
            a.at(&cx, 1, &[], hold("it")).await?;
            Ok(s.at(&cx, 1, &[], signal::<String>("go")).await)
        });
    };
}

waiting!(short, short_late, do_short, "800ms", SHORT);
waiting!(long, long_late, do_long, "1h", HOUR);

/// The kinds of waits.
const WAITS: [&str; 6] = ["sleep", "signal", "approval", "retry", "undo", "deadline"];
const YEAR: Duration = Duration::from_secs(365 * 86_400);
/// The time of the jump, from the beginning: every wait has begun.
const JUMP_AT: Duration = Duration::from_millis(1);

/// The duration of a wait, and its length.
struct Waited {
    took: Duration,
    wait: Duration,
}

/// The calls of the saga that waits as its input says, and of the one with a deadline.
type Calls<S, L> = (fn(String) -> SagaCall<S>, SagaCall<L>);

async fn wait_through<S, L>(calls: Calls<S, L>, what: &str, jump: fn(&SetClock)) -> Waited
where
    S: Saga<Output = String>,
    L: Saga<Output = String>,
{
    let (world, clock) = (World::new(), Arc::new(SetClock::new()));
    world.script("do_short it", [Fault::Transient]).script("do_long it", [Fault::Transient]);
    if what != "retry" {
        world.script("do_short it", []).always("do_short it", Fault::None).always("do_long it", Fault::None);
    }
    if what == "undo" {
        world.always("charge card", Fault::Permanent);
        world.script("undo_short it", [Fault::Transient]).script("undo_long it", [Fault::Transient]);
    }
    let builder = Runtime::builder(MemoryStore::new()).resource(world.clone()).clock(clock.clone());
    let runtime = builder.saga::<S>().saga::<L>().start().await.unwrap();
    let began = tokio::time::Instant::now();
    let handle: AnyHandle = match what {
        "deadline" => runtime.run("a", calls.1).await.unwrap().any().clone(),
        _ => runtime.run("a", calls.0(what.to_owned())).await.unwrap().any().clone(),
    };
    tokio::time::sleep(JUMP_AT).await;
    jump(&clock);
    crate::support::acts::until(&handle, |state| state.phase().is_ended()).await;
    let took = began.elapsed();
    let journal = handle.journal().await.unwrap();
    assert!(journal.iter().enumerate().all(|(at, e)| e.seq == at as u64), "order is by sequence");
    let backoff = journal.iter().find_map(|e| match e.record {
        Record::AttemptEnded { next: Next::Again { due }, .. } => Some(due.since(e.at)),
        _ => None,
    });
    let wait = match what {
        "retry" | "undo" => backoff.expect("it was tried again"),
        _ if S::NAME == "short" => SHORT,
        _ => HOUR,
    };
    let ended = if matches!(what, "undo" | "deadline") { Phase::RolledBack } else { Phase::Completed };
    assert_eq!(handle.phase().await.unwrap(), ended, "{what}");
    world.agrees(&handle).await;
    Waited { took, wait }
}

/// Runs every wait, in memory and while the saga is released, with the jump.
async fn all_wait(jump: fn(&SetClock), check: impl Fn(&str, &Waited)) {
    for what in WAITS {
        let in_memory = (SagaCall::<short>::new as fn(String) -> _, short_late::call());
        check(what, &wait_through(in_memory, what, jump).await);
        let in_no_memory = (SagaCall::<long>::new as fn(String) -> _, long_late::call());
        check(what, &wait_through(in_no_memory, what, jump).await);
    }
}

#[tokio::test(start_paused = true)]
async fn crash_clock_is_set_back_and_no_wait_is_longer_than_itself() {
    all_wait(
        |clock| clock.back(YEAR),
        |what, Waited { took, wait }| {
            assert!(took >= wait, "{what} of {wait:?}: it took only {took:?}");
            // A saga that was released begins its wait again when it is claimed.
            let longest = if *wait > SECOND { *wait * 2 + SECOND } else { *wait + Duration::from_millis(50) };
            assert!(*took <= longest, "{what} of {wait:?}: it took {took:?}");
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn crash_clock_is_set_forward_and_no_wait_is_longer_than_itself() {
    all_wait(
        |clock| clock.forward(YEAR),
        |what, Waited { took, wait }| {
            assert!(*took <= *wait + Duration::from_millis(50), "{what} of {wait:?}: it took {took:?}");
        },
    )
    .await;
}
