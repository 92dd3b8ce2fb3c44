//! One attempt of a step: the recorded input is decoded afresh, the step runs within its time, a panic is caught, and
//! what undoes it is evaluated as soon as it has succeeded. Here is what is the same for all steps; what is compiled for
//! each is in [`typed`].

mod outage;
mod typed;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use saga_core::machine::{Answer, Ending};
use saga_core::record::{AttemptError, Failure as Failed, Lost};
use saga_core::{Payload, Reason, Timestamp};

use crate::replay::erased::{AnyStep, Call, Gave};
use crate::value::class::Class;
use crate::value::interference::Calling;
use crate::value::panics::message_of;
use crate::value::step_context::StepContext;
use crate::value::surroundings::Surroundings;
use crate::value::text::text_of;

pub(crate) use typed::TypedStep;

/// What a readonly step gave, or why that cannot be recorded.
pub(crate) type ReadResult = Result<Result<Payload, Failed>, (Reason, String)>;

/// Runs one attempt of a step with an effect. It is not begun after `key_until`, if that passes while its input cannot be
/// opened.
pub(crate) async fn attempt(
    step: &'static dyn AnyStep,
    cx: StepContext,
    input: Payload,
    around: Arc<Surroundings>,
    key_until: Option<Timestamp>,
) -> Ending {
    let input = match outage::opened_to_begin(&cx, &input, &around, key_until).await {
        Ok(Some(input)) => input,
        Ok(None) => {
            let trouble = AttemptError::NotBegun;
            return Ending::NotDone { trouble, retry_after: None, conclusive: false };
        }
        Err(error) => return Ending::Undecodable { detail: text_of(&error) },
    };
    let with = Call { cx: &cx, input: &input, around: &around };
    match called(step, with).await {
        Err(detail) => Ending::Undecodable { detail },
        Ok(Run::Ended(Gave::Output(evaluated))) => {
            Ending::Done(outage::sealed(&cx, evaluated, &around).await)
        }
        Ok(Run::Ended(Gave::Error { class, message, error, retry_after, conclusive })) => {
            let trouble = AttemptError::Error { message, error, permanent: class == Class::Permanent };
            match class {
                Class::InDoubt => Ending::InDoubt { trouble },
                Class::Transient | Class::Permanent => Ending::NotDone { trouble, retry_after, conclusive },
            }
        }
        Ok(Run::Ended(Gave::Panic(message)) | Run::Panicked(message)) => {
            Ending::InDoubt { trouble: AttemptError::Panicked { message } }
        }
        Ok(Run::TimedOut) => Ending::InDoubt { trouble: AttemptError::TimedOut },
    }
}

/// Calls the step within its time.
async fn called(step: &dyn AnyStep, with: Call<'_>) -> Result<Run<Gave>, String> {
    let mut gave = None;
    let run = timed(step.policy().timeout, step.call(with, &mut gave)?).await;
    Ok(match (gave, run) {
        (Some(gave), Run::Panicked(why)) => {
            tracing::error!(why, "a destructor panicked in a step that had ended");
            Run::Ended(gave)
        }
        (Some(gave), _) => Run::Ended(gave),
        (None, Run::Panicked(message)) => Run::Panicked(message),
        (None, _) => Run::TimedOut,
    })
}

/// Runs a readonly step, its retries included; gives how many attempts it took.
pub(crate) async fn read(
    step: &'static dyn AnyStep,
    mut cx: StepContext,
    input: Payload,
    around: Arc<Surroundings>,
    draw: impl Fn() -> u64 + Send,
) -> (ReadResult, u32) {
    let input = match outage::opened_to_begin(&cx, &input, &around, None).await {
        Ok(Some(input)) => input,
        // The body no longer waits for this read.
        Ok(None) => return (Ok(Err(Failed::TimedOut { attempts: cx.attempt })), cx.attempt),
        Err(error) => return (Err((Reason::Undecodable, text_of(&error))), cx.attempt),
    };
    let started = around.clock.now();
    let retry = step.policy().retry;
    loop {
        let attempts = cx.attempt;
        let called = called(step, Call { cx: &cx, input: &input, around: &around }).await;
        let (failure, wait) = match called {
            Err(detail) => return (Err((Reason::Undecodable, detail)), attempts),
            Ok(Run::Ended(Gave::Output(evaluated))) => {
                let evaluated = outage::sealed(&cx, evaluated, &around).await;
                return (evaluated.output.map(Ok).map_err(lost_output), attempts);
            }
            Ok(Run::Ended(Gave::Error { class, message, error, retry_after, .. })) => {
                let failure = match class {
                    Class::Permanent => Failed::Failed { error, message },
                    // Without an effect, doubt is no more than a failure.
                    Class::Transient | Class::InDoubt => Failed::Exhausted { error, message, attempts },
                };
                (failure, retry_after)
            }
            Ok(Run::Ended(Gave::Panic(message)) | Run::Panicked(message)) => {
                (Failed::Panicked { message }, None)
            }
            Ok(Run::TimedOut) => (Failed::TimedOut { attempts }, None),
        };
        let wait = retry.wait(attempts, draw()).max(wait.unwrap_or_default());
        let late = retry.within.is_some_and(|within| around.clock.now().after(wait) > started.after(within));
        if matches!(failure, Failed::Failed { .. }) || attempts >= retry.attempts || late {
            return (Ok(Err(failure)), attempts);
        }
        tracing::debug!(saga = %cx.saga, site = %cx.site, attempt = attempts, %failure, "retrying");
        tokio::select! {
            biased;
            () = tokio::time::sleep(wait) => cx.attempt += 1,
            // The body no longer waits for this read.
            () = cx.cancelled() => return (Ok(Err(failure)), attempts),
        }
    }
}

/// Asks the probe.
pub(crate) async fn probe(
    step: &'static dyn AnyStep,
    cx: StepContext,
    input: Payload,
    around: Arc<Surroundings>,
) -> Answer {
    let input = match outage::opened(&cx, &input, &around).await {
        Ok(input) => input,
        Err(error) => return Answer::Pending(Some(text_of(&error))),
    };
    let asking = match step.asking(Call { cx: &cx, input: &input, around: &around }) {
        Ok(Some(asking)) => asking,
        Ok(None) => return Answer::Pending(Some("the step has no probe".to_owned())),
        Err(panic) => return Answer::Pending(Some(panic)),
    };
    let mut attempt = 1;
    loop {
        let trouble = match timed(asking.timeout, (asking.ask)()).await {
            Run::Ended(Ok(Answer::Happened(evaluated))) => {
                return Answer::Happened(outage::sealed(&cx, evaluated, &around).await);
            }
            Run::Ended(Ok(answer)) => return answer,
            Run::Ended(Err(error)) => error,
            Run::TimedOut => "the probe timed out".to_owned(),
            Run::Panicked(message) => message,
        };
        if attempt >= asking.retry.attempts {
            return Answer::Pending(Some(trouble));
        }
        tokio::time::sleep(asking.retry.wait(attempt, u64::MAX)).await;
        attempt += 1;
    }
}

fn lost_output(lost: Lost) -> (Reason, String) {
    (Reason::OutputLost, lost.why)
}

enum Run<T> {
    Ended(T),
    TimedOut,
    Panicked(String),
}

async fn timed<T>(limit: Duration, call: Calling<'_, T>) -> Run<T> {
    let mut call = Some(AssertUnwindSafe(call).catch_unwind());
    let running = call.as_mut().expect("it is there until it is dropped");
    let ended = match running.now_or_never() {
        // What is there at once needs no timer.
        Some(ended) => Ok(ended),
        None => tokio::time::timeout(limit, running).await,
    };
    let dropped = catch_unwind(AssertUnwindSafe(|| call = None)).map_err(message_of);
    match (ended, dropped) {
        (Ok(Ok(output)), Ok(())) => Run::Ended(output),
        (Ok(Ok(output)), Err(why)) => {
            tracing::error!(why, "a destructor panicked in a step that had ended");
            Run::Ended(output)
        }
        (Ok(Err(panic)), _) => Run::Panicked(message_of(panic)),
        (Err(_), Ok(())) => Run::TimedOut,
        (Err(_), Err(why)) => Run::Panicked(format!("its time ran out, and a destructor panicked: {why}")),
    }
}
