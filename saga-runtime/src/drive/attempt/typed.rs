//! What is compiled for each step: as little as can be. All else is in [`super`], once for all steps.

#[cfg(feature = "test")]
mod interfered;

use std::marker::PhantomData;
use std::pin::pin;
use std::time::Duration;

use saga_core::machine::{Answer, Evaluated};
use saga_core::policy::InDoubt;
use saga_core::record::{Call as RecordedCall, Lost};
use saga_core::{DecodeError, IdempotencyKey, Kind, Payload, Policy, Role};

use crate::author::error::StepError;
use crate::author::step::{Compensation, Given, KeyOf, Probe, Step, Undo as _, policy_of};
use crate::replay::erased::{AnyStep, Asking, Call, Gave, Prints};
use crate::value::encoding::Encoding;
use crate::value::interference::Calling;
use crate::value::panics::{caught, drop_quietly};
use crate::value::recorded::{Recorded, decode_given, written_again};
use crate::value::resources::Need;
use crate::value::surroundings::Surroundings;
use crate::value::text::text_of;

pub(crate) struct TypedStep<S>(PhantomData<fn() -> S>);

impl<S: Step> TypedStep<S> {
    /// It has no state: there is one.
    pub(crate) const STEP: &'static dyn AnyStep = &Self(PhantomData);
}

impl<S: Step> AnyStep for TypedStep<S> {
    fn policy(&self) -> Policy {
        policy_of::<S>()
    }

    fn needs(&self) -> Vec<Need> {
        S::needs()
    }

    fn call<'a>(&self, with: Call<'a>, gave: &'a mut Option<Gave>) -> Result<Calling<'a, ()>, String> {
        let input = read_as::<S::Input>(with.input, None, &with.around.plain)?;
        Ok(Box::pin(async move {
            let mut call = pin!(run::<S>(with, input));
            let result = call.as_mut().await;
            *gave = Some(match result {
                Ok(output) => Gave::Output(evaluated::<S>(
                    output,
                    with.input,
                    KeyOf::Attempt(with.cx),
                    with.cx.role,
                    with.around,
                )),
                Err(error) => error_as_recorded(error, &with.around.encoding),
            });
        }))
    }

    fn asking<'a>(&self, with: Call<'a>) -> Result<Option<Asking<'a>>, String> {
        // Of a step without a probe none of this is compiled.
        if const { S::PROBED_BY.is_none() } {
            return Ok(None);
        }
        let mut call = None;
        let key = KeyOf::Attempt(with.cx);
        caught(&mut || {
            let decode = || with.around.plain.decode::<S::Input>(with.input);
            call = S::probe(&Given::new(key, &decode));
        })?;
        let Some(call) = call else { return Ok(None) };
        let (retry, timeout) = (call.retry, call.timeout);
        let ask = move || -> Calling<'a, Result<Answer, String>> {
            let asked = (call.ask)(with.cx.clone());
            Box::pin(async move {
                Ok(match asked.await? {
                    Probe::Happened(output) => {
                        Answer::Happened(evaluated::<S>(output, with.input, key, with.cx.role, with.around))
                    }
                    Probe::NotHappened => Answer::NotHappened,
                    Probe::Pending => Answer::Pending(None),
                })
            })
        };
        Ok(Some(Asking { retry, timeout, ask: Box::new(ask) }))
    }

    fn evaluate(
        &self,
        output: &Payload,
        input: &Payload,
        key: &IdempotencyKey,
        around: &Surroundings,
    ) -> Result<Evaluated, String> {
        let output = read_as::<S::Output>(output, Some(&Payload::null()), &around.plain)?;
        Ok(evaluated::<S>(output, input, KeyOf::Made(key), Role::Do, around))
    }

    fn in_doubt(
        &self,
        input: &Payload,
        key: &IdempotencyKey,
        encoding: &Encoding,
    ) -> Result<Option<RecordedCall>, String> {
        if const { !matches!(S::IN_DOUBT, InDoubt::Call) } {
            return Ok(None);
        }
        let mut call = None;
        guarded("evaluating the call in doubt", &mut || {
            call = S::in_doubt(&Given::new(KeyOf::Made(key), &|| encoding.decode::<S::Input>(input)));
        })?;
        call.map(|call| call.recorded(encoding)).transpose().map_err(|lost| lost.why)
    }

    fn prints(&self, input: &Payload, encoding: &Encoding) -> Result<Prints, String> {
        let again = written_again::<S::Input>(&encoding.codecs, input).map_err(|error| text_of(&error))?;
        let (written, _) = again.map_err(|error| text_of(&error))?;
        let of = |members| written.digest(members).ok_or_else(|| "it has no value".to_owned());
        Ok(Prints { identity: of(S::IDENTITY)?, whole: of(&[])? })
    }

    fn check_input(&self, input: &Payload, encoding: &Encoding) -> Result<(), String> {
        read_as::<S::Input>(input, None, encoding).map(|input| drop_quietly("the step's input", input))
    }

    fn mended(&self, given: &Payload, recorded: &Payload, encoding: &Encoding) -> Result<Payload, String> {
        let input = read_as::<S::Input>(given, Some(recorded), encoding)?;
        let mended = encoding.encode_input(&input);
        drop_quietly("the step's input", input);
        mended
    }

    #[cfg(feature = "test")]
    fn definition(&self) -> saga_core::graph::Definition {
        crate::author::step::definition_of::<S>()
    }

    #[cfg(feature = "test")]
    fn shapes(&self) -> crate::value::recorded::Shapes {
        crate::value::recorded::Shapes::of::<S::Input, S::Output, S::Error>(&S::Error::RECORDED)
    }

    #[cfg(feature = "test")]
    fn failing(&self, samples: &crate::value::samples::Samples) -> crate::value::samples::Failing {
        interfered::failing::<S::Error>(samples)
    }
}

/// Calls a step, as its author wrote it.
#[cfg(not(feature = "test"))]
fn run<S: Step>(
    with: Call<'_>,
    input: S::Input,
) -> impl std::future::Future<Output = Result<S::Output, S::Error>> + Send {
    S::run(with.cx, input)
}

#[cfg(feature = "test")]
use interfered::run;

/// Calls what a user wrote beside a step: how values are read and written, what errors say. Its panic is a text.
fn guarded(what: &str, call: &mut dyn FnMut()) -> Result<(), String> {
    caught(call).map_err(|panic| format!("{what}: {panic}"))
}

/// Reads a recorded value; or one that a person gave in place of the `recorded`, if there is that.
fn read_as<T: Recorded>(
    payload: &Payload,
    recorded: Option<&Payload>,
    encoding: &Encoding,
) -> Result<T, String> {
    let (mut value, mut error) = (None, None);
    let read = caught(&mut || match decode_given::<T>(&encoding.codecs, payload, recorded) {
        Ok(read) => value = Some(read),
        Err(unread) => error = Some(unread),
    });
    value.ok_or_else(|| why_unread(read, error, recorded.is_some()))
}

/// Returns the error about a value that was given, without quoting it: it may be a secret in the wrong place.
fn why_unread(read: Result<(), String>, error: Option<DecodeError>, is_given: bool) -> String {
    match (read, error) {
        (Err(panic), _) if is_given => format!("reading the given value: {panic}"),
        (Err(panic), _) => format!("reading the recorded value: {panic}"),
        (Ok(()), Some(error)) if is_given => text_of(&error.without_values()),
        (Ok(()), error) => error.map(|error| text_of(&error)).unwrap_or_default(),
    }
}

fn error_as_recorded<E: StepError>(error: E, encoding: &Encoding) -> Gave {
    let mut gave = None;
    let read = guarded("the step's error", &mut || {
        gave = Some(Gave::Error {
            class: error.class(),
            message: text_of(&error),
            error: encoding.encode_error(&E::RECORDED, &error),
            retry_after: error.retry_after(),
            conclusive: error.is_conclusive(),
        });
    });
    drop_quietly("the step's error", error);
    match (read, gave) {
        (Err(message), _) => Gave::Panic(message),
        (Ok(()), gave) => gave.expect("it is there unless that panicked"),
    }
}

/// Returns the output as it is recorded once it is sealed, and what undoes it: the latter is evaluated first, and kept even if the output
/// is not.
fn evaluated<S: Step>(
    output: S::Output,
    input: &Payload,
    key: KeyOf<'_>,
    role: Role,
    around: &Surroundings,
) -> Evaluated {
    if role == Role::Undo {
        // A compensation's output is never read.
        drop_quietly("the compensation's output", output);
        return Evaluated { output: Ok(Payload::null()), undo: None };
    }
    let encoded = around.plain.encode_output(&output);
    if const { matches!(S::Undo::KIND, Kind::Readonly) } {
        drop_quietly("the step's output", output);
        return Evaluated { output: encoded, undo: None };
    }
    let (mut output, mut undo) = (Some(output), None);
    let evaluated = guarded("evaluating the compensation", &mut || {
        let decode = || around.plain.decode::<S::Input>(input);
        undo = output.take().and_then(|output| S::compensation(output, &Given::new(key, &decode)));
    });
    let undo = match evaluated {
        Ok(()) => undone_by(undo, S::LEAVES, S::UNDO_WITHIN, around),
        Err(why) => Some(Err(Lost { why })),
    };
    Evaluated { output: encoded, undo }
}

fn undone_by(
    undo: Option<Compensation>,
    leaves: Option<&str>,
    within: Option<Duration>,
    around: &Surroundings,
) -> Option<Result<RecordedCall, Lost>> {
    Some(undo?.recorded(&around.plain).map(|call| {
        let until = within.map(|window| around.clock.now().after(window));
        RecordedCall { leaves: leaves.map(str::to_owned), until, ..call }
    }))
}
