//! Sagas, as traits: what `#[saga]` writes, and what can be written by hand.

use std::error::Error;
use std::future::Future;
use std::marker::PhantomPinned;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use saga_core::graph::Graph;

use crate::author::view::SagaState;
use crate::replay::context::SagaContext;
use crate::replay::exit::Exit;
use crate::replay::registry::Registry;
use crate::value::recorded::{Recorded, encode};

/// An async function with recorded awaits.
///
/// Written by `#[saga]`; by hand it looks like this:
///
/// ```
/// use saga_runtime::*;
/// # #[derive(serde::Serialize, serde::Deserialize)] pub struct Greet { name: String }
/// # pub enum greet {}
/// # impl Step for greet {
/// #     const NAME: &'static str = "greet";
/// #     type Input = Greet; type Output = String; type Error = Failure;
/// #     type Undo = undo::Readonly; type Effort = effort::Fallible; type Repeat = repeat::Idempotent;
/// #     async fn run(_cx: &StepContext, input: Greet) -> Result<String, Failure> { Ok(input.name) }
/// # }
/// pub enum welcome {}
/// impl Saga for welcome {
///     const NAME: &'static str = "welcome";
///     type Input = String;
///     type Output = String;
///     type Error = Failure;
///     type State = StateView;
///     async fn body(cx: SagaContext) -> Exit<String, Failure> {
///         let first = Witness::new();
///         if cx.registers(&[&first]) {
///             return cx.registered().await;
///         }
///         let name: String = cx.input().await;
///         match first.at(&cx, 1, &[], StepCall::<greet>::new(Greet { name })).await {
///             Ok(greeting) => Exit::Done(greeting),
///             Err(failure) => Exit::Failed(failure.into()),
///         }
///     }
/// }
/// ```
pub trait Saga: Sized + 'static {
    /// The recorded name: never change it once it is in a journal.
    const NAME: &'static str;
    /// The version of its code, for people.
    const VERSION: u32 = 1;
    /// It is rolled back if it is not past its point of no return this long after its start.
    const DEADLINE: Option<Duration> = None;

    /// Whether it promises that no step in it is irreversible; [`Builder::start`](crate::Builder::start) holds it to
    /// that.
    const UNDOABLE: bool = false;
    /// Its automaton, by which journals are held against the code. Sagas that are written by hand may have none.
    const GRAPH: Option<&'static Graph> = None;

    /// What it is called with: an object with the parameters' names.
    type Input: Recorded;
    /// The output when the saga completes.
    type Output: Recorded;
    /// The error with which the body fails.
    type Error: Error + Recorded;
    /// Where it can stand, as a type.
    type State: SagaState;

    /// Registers what the body calls. The default polls the body once, which is for sagas that are written by hand.
    fn register(registry: &mut Registry) {
        register::<Self>(registry);
    }

    /// Returns the body. It runs again from the start after a crash, over what is recorded.
    fn body(cx: SagaContext) -> impl Future<Output = Exit<Self::Output, Self::Error>> + Send;
}

/// A call of a saga: inert data, for [`Runtime::run`](crate::Runtime::run), or to be awaited in another saga.
#[must_use = "a call does nothing until it is run, or awaited in a saga"]
pub struct SagaCall<S: Saga> {
    input: S::Input,
    /// See [`StepCall`](crate::StepCall).
    _call: PhantomPinned,
}

impl<S: Saga> SagaCall<S> {
    /// Returns the call with this input.
    pub fn new(input: S::Input) -> Self {
        Self { input, _call: PhantomPinned }
    }

    /// Returns the saga's input.
    pub fn input(&self) -> &S::Input {
        &self.input
    }
}

impl<S: Saga> std::fmt::Debug for SagaCall<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let input = encode(&self.input).map(|p| p.shown()).unwrap_or_default();
        write!(f, "{}({input})", S::NAME)
    }
}

/// Registers the steps at the sites of a saga that was written by hand: its body is polled once, in registration.
fn register<S: Saga>(registry: &mut Registry) {
    let found = Arc::new(Mutex::new(Vec::new()));
    let mut body = Box::pin(S::body(SagaContext::registering(found.clone())));
    let polled = body.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    debug_assert!(polled.is_pending(), "a body goes no further than its registration");
    drop(body);
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    // A child's are registered within its parent's.
    let outer = registry.signals.registering;
    for (place, register) in found {
        registry.signals.registering = Some((S::NAME, place));
        register(registry);
    }
    registry.signals.registering = outer;
}
