//! The sagas of the simulation: they interpret the [`Program`] in their recorded input. They are written by hand, over
//! the same public traits that `#[saga]` uses.

mod steps;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use saga_runtime::*;

use crate::program::{Op, Program, places};
use steps::{Any, AnySteps, mail};

macro_rules! interpreted {
    ($(#[$doc:meta])* $name:ident $(, deadline $seconds:literal)?) => {
        $(#[$doc])*
        #[allow(non_camel_case_types)]
        #[derive(Debug)]
        pub(crate) enum $name {}
        impl Saga for $name {
            const NAME: &'static str = stringify!($name);
            $(const DEADLINE: Option<Duration> = Some(Duration::from_secs($seconds));)?
            type Input = Program;
            type Output = u64;
            type Error = Failure;
            type State = StateView;
            async fn body(cx: SagaContext) -> Exit<u64, Failure> {
                let steps = Witness::<AnySteps>::new();
                if cx.registers(&[&steps]) {
                    return cx.registered().await;
                }
                let program: Program = cx.input().await;
                Exit::of(run(&cx, &program.ops, 1, Vec::new(), 0).await)
            }
        }
    };
}

interpreted!(
    /// A saga without a deadline; also every child.
    program
);
interpreted!(
    /// A saga with a deadline of twenty seconds.
    urgent, deadline 20
);

type Running<'a> = Pin<Box<dyn Future<Output = Result<u64, Failure>> + Send + 'a>>;

/// Runs `ops`; `first` is the number of the first one's place in the text.
fn run<'a>(cx: &'a SagaContext, ops: &'a [Op], first: u32, turns: Vec<u32>, last: u64) -> Running<'a> {
    Box::pin(async move {
        let (mut place, mut last) = (first, last);
        for op in ops {
            last = one(cx, op, place, &turns, last).await?;
            place += op.places();
        }
        Ok(last)
    })
}

async fn one(cx: &SagaContext, op: &Op, place: u32, turns: &[u32], last: u64) -> Result<u64, Failure> {
    let steps = Witness::<AnySteps>::new();
    let waits = Witness::<NoSteps>::new();
    // Not registered, so a signal of a wrong type reaches the body.
    let signals = Witness::<SignalOf<u64>>::new();
    match op {
        Op::Step(deed) => handled(deed.handled, steps.at(cx, place, turns, Any::step(deed)).await),
        Op::Defer(deed) => {
            Witness::<Deferred<mail>>::new().at(cx, place, turns, on_commit(Any::mail(deed))).await;
            Ok(last)
        }
        Op::Child { program, handled: h } => {
            handled(*h, steps.at(cx, place, turns, Any::child(program)).await)
        }
        Op::Either(then, otherwise) => match last % 2 {
            0 => run(cx, then, place + 1, turns.to_vec(), last).await,
            _ => run(cx, otherwise, place + 1 + places(then), turns.to_vec(), last).await,
        },
        Op::Loop { turns: wanted, bound, ops } => {
            let (mut made, mut last) = (0, last);
            for _ in 0..*wanted {
                let turn = cx.turn(&mut made, Some(*bound), "a loop").await;
                let turns = turns.iter().copied().chain([turn]).collect();
                last = run(cx, ops, place + 1, turns, last).await?;
            }
            Ok(last)
        }
        Op::All { branches, limit, handled: h } => {
            let calls = branches.iter().filter_map(Any::branch);
            let all = all(calls).limit(*limit);
            let given = steps.at(cx, place, turns, all).await;
            let sum = given.map(|values| values.into_iter().fold(0, u64::wrapping_add));
            handled(*h, sum.map_err(AllFailure::into_first::<Failure>))
        }
        Op::Sleep(ms) => {
            waits.at(cx, place, turns, sleep(Duration::from_millis(*ms))).await;
            Ok(last)
        }
        Op::Signal { within_ms: None, .. } => Ok(signals.at(cx, place, turns, signal::<u64>("go")).await),
        Op::Signal { within_ms: Some(ms), handled: h } => {
            let signal = signal::<u64>("go").within(Duration::from_millis(*ms));
            let came = signals.at(cx, place, turns, signal).await;
            handled(*h, came.map_err(|expired| Failure::permanent(expired.to_string())))
        }
        Op::Approve { within_ms, handled: h } => {
            let question = approve(format!("go on at {place}?"));
            let question = match within_ms {
                Some(ms) => question.within(Duration::from_millis(*ms)),
                None => question,
            };
            let answer = waits.at(cx, place, turns, question).await;
            handled(*h, answer.map(|_| last).map_err(|no| Failure::permanent(no.to_string())))
        }
        Op::Values => {
            let at = waits.at(cx, place, turns, now()).await;
            let id = waits.at(cx, place, turns, uuid()).await;
            Ok(at.0.unsigned_abs() ^ id.as_u64_pair().0)
        }
        Op::Fail => Err(Failure::permanent("the program fails")),
        Op::Panic => panic!("sim: the program panics"),
        Op::Whim => {
            let run = WHIMS.with(|whims| whims.fetch_add(1, Ordering::Relaxed));
            waits.at(cx, place, turns, sleep(Duration::from_millis(1 + run))).await;
            Ok(last)
        }
    }
}

thread_local! {
    /// The number of whims in this run of the simulation: hidden state, which a body must not depend on.
    static WHIMS: AtomicU64 = const { AtomicU64::new(0) };
}

/// Resets the whims for a new run.
pub(crate) fn forget_whims() {
    WHIMS.with(|whims| whims.store(0, Ordering::Relaxed));
}

fn handled(is_handled: bool, result: Result<u64, Failure>) -> Result<u64, Failure> {
    match result {
        Err(_) if is_handled => Ok(1),
        result => result,
    }
}
