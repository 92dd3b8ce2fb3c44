//! What one step must be to stand beside another: to undo it, or to say whether it happened. Judged by types, in our
//! own words. What a step says about itself is in [`step`](crate::step).

use crate::step::{Compensation, Effectless, Probe, ProbeCall, Repeatable, Step, StepCall, Unfailing};

/// A step that may undo another: retried until it succeeds, and harmless when repeated.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot undo another step [SG0301]",
    label = "it is not retriable, or may do harm when it is repeated",
    note = "why: a rollback must be able to retry it until it succeeds, and to repeat it after a crash",
    note = "fix: `#[step(retriable, idempotent)]` on `{Self}`; or `#[step(retriable)]`, and let it take `key: &IdempotencyKey`"
)]
pub trait Compensates: Step {
    /// That call, to be recorded.
    fn undoing(call: StepCall<Self>) -> Compensation;
}

#[diagnostic::do_not_recommend]
impl<S: Step> Compensates for S
where
    S::Effort: Unfailing,
    S::Repeat: Repeatable,
{
    fn undoing(call: StepCall<Self>) -> Compensation {
        Compensation::by(call)
    }
}

/// A step that may be a probe: it has no effect.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has an effect, so it cannot be a probe [SG0308]",
    label = "it is not readonly",
    note = "why: a probe only asks, perhaps many times, whether an attempt in doubt happened",
    note = "fix: `#[step(readonly)]` on `{Self}`, or another step that only asks"
)]
pub trait Asks: Step {
    /// That call.
    fn asking(call: StepCall<Self>) -> StepCall<Self> {
        call
    }
}

#[diagnostic::do_not_recommend]
impl<S: Step> Asks for S where S::Undo: Effectless {}

/// A probe of a step that gives `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer for a step that gives `{T}` [SG0309]",
    label = "its answer is of another type",
    note = "why: if the attempt happened, the saga goes on with what it gave, and that is what the probe has to find",
    note = "fix: let `{Self}` return `Result<Probe<{T}>, …>`, and answer `Probe::Happened(…)`, `Probe::NotHappened` or `Probe::Pending`"
)]
pub trait Answers<T>: Step {
    /// That call, to be asked.
    fn answering(call: StepCall<Self>) -> ProbeCall<T>;
}

#[diagnostic::do_not_recommend]
impl<S, T> Answers<T> for S
where
    S: Step<Output = Probe<T>>,
    T: Send + 'static,
{
    fn answering(call: StepCall<Self>) -> ProbeCall<T> {
        ProbeCall::asked_by(call)
    }
}
