//! Drives sagas on tokio. What is decided is in `saga-core`; here it is done: attempts are run, records are made
//! durable, time is waited for. Users depend on the crate `saga`, which re-exports what they need.
//!
//! **Architecture invariant:** no effect begins before its intent is durable, and nothing here decides what comes next:
//! every event goes through [`saga_core::machine::advance`].

mod author;
mod drive;
mod macros;
mod operate;
mod replay;
mod session;
#[cfg(feature = "test")]
pub mod test;
#[cfg(feature = "tools")]
mod tools;
pub mod upgrade;
mod value;

pub use author::all::{AllEach, AllOf, Each, IntoAll, Tuple, all};
pub use author::awaitable::{Awaitable, Awaiting, Named, NoSteps, OneStep, StepSet, StepsOf};
pub use author::callable::Callable;
pub use author::commit::{Deferred, NeverFails, NothingUndoes, OnCommit, on_commit};
pub use author::error::{Classify, Failure, Never, StepError};
pub use author::failure::{
    AllFailure, ApprovalFailure, Branch, ChildFailure, Expired, FirstFailure, StepFailure,
};
pub use author::look_error::LookError;
pub use author::relation::{
    Answers, Asks, Beside, CallBeside, Compensates, GivesCalls, NoCall, Nowhere, Parts,
};
pub use author::saga::{Saga, SagaCall};
pub use author::sent::{SignalOf, Unread};
pub use author::step::{
    Compensation, Effectless, Effort, Forward, ForwardStep, Given, Probe, ProbeCall, Repeat, Repeatable,
    SessionStep, Step, StepCall, TakenBack, Undo, Unfailing, definition_of, effort, policy_of, repeat, undo,
};
pub use author::view::{
    AtApproval, AtSignal, AtSite, AtSleep, AtStep, AtValue, Progress, SagaState, Standing, StateView,
};
pub use author::wait::{
    Approval, Approve, FreshUuid, IntoWait, Now, Signal, SignalWithin, Sleep, approve, now, signal, sleep,
    uuid,
};
pub use macros::awaited::Awaited;
pub use macros::demand;
pub use macros::demand::place;
pub use macros::expansion::{
    Alone, Attempted, Fallible, MadeOf, ResultType, RetryAfter, fmt_recorded, key_alone, run_alone,
};
pub use macros::misplaced::{
    Checked, Droppable, Dropped, GoesThrough, Ignorable, InBody, Inert, IsResult, Keeps, Kept, ManyBranches,
    NotAwaited, OneBranch, SagaInSaga, Started, Steady, StepInSaga, Unawaited, Waits, Walked, own, own_call,
    own_calls,
};
pub use macros::shown;
pub use macros::witness::Witness;
pub use operate::handle::{
    Act, ActError, Answering, AnyHandle, Cancelled, Cancelling, Completes, GoesForward, Handle, Known,
    NeedsPerson, Plain, Redriving, Undoing, phase,
};
pub use operate::outcome::Outcome;
pub use operate::run_error::RunError;
pub use operate::runtime::{Builder, Runtime};
pub use operate::watch::Watch;
pub use replay::context::{Place, SagaContext};
pub use replay::exit::{EndsWith, Exit, FailsWith};
pub use replay::polled::{enter, input, is_replaying, next_turn, reached, within_bound};
pub use replay::registry::{AnyWitness, Registry, StartError};
pub use session::builder::SessionBuilder;
pub use session::error::CallError;
pub use session::open::{Called, Deferral, Deferring, Session, SessionEnd};
#[cfg(feature = "tools")]
pub use tools::described::{Described, Describing};
#[cfg(feature = "tools")]
pub use tools::error::{ToolError, Why};
#[cfg(feature = "tools")]
pub use tools::problem::Problem;
#[cfg(feature = "tools")]
pub use tools::tool::Tool;
#[cfg(feature = "tools")]
pub use tools::toolbox::{Hints, OfferedTool, Recovery, Toolbox};
pub use value::class::Class;
pub use value::clock::{Clock, Rng, SeededRng, SystemClock, SystemRng};
pub use value::recorded::{Recorded, Recording, Shown};
pub use value::resources::{AsResource, Need, NotRecorded, Resources, Taken};
pub use value::step_context::StepContext;
pub use value::{defaults, fields};
