//! What can be awaited in the body of a saga: step calls, child sagas, and what stands for time and people. Nothing
//! else, so that everything awaited is recorded.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use saga_core::machine::Reach;
use saga_core::record::{Failure as Failed, Lost};
use saga_core::state::{ChildStatus, SiteState, Status};
use saga_core::{IdempotencyKey, Kind, Name, Payload, Policy, Reason, Role, SitePath};

use crate::author::error::StepError;
use crate::author::failure::{ChildFailure, failure_as};
use crate::author::saga::{Saga, SagaCall};
use crate::author::step::{Compensation, Effort, ForwardStep, Given, KeyOf, Step, StepCall, policy_of};
use crate::replay::board::{Board, SharedBoard, lock};
use crate::replay::context::{NoValue, Place, Reached, Reading, SagaContext};
use crate::replay::exit::Exit;
use crate::replay::polled::with_context;
use crate::replay::registry::Registry;
use crate::value::encoding::Encoding;
use crate::value::recorded::{self, Recorded, Recording, Value};
use crate::value::text::text_of;

/// What can be awaited in the body of a saga.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives [SG0601]",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here, or `#[saga]` if it awaits steps itself; or await this inside of a `#[step]`, and that step here"
)]
pub trait Awaitable: Sized + Send {
    /// The steps in it: a witness of the call's type that borrows nothing.
    type Steps: StepSet;
    /// What awaiting it gives.
    type Output: Send;
    /// The good part of that.
    type Value: Send;
    /// The bad part; [`Never`](crate::Never) if there is none.
    type Failure: Send;

    /// Awaits it there.
    fn at(self, place: Place) -> impl Future<Output = Self::Output> + Send;

    /// Awaits it there, with its own type erased.
    fn awaiting<'a>(self, place: Place) -> Awaiting<'a, Self::Output>
    where
        Self: 'a,
    {
        Awaiting(Waiting::Any(Box::pin(self.at(place))))
    }

    /// Takes apart what awaiting it gave.
    ///
    /// # Errors
    /// The failure, if it was one.
    fn settle(output: Self::Output) -> Result<Self::Value, Self::Failure>;

    /// Gives its site a name of its own, which stays when the text around it changes.
    fn named(self, name: impl Into<Name>) -> Named<Self> {
        Named { name: name.into(), call: self }
    }
}

/// What a body waits for: one type for all that give a `T`, since what a body holds is compiled with it.
pub struct Awaiting<'a, T>(Waiting<'a, T>);

enum Waiting<'a, T> {
    /// For what happens at one site.
    SitePath(Reached<T>),
    /// For anything else.
    Any(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl<T> std::fmt::Debug for Awaiting<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Awaiting")
    }
}

impl<T> Future for Awaiting<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        match &mut self.get_mut().0 {
            Waiting::SitePath(reached) => Pin::new(reached).poll(task),
            Waiting::Any(any) => any.as_mut().poll(task),
        }
    }
}

/// A set of steps, as a type.
pub trait StepSet: 'static {
    /// Registers all steps of the set.
    fn register(registry: &mut Registry);
}

/// The set of no steps.
#[derive(Debug)]
pub enum NoSteps {}

impl StepSet for NoSteps {
    fn register(_: &mut Registry) {}
}

/// The set of the step `S` alone.
#[derive(Debug)]
pub struct OneStep<S>(std::marker::PhantomData<fn() -> S>);

impl<S: Step> StepSet for OneStep<S> {
    fn register(registry: &mut Registry) {
        registry.step::<S>();
    }
}

/// The steps of a child saga.
#[derive(Debug)]
pub struct StepsOf<S>(std::marker::PhantomData<fn() -> S>);

impl<S: Saga> StepSet for StepsOf<S> {
    fn register(registry: &mut Registry) {
        registry.child::<S>();
    }
}

/// A call with a site name of its own.
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited in a saga"]
pub struct Named<A> {
    name: Name,
    call: A,
}

impl<A> Named<A> {
    /// Returns the same name for another call.
    pub(crate) fn map<B>(self, make: impl FnOnce(A) -> B) -> Named<B> {
        Named { name: self.name, call: make(self.call) }
    }
}

#[diagnostic::do_not_recommend]
impl<A: Awaitable> Awaitable for Named<A> {
    type Steps = A::Steps;
    type Output = A::Output;
    type Value = A::Value;
    type Failure = A::Failure;

    async fn at(self, place: Place) -> Self::Output {
        if self.name.is_empty() || !self.name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            let why = "a site's name has only letters, digits, `_` and `-`".to_owned();
            let site = SitePath::from(self.name.as_ref());
            return Reached::new(place.cx, site, Err(why), |_: &SiteState, _: &Encoding| None).await;
        }
        self.call.at(place.named(self.name)).await
    }

    fn settle(output: Self::Output) -> Result<Self::Value, Self::Failure> {
        A::settle(output)
    }
}

impl<S: ForwardStep> Awaitable for StepCall<S> {
    type Steps = OneStep<S>;
    type Output = <S::Effort as Effort>::Awaited<S::Output, S::Error>;
    type Value = S::Output;
    type Failure = <S::Effort as Effort>::Failure<S::Error>;

    fn at(self, place: Place) -> impl Future<Output = Self::Output> + Send {
        reached(self, place)
    }

    fn awaiting<'a>(self, place: Place) -> Awaiting<'a, Self::Output>
    where
        Self: 'a,
    {
        Awaiting(Waiting::SitePath(reached(self, place)))
    }

    fn settle(output: Self::Output) -> Result<S::Output, Self::Failure> {
        S::Effort::settled(output)
    }
}

/// Reaches a step.
fn reached<S: Step>(call: StepCall<S>, place: Place) -> Reached<Read<S::Output, S::Error, S::Effort>> {
    let site = place.site(S::NAME);
    let reach = reach_of_call(&call, &site, &place.cx, false);
    Reached::new(place.cx, site, reach, read_step::<S::Output, S::Error, S::Effort>)
}

/// Returns the call as it is recorded at `site`, or why it cannot be. What does not depend on its types is in
/// [`reach_of`].
pub(crate) fn reach_of_call<S: Step>(
    call: &StepCall<S>,
    site: &SitePath,
    cx: &SagaContext,
    deferred: bool,
) -> Result<Reach, String> {
    let write = || recorded::printed(call.input());
    let in_doubt = |key: &IdempotencyKey, input: &Payload, encoding: &Encoding| {
        S::in_doubt(&Given::new(KeyOf::Made(key), &|| encoding.decode::<S::Input>(input)))
    };
    let input = Value::of::<S::Input>(&write);
    let policy = policy_of::<S>();
    reach_of(&Called { name: S::NAME, policy: &policy, input, in_doubt: &in_doubt, deferred }, site, cx)
}

/// Returns an input as it is recorded at `site`.
fn input_at(input: &Value<'_>, site: &SitePath, board: &Board) -> Result<Payload, String> {
    let encoding = &board.around.encoding;
    match board.state.site(site) {
        Some(SiteState::Step(step)) => encoding.encode_as_recorded(input, &step.input),
        Some(SiteState::Read { input: there, .. } | SiteState::Child { input: there, .. }) => {
            encoding.encode_as_recorded(input, there)
        }
        _ => encoding.keep(input),
    }
}

/// A called step, its type erased.
struct Called<'a> {
    name: &'static str,
    policy: &'a Policy,
    input: Value<'a>,
    in_doubt: &'a dyn Fn(&IdempotencyKey, &Payload, &Encoding) -> Option<Compensation>,
    /// True if it is deferred to the commit.
    deferred: bool,
}

/// Returns the call as it is recorded, or why it cannot be.
fn reach_of(called: &Called<'_>, site: &SitePath, cx: &SagaContext) -> Result<Reach, String> {
    let board = lock(cx.board().ok_or("nothing is called in registration")?);
    let encoding = &board.around.encoding;
    let input = input_at(&called.input, site, &board)?;
    let (site, step) = (site.clone(), Name::from(called.name));
    if called.policy.kind == Kind::Readonly && !called.deferred {
        return Ok(Reach::Read { site, step, input });
    }
    // Evaluated only where it is recorded: with the intent.
    let in_doubt = match called.policy.in_doubt {
        saga_core::policy::InDoubt::Call if board.state.site(&site).is_none() => {
            let key = board.state.key(&site, Role::Do);
            let call = (called.in_doubt)(&key, &input, encoding).map(|call| call.recorded(encoding));
            call.transpose().map_err(|lost| lost.why)?
        }
        _ => None,
    };
    Ok(match called.deferred {
        true => Reach::Defer { site, step, input, in_doubt },
        false => Reach::Step { site, step, input, in_doubt, again: None },
    })
}

/// What a body reads of a step that gives `T` or fails with `E`.
type Read<T, E, F> = <F as Effort>::Awaited<T, E>;

fn read_step<T: Recorded, E: StepError, F: Effort>(
    state: &SiteState,
    encoding: &Encoding,
) -> Reading<Read<T, E, F>> {
    let (step, result) = recorded_of(state)?;
    let result = match result {
        Ok(output) => encoding.decode::<T>(output).map(Ok),
        Err(Failed::Failed { error, message } | Failed::Exhausted { error, message, .. })
            if error.is_unrecordable() =>
        {
            return Some(Err(NoValue::Failed(error.clone(), message.clone())));
        }
        Err(failure) => failure_as::<E>(failure, encoding).map(Err),
    };
    match result {
        Ok(result) => Some(F::awaited(result).ok_or_else(|| {
            let detail = format!("the journal has a failure of step {step}, which in this build cannot fail");
            NoValue::Blocked(Reason::Diverged, detail)
        })),
        Err(error) => Some(Err(error.into())),
    }
}

/// Returns the step at a site, and its recorded output or failure; `None` while it has neither.
fn recorded_of(state: &SiteState) -> Option<(&Name, Result<&Payload, &Failed>)> {
    match state {
        SiteState::Step(step) => {
            let result = match (&step.doing.status, &step.output, &step.failure) {
                (Status::Done, Some(Ok(output)), _) => Ok(output),
                (Status::Failed, _, Some(failure)) => Err(failure),
                _ => return None,
            };
            Some((&step.step, result))
        }
        SiteState::Read { step, result, .. } => Some((step, result.as_ref())),
        _ => None,
    }
}

#[diagnostic::do_not_recommend]
impl<S: Saga> Awaitable for SagaCall<S> {
    type Steps = StepsOf<S>;
    type Output = Result<S::Output, ChildFailure<S::Error>>;
    type Value = S::Output;
    type Failure = ChildFailure<S::Error>;

    async fn at(self, place: Place) -> Self::Output {
        let site = place.site(S::NAME);
        let Some(board) = place.cx.board().cloned() else { return std::future::pending().await };
        let input = {
            let write = || recorded::printed(self.input());
            input_at(&Value::of::<S::Input>(&write), &site, &lock(&board))
        };
        let reach = input.clone().map(|input| Reach::Child {
            site: site.clone(),
            saga: S::NAME.into(),
            version: S::VERSION,
            input,
        });
        // Its body runs only if the journal does not say how it went. A new child is not in the state yet.
        let closed = {
            let mut board = lock(&board);
            board.reach(&site, reach);
            match board.state.site(&site) {
                Some(SiteState::Child { status, .. }) => !matches!(status, ChildStatus::Running),
                _ => board.end.is_some(),
            }
        };
        if closed {
            return Reached::again(place.cx, site, read_child::<S>).await;
        }
        let inside = place.cx.child(site.as_str(), input.ok(), S::GRAPH);
        let exit = with_context(inside.clone(), S::body(inside)).await;
        if let Some(output) = end_child::<S>(&board, &site, exit) {
            return Ok(output);
        }
        Reached::again(place.cx, site, read_child::<S>).await
    }

    fn settle(output: Self::Output) -> Result<S::Output, Self::Failure> {
        output
    }
}

/// Notes how a child's body ended; gives its output if it has one. A failure is seen by the parent only when all that
/// the child did is undone.
fn end_child<S: Saga>(
    board: &SharedBoard,
    site: &SitePath,
    exit: Exit<S::Output, S::Error>,
) -> Option<S::Output> {
    let mut board = lock(board);
    let result = match exit {
        Exit::Done(output) => match kept_output(&output, &board) {
            Ok((payload, output)) => {
                board.reached.push(Reach::ChildEnded { site: site.clone(), result: Ok(payload) });
                return Some(output);
            }
            Err(lost) => {
                let detail = format!("the output of {site}: {}", lost.why);
                board.halt(Reason::OutputLost, site.clone(), detail);
                return None;
            }
        },
        Exit::Failed(error) => {
            (board.around.encoding.encode_error(&Recording::new(), &error), text_of(&error))
        }
    };
    board.reached.push(Reach::ChildEnded { site: site.clone(), result: Err(result) });
    None
}

/// Returns an output as it is recorded, and as it is read from there: what the parent gets now is what it gets on
/// replay.
fn kept_output<T: Recorded>(output: &T, board: &Board) -> Result<(Payload, T), Lost> {
    let payload = board.around.encoding.encode_output(output)?;
    let read = board.around.encoding.decode(&payload).map_err(|error| Lost { why: text_of(&error) })?;
    Ok((payload, read))
}

fn read_child<S: Saga>(
    state: &SiteState,
    encoding: &Encoding,
) -> Reading<Result<S::Output, ChildFailure<S::Error>>> {
    let SiteState::Child { status: ChildStatus::Ended(result), .. } = state else { return None };
    let result = match result {
        Ok(output) => encoding.decode(output).map(Ok),
        Err(error) if error.is_unrecordable() => {
            let message = format!("saga {} failed, and its error could not be recorded", S::NAME);
            return Some(Err(NoValue::Failed(error.clone(), message)));
        }
        Err(error) => encoding.decode(error).map(|e| Err(ChildFailure(e))),
    };
    Some(result.map_err(NoValue::from))
}
