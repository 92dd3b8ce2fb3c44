//! Where a test kit interferes with attempts. Without one nothing here is called, nor compiled for a step.

use std::future::Future;
use std::pin::Pin;

use crate::value::class::Class;
use crate::value::samples::Samples;
use crate::value::step_context::StepContext;

/// A call on its way.
pub(crate) type Calling<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a test makes of attempts.
pub(crate) trait Interference: Send + Sync {
    /// Makes the attempt in place of the runtime, and gives it a result; `None` leaves it alone.
    fn attempt<'a>(&'a self, attempt: &'a mut dyn AnyAttempt) -> Option<Calling<'a, ()>>;
}

/// An attempt that is about to begin, its types forgotten.
pub(crate) trait AnyAttempt: Send {
    /// Returns the recorded name of the step.
    fn step(&self) -> &'static str;
    /// Returns the context that the step gets.
    fn context(&self) -> &StepContext;
    /// Calls the step, whose result becomes that of the attempt. Returns true if it succeeded. Called again, it makes
    /// the same call; returns false if the input cannot be had twice.
    fn call(&mut self) -> Calling<'_, bool>;
    /// Ends the attempt with an error of one of these classes, the first preferred. Returns false if none is known.
    fn fail(&mut self, classes: &[Class], samples: &Samples) -> bool;
    /// Ends the attempt with a conclusive error. Returns false if none is known.
    fn conclude(&mut self, samples: &Samples) -> bool;
}
