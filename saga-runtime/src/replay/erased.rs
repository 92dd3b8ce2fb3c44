//! Steps and sagas with their types erased: what a registry holds, and what drives them calls.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use saga_core::graph::Graph;
use saga_core::machine::{Answer, BodyEnd, Evaluated};
use saga_core::policy::Retry;
use saga_core::record::Call as RecordedCall;
use saga_core::{IdempotencyKey, Payload, Policy, SagaId};

use crate::replay::board::{Board, SharedBoard};
use crate::value::class::Class;
use crate::value::encoding::Encoding;
use crate::value::interference::Calling;
use crate::value::resources::Need;
use crate::value::step_context::StepContext;
use crate::value::surroundings::Surroundings;

/// What a step is called with.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) cx: &'a StepContext,
    /// Opened.
    pub(crate) input: &'a Payload,
    pub(crate) around: &'a Surroundings,
}

/// What a call gave, as it is recorded.
pub(crate) enum Gave {
    /// Not sealed yet.
    Output(Evaluated),
    Error {
        class: Class,
        message: String,
        error: Payload,
        retry_after: Option<Duration>,
        conclusive: bool,
    },
    /// Reading the error panicked.
    Panic(String),
}

/// The call of a probe. It can be made again.
pub(crate) struct Asking<'a> {
    pub(crate) retry: Retry,
    pub(crate) timeout: Duration,
    /// Gives its answer, or why it has none.
    pub(crate) ask: Box<dyn Fn() -> Calling<'a, Result<Answer, String>> + Send + 'a>,
}

/// The digests of a step's input, as this build writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Prints {
    /// Of the inputs that make a call the same as another.
    pub(crate) identity: [u8; 32],
    /// Of all inputs.
    pub(crate) whole: [u8; 32],
}

/// A step, with its type erased.
pub(crate) trait AnyStep: Send + Sync {
    fn policy(&self) -> Policy;
    fn needs(&self) -> Vec<Need>;
    /// Calls it. What that gives is put into its place before what is left of the call is dropped, which may panic.
    ///
    /// # Errors
    /// Why the recorded input cannot be read.
    fn call<'a>(&self, with: Call<'a>, gave: &'a mut Option<Gave>) -> Result<Calling<'a, ()>, String>;
    /// Returns the call of its probe, if it has one.
    ///
    /// # Errors
    /// The text of a panic.
    fn asking<'a>(&self, with: Call<'a>) -> Result<Option<Asking<'a>>, String>;
    /// Returns what follows from an output that a person gave, not sealed yet. Both values have been opened.
    fn evaluate(
        &self,
        output: &Payload,
        input: &Payload,
        key: &IdempotencyKey,
        around: &Surroundings,
    ) -> Result<Evaluated, String>;
    /// Returns the call that settles it in doubt, evaluated with the intent and not sealed yet; `None` if it has none.
    ///
    /// # Errors
    /// Why that cannot be recorded.
    fn in_doubt(
        &self,
        input: &Payload,
        key: &IdempotencyKey,
        encoding: &Encoding,
    ) -> Result<Option<RecordedCall>, String>;
    /// Returns the prints of a recorded input, by which a session recognizes a repeat.
    ///
    /// # Errors
    /// Why the input cannot be read.
    fn prints(&self, input: &Payload, encoding: &Encoding) -> Result<Prints, String>;
    /// Checks that a recorded input is of the step's type.
    fn check_input(&self, input: &Payload, encoding: &Encoding) -> Result<(), String>;
    /// Returns the input that was given in place of the recorded one, as the step's type has it.
    fn mended(&self, given: &Payload, recorded: &Payload, encoding: &Encoding) -> Result<Payload, String>;
    /// Returns what it says about itself.
    #[cfg(feature = "test")]
    fn definition(&self) -> saga_core::graph::Definition;
    /// Returns the shapes of the values that it records.
    #[cfg(feature = "test")]
    fn shapes(&self) -> crate::value::recorded::Shapes;
    /// Returns the errors with which it can be made to fail.
    #[cfg(feature = "test")]
    fn failing(&self, samples: &crate::value::samples::Samples) -> crate::value::samples::Failing;
}

/// A saga, with its type erased.
pub(crate) trait AnySaga: Send + Sync {
    fn type_key(&self) -> TypeId;
    /// Returns the version of its code.
    fn version(&self) -> u32;
    /// Returns its automaton, if it was written by the macro.
    fn graph(&self) -> Option<&'static Graph>;
    /// Returns the shapes of the values that it records.
    #[cfg(feature = "test")]
    fn shapes(&self) -> crate::value::recorded::Shapes;
    fn body(&self, board: SharedBoard, input: Payload) -> Pin<Box<dyn Future<Output = BodyEnd> + Send>>;
    /// Returns true if a body that runs over a journal has to come by all that is recorded there.
    fn replays(&self) -> bool {
        true
    }
    /// Looks at what has happened, before it is made durable.
    fn look(&self, _board: &mut Board) {}
    /// Notes that all that was decided is durable.
    fn is_durable(&self, _saga: &SagaId) {}
    /// Returns true if the saga stays in memory although it waits.
    fn is_held(&self, _saga: &SagaId) -> bool {
        false
    }
}
