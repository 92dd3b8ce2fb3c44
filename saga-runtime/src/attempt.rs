//! One attempt of a step: the recorded input is decoded afresh, the step runs within its time, a panic is caught, and
//! what undoes it is evaluated as soon as it has succeeded.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use saga_core::machine::{Answer, Ending, Evaluated};
use saga_core::record::{Call, Failure as Failed, Lost, Trouble};
use saga_core::{IdempotencyKey, Payload, Policy, Reason, Role};

use crate::bulkhead::Slot;
use crate::clock::Clock;
use crate::context::StepContext;
use crate::error::{Class, StepError, text_of};
use crate::limits::Encoding;
use crate::panics::{drop_quietly, message_of};
use crate::recorded::Recorded;
use crate::resources::Need;
use crate::step::{Compensation, Given, KeyOf, Probe, Step, policy_of};

/// Something that runs for a saga.
pub(crate) type Running = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// How it ended.
pub(crate) enum Ended {
    /// An attempt.
    Attempt(Ending),
    /// A probe.
    Probe(Answer),
    /// A readonly step, after so many attempts.
    Read(ReadResult, u32),
    /// A wait for room.
    Slot(Slot),
}

/// What a readonly step gave, or why that cannot be recorded.
pub(crate) type ReadResult = Result<Result<Payload, Failed>, (Reason, String)>;

/// What attempts and bodies work with, the same for all.
pub(crate) struct Surroundings {
    pub(crate) encoding: Encoding,
    /// When the attempt ended, for undo windows; asked when needed.
    pub(crate) clock: Arc<dyn Clock>,
    /// What a test makes of attempts.
    #[cfg(feature = "test")]
    pub(crate) faults: Option<Arc<crate::test::Faults>>,
}

/// A step whose type is forgotten.
pub(crate) trait AnyStep: Send + Sync {
    fn policy(&self) -> Policy;
    fn needs(&self) -> Vec<Need>;
    /// Runs one attempt of a step with an effect.
    fn attempt(&self, cx: StepContext, input: Payload, around: Arc<Surroundings>) -> Running;
    /// Runs a readonly step, its retries included; gives how many attempts it took.
    fn read(
        &self,
        cx: StepContext,
        input: Payload,
        around: Arc<Surroundings>,
        draw: Box<dyn Fn() -> u64 + Send>,
    ) -> Running;
    /// Asks the probe.
    fn probe(&self, cx: StepContext, input: Payload, around: Arc<Surroundings>) -> Running;
    /// What follows from an output that a person gave.
    fn evaluate(
        &self,
        output: &Payload,
        input: &Payload,
        key: &IdempotencyKey,
        around: &Surroundings,
    ) -> Result<Evaluated, String>;
    /// Whether a recorded input is of the step's type.
    fn check_input(&self, input: &Payload, encoding: &Encoding) -> Result<(), String>;
    /// The input that was given in place of the recorded one, as the step's type has it.
    fn mended(&self, given: &Payload, recorded: &Payload, encoding: &Encoding) -> Result<Payload, String>;
    /// What it says about itself.
    #[cfg(feature = "test")]
    fn definition(&self) -> saga_core::graph::Definition;
    /// What it records.
    #[cfg(feature = "test")]
    fn shapes(&self) -> crate::upgrade::definitions::Shapes;
    /// With which errors it can be made to fail.
    #[cfg(feature = "test")]
    fn failing(&self, samples: &crate::test::Samples) -> crate::test::Failing;
}

pub(crate) struct TypedStep<S>(PhantomData<fn() -> S>);

impl<S> Default for TypedStep<S> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<S: Step> AnyStep for TypedStep<S> {
    fn policy(&self) -> Policy {
        policy_of::<S>()
    }

    fn needs(&self) -> Vec<Need> {
        S::needs()
    }

    fn attempt(&self, cx: StepContext, input: Payload, around: Arc<Surroundings>) -> Running {
        Box::pin(async move { Ended::Attempt(attempt::<S>(cx, input, around).await) })
    }

    fn read(
        &self,
        cx: StepContext,
        input: Payload,
        around: Arc<Surroundings>,
        draw: Box<dyn Fn() -> u64 + Send>,
    ) -> Running {
        Box::pin(async move {
            let (result, attempts) = read::<S>(cx, input, around, draw).await;
            Ended::Read(result, attempts)
        })
    }

    fn probe(&self, cx: StepContext, input: Payload, around: Arc<Surroundings>) -> Running {
        Box::pin(async move { Ended::Probe(probe::<S>(cx, input, around).await) })
    }

    fn evaluate(
        &self,
        output: &Payload,
        input: &Payload,
        key: &IdempotencyKey,
        around: &Surroundings,
    ) -> Result<Evaluated, String> {
        let output = given_as::<S::Output>(output, &Payload::null(), &around.encoding)?;
        Ok(evaluated::<S>(output, input, KeyOf::Made(key), Role::Do, around))
    }

    fn check_input(&self, input: &Payload, encoding: &Encoding) -> Result<(), String> {
        read_as::<S::Input>(input, encoding).map(|input| drop_quietly("the step's input", input))
    }

    fn mended(&self, given: &Payload, recorded: &Payload, encoding: &Encoding) -> Result<Payload, String> {
        let input = given_as::<S::Input>(given, recorded, encoding)?;
        let mended = guarded("recording the input", || encoding.encode_input(&input)).flatten();
        drop_quietly("the step's input", input);
        mended
    }

    #[cfg(feature = "test")]
    fn definition(&self) -> saga_core::graph::Definition {
        crate::step::definition_of::<S>()
    }

    #[cfg(feature = "test")]
    fn shapes(&self) -> crate::upgrade::definitions::Shapes {
        crate::upgrade::definitions::Shapes::of::<S::Input, S::Output, S::Error>(&S::Error::RECORDED)
    }

    #[cfg(feature = "test")]
    fn failing(&self, samples: &crate::test::Samples) -> crate::test::Failing {
        samples.of::<S::Error>()
    }
}

async fn attempt<S: Step>(cx: StepContext, input: Payload, around: Arc<Surroundings>) -> Ending {
    let decoded = match read_as::<S::Input>(&input, &around.encoding) {
        Ok(decoded) => decoded,
        Err(detail) => return Ending::Undecodable { detail },
    };
    match timed(S::TIMEOUT, called::<S>(&cx, decoded, &around)).await {
        Run::Ended(Ok(output)) => {
            Ending::Done(evaluated::<S>(output, &input, KeyOf::Attempt(&cx), cx.role, &around))
        }
        Run::Ended(Err(error)) => {
            let ending = guarded("the step's error", || ending_of(&error, &around.encoding))
                .unwrap_or_else(|message| Ending::InDoubt { trouble: Trouble::Panicked { message } });
            drop_quietly("the step's error", error);
            ending
        }
        Run::TimedOut => Ending::InDoubt { trouble: Trouble::TimedOut },
        Run::Panicked(message) => Ending::InDoubt { trouble: Trouble::Panicked { message } },
    }
}

/// The call of a step, as its author wrote it.
#[cfg(not(feature = "test"))]
fn called<S: Step>(
    cx: &StepContext,
    input: S::Input,
    _: &Surroundings,
) -> impl Future<Output = Result<S::Output, S::Error>> + Send {
    S::run(cx, input)
}

/// The call of a step, or what a test makes of it.
#[cfg(feature = "test")]
async fn called<S: Step>(
    cx: &StepContext,
    input: S::Input,
    around: &Surroundings,
) -> Result<S::Output, S::Error> {
    let planned = around.faults.as_ref().and_then(|faults| Some((faults, faults.at(cx)?)));
    match planned {
        Some((faults, fault)) => Box::pin(faults.run::<S>(fault, cx, input)).await,
        None => S::run(cx, input).await,
    }
}

/// Runs a readonly step, its retries included; gives how many attempts it took.
async fn read<S: Step>(
    mut cx: StepContext,
    input: Payload,
    around: Arc<Surroundings>,
    draw: Box<dyn Fn() -> u64 + Send>,
) -> (ReadResult, u32) {
    let started = around.clock.now();
    loop {
        let decoded = match read_as::<S::Input>(&input, &around.encoding) {
            Ok(decoded) => decoded,
            Err(detail) => return (Err((Reason::Undecodable, detail)), cx.attempt),
        };
        let (failure, wait) = match timed(S::TIMEOUT, called::<S>(&cx, decoded, &around)).await {
            Run::Ended(Ok(output)) => {
                let recorded = written(&output, &around.encoding).map_err(lost_output);
                drop_quietly("the step's output", output);
                return (recorded.map(Ok), cx.attempt);
            }
            Run::Ended(Err(error)) => {
                let told = || (read_failure(&error, cx.attempt, &around.encoding), error.retry_after());
                let told = guarded("the step's error", told);
                drop_quietly("the step's error", error);
                match told {
                    Ok(failed) => failed,
                    Err(message) => (Failed::Panicked { message }, None),
                }
            }
            Run::TimedOut => (Failed::TimedOut { attempts: cx.attempt }, None),
            Run::Panicked(message) => (Failed::Panicked { message }, None),
        };
        let wait = S::RETRY.wait(cx.attempt, draw()).max(wait.unwrap_or_default());
        let late =
            S::RETRY.within.is_some_and(|within| around.clock.now().after(wait) > started.after(within));
        if matches!(failure, Failed::Failed { .. }) || cx.attempt >= S::RETRY.attempts || late {
            return (Ok(Err(failure)), cx.attempt);
        }
        tracing::debug!(saga = %cx.saga, site = %cx.site, attempt = cx.attempt, %failure, "retrying");
        tokio::select! {
            biased;
            () = tokio::time::sleep(wait) => cx.attempt += 1,
            // Nobody waits for it any more.
            () = cx.cancelled() => return (Ok(Err(failure)), cx.attempt),
        }
    }
}

async fn probe<S: Step>(cx: StepContext, input: Payload, around: Arc<Surroundings>) -> Answer {
    let call = catch_unwind(AssertUnwindSafe(|| {
        let decode = || around.encoding.decode::<S::Input>(&input);
        S::probe(&Given::new(KeyOf::Attempt(&cx), &decode))
    }));
    let call = match call {
        Ok(Some(call)) => call,
        Ok(None) => return Answer::Pending(Some("the step has no probe".to_owned())),
        Err(panic) => return Answer::Pending(Some(message_of(panic))),
    };
    let mut attempt = 1;
    loop {
        let trouble = match timed(call.timeout, (call.ask)(cx.clone())).await {
            Run::Ended(Ok(Probe::Happened(output))) => {
                return Answer::Happened(evaluated::<S>(
                    output,
                    &input,
                    KeyOf::Attempt(&cx),
                    cx.role,
                    &around,
                ));
            }
            Run::Ended(Ok(Probe::NotHappened)) => return Answer::NotHappened,
            Run::Ended(Ok(Probe::Pending)) => return Answer::Pending(None),
            Run::Ended(Err(error)) => error,
            Run::TimedOut => "the probe timed out".to_owned(),
            Run::Panicked(message) => message,
        };
        if attempt >= call.retry.attempts {
            return Answer::Pending(Some(trouble));
        }
        tokio::time::sleep(call.retry.wait(attempt, u64::MAX)).await;
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

async fn timed<T>(limit: Duration, attempt: impl Future<Output = T>) -> Run<T> {
    let mut attempt = pin!(Some(AssertUnwindSafe(attempt).catch_unwind()));
    let mut running = attempt.as_mut().as_pin_mut().expect("it is there until it is dropped");
    let ended = match running.as_mut().now_or_never() {
        // What is there at once needs no timer.
        Some(ended) => Ok(ended),
        None => tokio::time::timeout(limit, running).await,
    };
    let dropped = catch_unwind(AssertUnwindSafe(|| attempt.set(None))).map_err(message_of);
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

/// Calls what a user wrote beside a step: how values are read and written, what errors say. Its panic is a text.
fn guarded<T>(what: &str, call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| format!("{what}: {}", message_of(panic)))
}

fn read_as<T: Recorded>(payload: &Payload, encoding: &Encoding) -> Result<T, String> {
    let read = guarded("reading the recorded value", || encoding.decode::<T>(payload));
    read.and_then(|read| read.map_err(|e| text_of(&e)))
}

/// Reads what a person gave in place of a recorded value. The error quotes no value: it may be a secret in the wrong
/// place.
fn given_as<T: Recorded>(given: &Payload, recorded: &Payload, encoding: &Encoding) -> Result<T, String> {
    let read = guarded("reading the given value", || encoding.decode_given::<T>(given, recorded));
    read.and_then(|read| read.map_err(|e| without_values(&text_of(&e))))
}

/// The text of a decoder's error without the values that it quotes.
pub(crate) fn without_values(text: &str) -> String {
    let quoted = [("string \"", '"'), ("integer `", '`'), ("floating point `", '`'), ("character `", '`')];
    let (mut kept, mut rest) = (String::new(), text);
    let next = |rest: &str| {
        let found =
            quoted.iter().filter_map(|(opens, closes)| Some((rest.find(opens)?, opens.len(), *closes)));
        found.min()
    };
    while let Some((at, opens, closes)) = next(rest) {
        kept.push_str(rest[..at + opens - 1].trim_end());
        let value = &rest[at + opens..];
        let mut escaped = false;
        let end = value.find(|c| {
            let ends = c == closes && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        rest = end.map_or("", |end| &value[end + 1..]);
    }
    kept + rest
}

fn written<T: Recorded>(output: &T, encoding: &Encoding) -> Result<Payload, Lost> {
    let written = guarded("recording the output", || encoding.encode_output(output));
    written.unwrap_or_else(|why| Err(Lost { why }))
}

fn ending_of<E: StepError>(error: &E, encoding: &Encoding) -> Ending {
    let message = text_of(error);
    let payload = encoding.encode_error(&E::RECORDED, error);
    let permanent = error.class() == Class::Permanent;
    let trouble = Trouble::Error { message, error: payload, permanent };
    match error.class() {
        Class::InDoubt => Ending::InDoubt { trouble },
        Class::Transient | Class::Permanent => Ending::NotDone { trouble, retry_after: error.retry_after() },
    }
}

fn read_failure<E: StepError>(error: &E, attempts: u32, encoding: &Encoding) -> Failed {
    let message = text_of(error);
    let error_payload = encoding.encode_error(&E::RECORDED, error);
    match error.class() {
        Class::Permanent => Failed::Failed { error: error_payload, message },
        // Without an effect, doubt is no more than a failure.
        Class::Transient | Class::InDoubt => Failed::Exhausted { error: error_payload, message, attempts },
    }
}

/// The output as it is recorded, and what undoes it: the latter is evaluated first, and kept even if the output is
/// not.
fn evaluated<S: Step>(
    output: S::Output,
    input: &Payload,
    key: KeyOf<'_>,
    role: Role,
    around: &Surroundings,
) -> Evaluated {
    if role == Role::Undo {
        // Nobody reads what a compensation gives.
        drop_quietly("the compensation's output", output);
        return Evaluated { output: Ok(Payload::null()), undo: None };
    }
    let encoded = written(&output, &around.encoding);
    let undo = guarded("evaluating the compensation", || {
        let decode = || around.encoding.decode::<S::Input>(input);
        let compensation = S::compensation(output, &Given::new(key, &decode))?;
        Some(recorded(compensation, &around.encoding).map(|call| Call {
            leaves: S::LEAVES.map(str::to_owned),
            until: S::UNDO_WITHIN.map(|window| around.clock.now().after(window)),
            ..call
        }))
    });
    let undo = undo.unwrap_or_else(|why| Some(Err(Lost { why })));
    Evaluated { output: encoded, undo }
}

/// A compensation as it is recorded.
pub(crate) fn recorded(compensation: Compensation, encoding: &Encoding) -> Result<Call, Lost> {
    let input = compensation.input.and_then(|input| encoding.codecs.seal(input));
    let input = input.map_err(|e| Lost { why: format!("the compensation's input: {}", text_of(&e)) })?;
    Ok(Call { step: compensation.step.into(), input, leaves: None, until: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_what_was_given_quotes_none_of_it() {
        let text = r#"invalid type: string "42\"42", expected struct Card at line 1 column 6"#;
        assert_eq!(without_values(text), "invalid type: string, expected struct Card at line 1 column 6");
        let text =
            "invalid value: integer `4242`, expected u8; invalid type: floating point `1.5`, expected u8";
        let kept = "invalid value: integer, expected u8; invalid type: floating point, expected u8";
        assert_eq!(without_values(text), kept);
        assert_eq!(without_values("missing field `card`"), "missing field `card`");
    }
}
