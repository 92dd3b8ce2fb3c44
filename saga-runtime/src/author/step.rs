//! Steps, as traits: what `#[step]` writes, and what can be written by hand. What a step says about itself is in its
//! types, so that the compiler can judge it.

use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::time::Duration;

use saga_core::graph::Definition;
use saga_core::policy::{InDoubt, Retry, TIMEOUT_DEFAULT};
use saga_core::record::{Call as RecordedCall, Lost};
use saga_core::{IdempotencyKey, Kind, Payload, Policy};
use serde::{Deserialize, Serialize};

use crate::author::error::StepError;
use crate::author::failure::StepFailure;
use crate::author::relation::{Answers, Asks, Compensates};
use crate::replay::registry::Registry;
use crate::value::encoding::Encoding;
use crate::value::recorded::{Recorded, decode, encode};
use crate::value::resources::Need;
use crate::value::step_context::StepContext;
use crate::value::text::text_of;

/// One effect on the world: recorded before it begins and after it ends.
///
/// Written by `#[step]`; by hand it looks like this:
///
/// ```
/// use saga_runtime::*;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// pub struct Greet { name: String }
///
/// pub enum greet {}
/// impl Step for greet {
///     const NAME: &'static str = "greet";
///     type Input = Greet;
///     type Output = String;
///     type Error = Failure;
///     type Undo = undo::Readonly;
///     type Effort = effort::Fallible;
///     type Repeat = repeat::Idempotent;
///     async fn run(_cx: &StepContext, input: Greet) -> Result<String, Failure> {
///         Ok(format!("Hello, {}", input.name))
///     }
/// }
/// ```
pub trait Step: Sized + 'static {
    /// The recorded name: never change it once it is in a journal.
    const NAME: &'static str;
    /// How transient failures are retried.
    const RETRY: Retry = <Self::Effort as Effort>::RETRY;
    /// The longest one attempt may take.
    const TIMEOUT: Duration = TIMEOUT_DEFAULT;
    /// What to do in doubt when no probe answers.
    const IN_DOUBT: InDoubt = <Self::Repeat as Repeat>::IN_DOUBT;
    /// For how long after the first attempt under a key a conclusive error proves that none happened, and an attempt
    /// in doubt is run again under that key; `None` if the step does not say so.
    const CONCLUSIVE: Option<Duration> = None;
    /// The recorded name of the step in [`Step::compensation`].
    const UNDONE_BY: Option<&'static str> = None;
    /// What an undo leaves behind, in words.
    const LEAVES: Option<&'static str> = None;
    /// For how long after it is done it can be undone, if not for ever.
    const UNDO_WITHIN: Option<Duration> = None;
    /// The recorded name of the step in [`Step::probe`]; `None` if it gives no call.
    const PROBED_BY: Option<&'static str> = None;
    /// The recorded name of the step in [`Step::in_doubt`].
    const SETTLED_BY: Option<&'static str> = None;

    /// The parameters that make a call in a session the same as an earlier one; all of them if it names none.
    const IDENTITY: &'static [&'static str] = &[];

    /// What is recorded before the step begins: an object with the parameters' names.
    type Input: Recorded;
    /// What is recorded when it has succeeded.
    type Output: Recorded;
    /// What is recorded when it has failed.
    type Error: StepError;
    /// How it is undone: one of [`undo`].
    type Undo: Undo;
    /// Whether it may fail: one of [`effort`].
    type Effort: Effort;
    /// Why a repeat is harmless: one of [`repeat`].
    type Repeat: Repeat;

    /// Makes one attempt.
    fn run(
        cx: &StepContext,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;

    /// Returns the resources that it takes.
    fn needs() -> Vec<Need> {
        Vec::new()
    }

    /// Registers the steps that it names: compensation, probe, in-doubt call.
    fn related(_registry: &mut Registry) {}

    /// Returns the call that undoes it, once it has given `output`.
    fn compensation(_output: Self::Output, _given: &Given<'_, Self>) -> Option<Compensation> {
        None
    }

    /// Returns the call that asks whether it happened.
    fn probe(_given: &Given<'_, Self>) -> Option<ProbeCall<Self::Output>> {
        None
    }

    /// The call that settles it without an output when it is in doubt.
    fn in_doubt(_given: &Given<'_, Self>) -> Option<Compensation> {
        None
    }
}

/// Returns what a step says about itself, as data.
pub fn policy_of<S: Step>() -> Policy {
    Policy {
        kind: S::Undo::KIND,
        retriable: S::Effort::RETRIABLE,
        retry: S::RETRY,
        timeout: S::TIMEOUT,
        probe: S::PROBED_BY.is_some(),
        in_doubt: S::IN_DOUBT,
        conclusive: S::CONCLUSIVE,
    }
}

/// Returns what a step says about itself, as far as others depend on it.
pub const fn definition_of<S: Step>() -> Definition {
    Definition {
        name: S::NAME,
        kind: S::Undo::KIND,
        retriable: S::Effort::RETRIABLE,
        undone_by: S::UNDONE_BY,
        leaves: S::LEAVES,
        undo_within: S::UNDO_WITHIN,
        probed_by: S::PROBED_BY,
        in_doubt: S::IN_DOUBT,
        settled_by: S::SETTLED_BY,
        conclusive: S::CONCLUSIVE,
    }
}

/// How a step is undone.
pub trait Undo: 'static {
    /// The way as data.
    const KIND: Kind;
}

/// The ways in which a step is undone.
pub mod undo {
    use super::{Kind, Undo};

    /// By its compensation.
    #[derive(Debug)]
    pub enum Compensated {}
    /// Undone by nothing.
    #[derive(Debug)]
    pub enum Irreversible {}
    /// It has no effect.
    #[derive(Debug)]
    pub enum Readonly {}
    /// It undoes others, and stands nowhere else.
    #[derive(Debug)]
    pub enum Auxiliary {}

    impl Undo for Compensated {
        const KIND: Kind = Kind::Compensated;
    }
    impl Undo for Irreversible {
        const KIND: Kind = Kind::Irreversible;
    }
    impl Undo for Readonly {
        const KIND: Kind = Kind::Readonly;
    }
    impl Undo for Auxiliary {
        const KIND: Kind = Kind::Auxiliary;
    }
}

/// What may stand in the body of a saga: everything but what only undoes others.
pub trait Forward: Undo {}
impl Forward for undo::Compensated {}
impl Forward for undo::Irreversible {}
impl Forward for undo::Readonly {}

/// A step that may stand in the body of a saga.
#[diagnostic::on_unimplemented(
    message = "`{Self}` only undoes other steps, and cannot be awaited in a saga [SG0612]",
    label = "nothing would undo it [SG0612]",
    note = "why: when a later step fails, all that was done is undone; what this did would stay",
    note = "fix: leave this call out if it is to undo what was done: a rollback does that by itself, when the failure leaves the saga by `?` or `Err(…)`; or say of `{Self}` how it is undone, `compensate = …` or `irreversible`, or that it is `readonly`"
)]
pub trait ForwardStep: Step {}
#[diagnostic::do_not_recommend]
impl<S: Step> ForwardStep for S where S::Undo: Forward {}

/// What a session may call: what it can undo, and what has no effect.
pub trait TakenBack: Undo {}
impl TakenBack for undo::Compensated {}
impl TakenBack for undo::Readonly {}

/// A step that is called in a session.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not called in a session, which could not undo it [SG1201]",
    label = "nothing would undo it [SG1201]",
    note = "why: a session that is not committed is rolled back whole, and nothing takes back what is irreversible, or only undoes other steps",
    note = "fix: `session.on_commit({Self}(…)).await?`, which makes the call when the session commits, if `{Self}` is `retriable`; or say of it how it is undone, `compensate = …`"
)]
pub trait SessionStep: Step {}
#[diagnostic::do_not_recommend]
impl<S: Step> SessionStep for S where S::Undo: TakenBack {}

/// Whether a step may fail.
pub trait Effort: 'static {
    /// Whether it is retried until it succeeds.
    const RETRIABLE: bool;
    /// The default of its policy.
    const RETRY: Retry;
    /// What awaiting it gives.
    type Awaited<T: Send, E: Send>: Send;
    /// What its failure is to a branch of `all`.
    type Failure<E: Send>: Send;
    /// Makes what awaiting gives; `None` if the machine never shows this to the body.
    fn awaited<T: Send, E: Send>(result: Result<T, StepFailure<E>>) -> Option<Self::Awaited<T, E>>;
    /// Takes apart what awaiting gave.
    fn settled<T: Send, E: Send>(awaited: Self::Awaited<T, E>) -> Result<T, Self::Failure<E>>;
}

/// Whether a step may fail.
pub mod effort {
    use super::{Effort, Retry, StepFailure};
    use crate::author::error::Never;

    /// It may: awaiting it gives a `Result`.
    #[derive(Debug)]
    pub enum Fallible {}
    /// It is retried until it succeeds: awaiting it gives its output.
    #[derive(Debug)]
    pub enum Retriable {}

    impl Effort for Fallible {
        const RETRIABLE: bool = false;
        const RETRY: Retry = Retry::NONE;
        type Awaited<T: Send, E: Send> = Result<T, StepFailure<E>>;
        type Failure<E: Send> = StepFailure<E>;
        fn awaited<T: Send, E: Send>(result: Result<T, StepFailure<E>>) -> Option<Self::Awaited<T, E>> {
            Some(result)
        }
        fn settled<T: Send, E: Send>(awaited: Self::Awaited<T, E>) -> Result<T, StepFailure<E>> {
            awaited
        }
    }

    impl Effort for Retriable {
        const RETRIABLE: bool = true;
        const RETRY: Retry = Retry::RETRIABLE;
        type Awaited<T: Send, E: Send> = T;
        type Failure<E: Send> = Never;
        fn awaited<T: Send, E: Send>(result: Result<T, StepFailure<E>>) -> Option<T> {
            result.ok()
        }
        fn settled<T: Send, E: Send>(awaited: T) -> Result<T, Never> {
            Ok(awaited)
        }
    }
}

/// Why a repeat of a step is harmless.
pub trait Repeat: 'static {
    /// The default of [`Step::IN_DOUBT`].
    const IN_DOUBT: InDoubt;
}

/// Repeats that do no harm.
pub trait Repeatable: Repeat {}

/// Why a repeat of a step is harmless.
pub mod repeat {
    use super::{InDoubt, Repeat, Repeatable};

    /// It hands an idempotency key to a service that recognizes repeats by it.
    #[derive(Debug)]
    pub enum Keyed {}
    /// Doing it twice is as doing it once.
    #[derive(Debug)]
    pub enum Idempotent {}
    /// It is not: in doubt a person is asked.
    #[derive(Debug)]
    pub enum Harmful {}

    impl Repeat for Keyed {
        const IN_DOUBT: InDoubt = InDoubt::Rerun;
    }
    impl Repeat for Idempotent {
        const IN_DOUBT: InDoubt = InDoubt::Rerun;
    }
    impl Repeat for Harmful {
        const IN_DOUBT: InDoubt = InDoubt::DeadLetter;
    }
    impl Repeatable for Keyed {}
    impl Repeatable for Idempotent {}
}

/// A call of a step: inert data. Awaited in a saga it runs; outside of one it does not compile.
#[must_use = "a call does nothing until it is awaited in a saga"]
pub struct StepCall<S: Step> {
    input: S::Input,
    /// No call is `Unpin`, so that one that is kept and not awaited is found: see [`Kept`](crate::Kept).
    _call: PhantomPinned,
}

impl<S: Step> StepCall<S> {
    /// Returns the call with this input.
    pub fn new(input: S::Input) -> Self {
        Self { input, _call: PhantomPinned }
    }

    /// Returns the step's input.
    pub fn input(&self) -> &S::Input {
        &self.input
    }

    /// Gives up the call for its input.
    pub fn into_input(self) -> S::Input {
        self.input
    }
}

impl<S: Step> std::fmt::Debug for StepCall<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let input = encode(&self.input).map(|p| p.shown()).unwrap_or_default();
        write!(f, "{}({input})", S::NAME)
    }
}

/// Where a key is to be had: it is made only when it is asked for.
#[derive(Clone, Copy)]
pub(crate) enum KeyOf<'a> {
    Made(&'a IdempotencyKey),
    Attempt(&'a StepContext),
}

/// What a step was called with, for what is evaluated beside it.
pub struct Given<'a, S: Step> {
    key: KeyOf<'a>,
    decode: &'a dyn Fn() -> Result<S::Input, saga_core::DecodeError>,
}

impl<'a, S: Step> Given<'a, S> {
    pub(crate) fn new(
        key: KeyOf<'a>,
        decode: &'a dyn Fn() -> Result<S::Input, saga_core::DecodeError>,
    ) -> Self {
        Self { key, decode }
    }

    /// Returns the forward key.
    pub fn key(&self) -> &'a IdempotencyKey {
        match self.key {
            KeyOf::Made(key) => key,
            KeyOf::Attempt(cx) => cx.key(),
        }
    }

    /// Returns the input, decoded afresh from the record.
    ///
    /// # Panics
    /// If the record cannot be read, which is caught and recorded.
    pub fn input(&self) -> S::Input {
        match (self.decode)() {
            Ok(input) => input,
            Err(error) => {
                panic!("the input of {} cannot be read: {}", S::NAME, text_of(&error))
            }
        }
    }
}

/// Retried until it succeeds.
pub trait Unfailing: Effort {}
impl Unfailing for effort::Retriable {}

/// Implemented for a step without effect.
pub trait Effectless: Undo {}
impl Effectless for undo::Readonly {}

/// A recorded call that undoes a step, or settles it in doubt.
#[derive(Debug)]
pub struct Compensation {
    step: &'static str,
    /// Not sealed yet: where the call is made there are no codecs.
    input: Result<Payload, saga_core::EncodeError>,
}

impl Compensation {
    pub(crate) fn of<S: Compensates>(call: StepCall<S>) -> Self {
        Self { step: S::NAME, input: encode(&call.input) }
    }

    /// Returns the call as it is recorded.
    pub(crate) fn recorded(self, encoding: &Encoding) -> Result<RecordedCall, Lost> {
        let input = self.input.and_then(|input| encoding.codecs.seal(input));
        let input = input.map_err(|e| Lost { why: format!("the compensation's input: {}", text_of(&e)) })?;
        Ok(RecordedCall { step: self.step.into(), input, leaves: None, until: None })
    }
}

/// What a probe says of an attempt in doubt.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(irreversible, probe = find_charge(key))]
/// async fn charge(key: &IdempotencyKey, cents: u32) -> Result<u32, Failure> {
///     Ok(cents)
/// }
///
/// /// Asks the bank for a charge under that key.
/// #[step(readonly)]
/// async fn find_charge(of: IdempotencyKey) -> Result<Probe<u32>, Failure> {
///     println!("is there a charge {of}?");
///     Ok(Probe::NotHappened)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe<T> {
    /// It happened, and gave this.
    Happened(T),
    /// It did not happen, and under this key it never will.
    NotHappened,
    /// Not known yet: ask again later.
    Pending,
}

type Answering<T> = Pin<Box<dyn Future<Output = Result<Probe<T>, String>> + Send>>;

/// The call of a readonly step that asks whether an attempt happened.
pub struct ProbeCall<T> {
    pub(crate) ask: Box<dyn Fn(StepContext) -> Answering<T> + Send>,
    pub(crate) retry: Retry,
    pub(crate) timeout: Duration,
    output: PhantomData<fn() -> T>,
}

impl<T: Send + 'static> ProbeCall<T> {
    /// Returns the probe by that call. An error of the call, of any class, is not an answer.
    pub fn by<P>(call: StepCall<P>) -> Self
    where
        P: Answers<T> + Asks,
    {
        P::answering(call)
    }

    /// Returns the same, of a step that is known to have no effect.
    pub(crate) fn asked_by<P: Step<Output = Probe<T>>>(call: StepCall<P>) -> Self {
        let input = encode(call.input()).map_err(|e| text_of(&e));
        let ask = move |cx: StepContext| -> Answering<T> {
            let input = input.clone();
            Box::pin(async move {
                let input =
                    decode::<P::Input>(&saga_core::Codecs::default(), &input?).map_err(|e| text_of(&e))?;
                P::run(&cx, input).await.map_err(|e| text_of(&e))
            })
        };
        Self { ask: Box::new(ask), retry: P::RETRY, timeout: P::TIMEOUT, output: PhantomData }
    }
}

impl<T> std::fmt::Debug for ProbeCall<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProbeCall")
    }
}
