//! Drives sagas on tokio. What is decided is in `saga-core`; here it is done: attempts are run, records are made
//! durable, time is waited for. Users depend on the crate `saga`, which re-exports what they need.
//!
//! **Architecture invariant:** no effect begins before its intent is durable, and nothing here decides what comes next:
//! every event goes through [`saga_core::machine::advance`].

mod all;
mod attempt;
mod awaitable;
mod body;
mod bulkhead;
mod class;
mod clock;
mod committer;
mod context;
pub mod defaults;
mod delivery;
pub mod demand;
mod driver;
mod engine;
mod erased;
mod error;
mod exit;
mod expansion;
mod failure;
mod few;
pub mod fields;
mod finished;
mod guard;
mod handle;
#[cfg_attr(not(feature = "test"), expect(dead_code, reason = "only a test kit interferes"))]
mod interference;
mod journal;
mod limits;
mod live;
mod local;
mod look_error;
#[cfg(feature = "test")]
mod made_up;
mod mailbox;
mod misplaced;
mod observed;
mod outcome;
mod panics;
mod recorded;
mod register;
mod registry;
mod relation;
mod replies;
mod resources;
mod run_error;
mod running;
mod runtime;
mod saga;
#[cfg_attr(not(feature = "test"), expect(dead_code, reason = "only a test kit interferes"))]
mod samples;
mod sent;
#[cfg(feature = "test")]
mod shape;
mod signals;
mod step;
mod surroundings;
#[cfg(feature = "test")]
pub mod test;
mod text;
mod trouble;
pub mod upgrade;
mod view;
mod wait;
mod watch;
mod watchers;
mod witness;
mod woken;
mod worker;

pub use all::{AllEach, AllOf, Each, IntoAll, Tuple, all};
pub use awaitable::{Awaitable, Named, NoSteps, OneStep, StepSet, StepsOf};
pub use body::{Place, SagaContext};
pub use class::Class;
pub use clock::{Clock, Dice, SeededDice, SystemClock, SystemDice};
pub use context::StepContext;
pub use demand::place;
pub use error::{Classify, Failure, Never, StepError};
pub use exit::Exit;
pub use expansion::{
    Alone, Attempted, Fallible, MadeOf, ResultType, RetryAfter, fmt_recorded, key_alone, run_alone,
};
pub use failure::{AllFailure, ApprovalFailure, Branch, ChildFailure, Expired, FirstFailure, StepFailure};
pub use handle::{
    Act, ActError, AnyHandle, Cancelled, Completes, GoesForward, Handle, Known, NeedsPerson, phase,
};
pub use look_error::LookError;
pub use misplaced::{
    Checked, Droppable, Dropped, GoesThrough, Ignorable, InBody, Inert, IsResult, Keeps, Kept, ManyBranches,
    NotAwaited, OneBranch, SagaInSaga, Started, Steady, StepInSaga, Unawaited, Waits, Walked, own, own_call,
    own_calls,
};
pub use outcome::Outcome;
pub use recorded::{Recorded, Recording};
pub use registry::{AnyWitness, Registry, StartError};
pub use relation::{Answers, Asks, Beside, Called, Compensates, GivesCalls, NoCall, Nowhere};
pub use resources::{AsResource, Need, NotRecorded, Resources, Taken};
pub use run_error::RunError;
pub use runtime::{Builder, Runtime};
pub use saga::{EndsWith, FailsWith, Saga, SagaCall};
pub use sent::SignalOf;
pub use step::{
    Compensation, Effectless, Effort, Forward, ForwardStep, Given, Probe, ProbeCall, Repeat, Repeatable,
    Step, StepCall, Undo, Unfailing, definition_of, effort, policy_of, repeat, undo,
};
pub use view::{
    AtApproval, AtSignal, AtSite, AtSleep, AtStep, AtValue, Callable, Progress, SagaState, Standing,
    StateView, Stuck,
};
pub use wait::{
    Approval, Approve, FreshUuid, IntoWait, Now, Signal, SignalWithin, Sleep, approve, now, signal, sleep,
    uuid,
};
pub use watch::Watch;
pub use witness::{Awaited, PlaceOf, Witness};
