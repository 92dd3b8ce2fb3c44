//! What can be awaited in the body of a saga: step calls, child sagas, and what stands for time and people. Nothing
//! else, so that everything awaited is recorded.

use std::future::Future;

use saga_core::machine::Reach;
use saga_core::record::{Failure as Failed, Lost};
use saga_core::state::{ChildStatus, SiteState, Status, StepState};
use saga_core::{IdempotencyKey, Kind, Name, Payload, Reason, Role, Site};

use crate::author::error::StepError;
use crate::author::failure::{ChildFailure, StepFailure};
use crate::author::saga::{Saga, SagaCall};
use crate::author::step::{Effort, ForwardStep, Given, KeyOf, Step, StepCall, policy_of};
use crate::replay::board::{Board, SharedBoard, lock};
use crate::replay::context::{NoValue, Place, Reached, Reading};
use crate::replay::exit::Exit;
use crate::replay::registry::Registry;
use crate::value::encoding::Encoding;
use crate::value::recorded::{Recorded, Recording};
use crate::value::text::text_of;

/// What can be awaited in the body of a saga.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives [SG0601]",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here; or await this inside of a `#[step]`, and that step here"
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
            let site = Site::from(self.name.as_ref());
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

    async fn at(self, place: Place) -> Self::Output {
        let site = place.site(S::NAME);
        let Some(board) = place.cx.board() else { return std::future::pending().await };
        let reach = reach_of(self, &site, &lock(board));
        Reached::new(place.cx, site, reach, read_step::<S>).await
    }

    fn settle(output: Self::Output) -> Result<S::Output, Self::Failure> {
        S::Effort::settled(output)
    }
}

/// Returns an input as it is recorded at `site`.
fn input_at<T: Recorded>(input: &T, site: &Site, board: &Board) -> Result<Payload, String> {
    let encoding = &board.around.encoding;
    match board.state.site(site) {
        Some(SiteState::Step(step)) => encoding.encode_as_recorded(input, &step.input),
        Some(SiteState::Read { input: there, .. } | SiteState::Child { input: there, .. }) => {
            encoding.encode_as_recorded(input, there)
        }
        _ => encoding.encode_input(input),
    }
}

/// Returns the call as it is recorded, or why it cannot be.
fn reach_of<S: Step>(call: StepCall<S>, site: &Site, board: &Board) -> Result<Reach, String> {
    let input = input_at(call.input(), site, board)?;
    let (site, step) = (site.clone(), Name::from(S::NAME));
    let policy = policy_of::<S>();
    if policy.kind == Kind::Readonly {
        return Ok(Reach::Read { site, step, input });
    }
    // Evaluated only where it is recorded: with the intent.
    let in_doubt = match policy.in_doubt {
        saga_core::policy::InDoubt::Call if board.state.site(&site).is_none() => {
            let key = IdempotencyKey::of(board.state.id(), &site, Role::Do, 0);
            let decode = || board.around.encoding.decode::<S::Input>(&input);
            let call = S::in_doubt(&Given::new(KeyOf::Made(&key), &decode));
            let call = call.map(|c| c.recorded(&board.around.encoding));
            call.transpose().map_err(|lost| lost.why)?
        }
        _ => None,
    };
    Ok(Reach::Step { site, step, input, in_doubt })
}

type Awaited<S> = <<S as Step>::Effort as Effort>::Awaited<<S as Step>::Output, <S as Step>::Error>;

fn read_step<S: Step>(state: &SiteState, encoding: &Encoding) -> Reading<Awaited<S>> {
    let (output, failure) = match state {
        SiteState::Step(step) => outcome_of(step)?,
        SiteState::Read { result: Ok(output), .. } => (Some(output), None),
        SiteState::Read { result: Err(failure), .. } => (None, Some(failure)),
        _ => return None,
    };
    let result = match (output, failure) {
        (Some(output), _) => encoding.decode::<S::Output>(output).map(Ok),
        (_, Some(Failed::Failed { error, message } | Failed::Exhausted { error, message, .. }))
            if error.is_unrecordable() =>
        {
            return Some(Err(NoValue::Failed(error.clone(), message.clone())));
        }
        (_, Some(failure)) => failure_as::<S>(failure, encoding).map(Err),
        _ => return None,
    };
    match result {
        Ok(result) => Some(S::Effort::awaited(result).ok_or_else(|| {
            let detail =
                format!("the journal has a failure of step {}, which in this build cannot fail", S::NAME);
            NoValue::Halted(Reason::Diverged, detail)
        })),
        Err(error) => Some(Err(error.into())),
    }
}

/// Returns the recorded output or failure of a step; `None` while there is neither.
fn outcome_of(step: &StepState) -> Option<(Option<&Payload>, Option<&Failed>)> {
    match (&step.doing.status, &step.output, &step.failure) {
        (Status::Done, Some(Ok(output)), _) => Some((Some(output), None)),
        (Status::Failed, _, Some(failure)) => Some((None, Some(failure))),
        _ => None,
    }
}

fn failure_as<S: Step>(
    failure: &Failed,
    encoding: &Encoding,
) -> Result<StepFailure<S::Error>, saga_core::DecodeError> {
    let decode = <S::Error as StepError>::RECORDED.decode;
    Ok(match failure {
        Failed::Failed { error, .. } => StepFailure::Failed(decode(&encoding.codecs, error)?),
        Failed::Exhausted { error, attempts, .. } => {
            StepFailure::Exhausted { last: decode(&encoding.codecs, error)?, attempts: *attempts }
        }
        Failed::TimedOut { attempts } => StepFailure::TimedOut { attempts: *attempts },
        Failed::Panicked { message } => StepFailure::Panicked { message: message.clone() },
        Failed::Interrupted => StepFailure::Interrupted,
    })
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
        let input = input_at(self.input(), &site, &lock(&board));
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
        let exit = S::body(inside).await;
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
    site: &Site,
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
