//! How a body ends, and what its `?` makes of a failure.

/// How a body ends. A type of our own, so that no `?` or `return` gets past the macro unseen.
#[derive(Debug)]
pub enum Exit<T, E> {
    /// With its output.
    Done(T),
    /// With its error.
    Failed(E),
}

impl<T, E> Exit<T, E> {
    /// Returns the exit that a result stands for.
    pub fn of(result: Result<T, E>) -> Self {
        match result {
            Ok(output) => Exit::Done(output),
            Err(error) => Exit::Failed(error),
        }
    }

    /// Returns the exit by `?`: the failure becomes the saga's error.
    pub fn by<F>(failure: F) -> Self
    where
        E: FailsWith<F>,
    {
        Exit::Failed(E::fails_with(failure))
    }

    /// Returns the exit by `?` behind anything but a step: its error becomes the saga's.
    pub fn by_error<F>(error: F) -> Self
    where
        E: EndsWith<F>,
    {
        Exit::Failed(E::ends_with(error))
    }
}

/// A saga's error that can be made of an error that is no step's failure: what `?` asks for behind anything but an
/// `.await`.
#[diagnostic::on_unimplemented(
    message = "`?` cannot turn `{F}` into the saga's error `{Self}` [SG0411]",
    label = "`{Self}` cannot be made of it [SG0411]",
    note = "why: a failure that leaves the body becomes the saga's error, and is recorded",
    note = "fix: `.map_err(…)?` in place of the `?`, with a `{Self}` that says it, such as `.map_err(|error| Failure::permanent(error.to_string()))?` where that is `Failure`"
)]
pub trait EndsWith<F> {
    /// Converts what was returned into the saga's error.
    fn ends_with(error: F) -> Self;
}

#[diagnostic::do_not_recommend]
impl<F, E: From<F>> EndsWith<F> for E {
    fn ends_with(error: F) -> Self {
        error.into()
    }
}

/// A saga's error that can be made of an `F`: what `?` asks for.
#[diagnostic::on_unimplemented(
    message = "`?` cannot turn `{F}` into the saga's error `{Self}` [SG0411]",
    label = "`{Self}` cannot be made of it [SG0411]",
    note = "why: a failure that leaves the body becomes the saga's error, and is recorded",
    note = "fix: a variant that holds just that, as in `Step({F})`, in an error of the saga's own that derives `SagaError`; or `saga::Failure` as its error, of which `?` makes any failure; or `.map_err(…)` before the `?`"
)]
pub trait FailsWith<F> {
    /// Converts a failure into the saga's error.
    fn fails_with(failure: F) -> Self;
}

#[diagnostic::do_not_recommend]
impl<F, E: From<F>> FailsWith<F> for E {
    fn fails_with(failure: F) -> Self {
        failure.into()
    }
}
