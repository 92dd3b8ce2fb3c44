//! What one step must be to stand beside another: to undo it, or to say whether it happened. Judged by types, in our
//! own words. What a step says about itself is in [`step`](crate::author::step).

use std::marker::PhantomData;

use crate::author::error::Never;
use crate::author::step::{
    Compensation, Effectless, Probe, ProbeCall, Repeatable, Step, StepCall, Unfailing, effort, repeat, undo,
};
use crate::replay::registry::Registry;
use crate::value::recorded::Recorded;
use crate::value::step_context::StepContext;

/// A step that stands beside another: what the other's expansion has to know of it besides its calls.
#[derive(Debug, Clone, Copy)]
pub struct Beside {
    /// The recorded name of the step.
    pub name: &'static str,
    register: fn(&mut Registry),
}

impl Beside {
    /// Returns the step of which that function gives calls.
    pub const fn of<Args, F: GivesCalls<Args>>(_: &F) -> Self {
        Self { name: <F::Step as Step>::NAME, register: Registry::step::<F::Step> }
    }

    /// Returns its recorded name, if there is one.
    pub const fn name_of(beside: Option<Self>) -> Option<&'static str> {
        match beside {
            Some(beside) => Some(beside.name),
            None => None,
        }
    }

    /// Registers the step.
    pub fn register(&self, registry: &mut Registry) {
        (self.register)(registry);
    }
}

/// What an expansion reaches by a path, so that an editor does not offer it as a name in the user's body.
pub trait Parts {
    /// The struct of the recorded parameters.
    type Input;
    /// The step that undoes this one.
    const UNDONE_BY: Option<Beside> = None;
    /// The step that is asked whether this one happened.
    const PROBED_BY: Option<Beside> = None;
    /// The step that settles this one in doubt.
    const SETTLED_BY: Option<Beside> = None;

    /// Registers the steps beside this one.
    fn register(registry: &mut Registry) {
        let besides = [Self::UNDONE_BY, Self::PROBED_BY, Self::SETTLED_BY];
        besides.iter().flatten().for_each(|beside| beside.register(registry));
    }
}

/// A function that gives calls of a step, as `#[step]` makes them.
#[diagnostic::on_unimplemented(
    message = "what is called here is no step [SG0303]",
    label = "a plain function [SG0303]",
    note = "why: the call is recorded by the name of a step, and made later, again and again until it is answered",
    note = "fix: `#[step(retriable, idempotent)]` on that function; on one that is to be a probe, `#[step(readonly)]`"
)]
pub trait GivesCalls<Args> {
    /// The step that the call makes.
    type Step: Step;
}

macro_rules! functions_give_calls {
    ($(($($arg:ident)*))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<F, S: Step, $($arg),*> GivesCalls<($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> StepCall<S>,
        {
            type Step = S;
        }
    )*};
}

functions_give_calls! {
    () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E G) (A B C D E G H) (A B C D E G H I) (A B C D E G H I J)
    (A B C D E G H I J K) (A B C D E G H I J K L) (A B C D E G H I J K L M) (A B C D E G H I J K L M N)
    (A B C D E G H I J K L M N O) (A B C D E G H I J K L M N O P) (A B C D E G H I J K L M N O P Q)
}

/// What a function beside a step gave: a call, or else something that [`GivesCalls`] has refused. So that it is not
/// refused once more, there are methods for that as well, by [`NoCall`].
#[derive(Debug)]
pub struct CallBeside<C>(pub C);

impl<S: Step> CallBeside<StepCall<S>> {
    /// Returns the call.
    pub fn to_undo(self) -> StepCall<S> {
        self.0
    }

    /// Returns the call.
    pub fn to_ask(self) -> StepCall<S> {
        self.0
    }
}

/// The methods of [`CallBeside`] where there is no call.
pub trait NoCall: Sized {
    /// Never called: code with this call does not compile.
    fn to_undo(self) -> StepCall<Nowhere<()>> {
        unreachable!("{NOWHERE}")
    }

    /// Never called: code with this call does not compile.
    fn to_ask<T: 'static>(self) -> StepCall<Nowhere<T>>
    where
        Probe<T>: Recorded,
    {
        unreachable!("{NOWHERE}")
    }
}

const NOWHERE: &str = "what is no step is refused where it is named";

impl<C> NoCall for CallBeside<C> {}

/// A step that cannot be called, and may stand anywhere.
#[derive(Debug)]
pub struct Nowhere<T>(PhantomData<fn() -> T>);

impl<T: 'static> Step for Nowhere<T>
where
    Probe<T>: Recorded,
{
    const NAME: &'static str = "nowhere";
    type Input = Never;
    type Output = Probe<T>;
    type Error = Never;
    type Undo = undo::Readonly;
    type Effort = effort::Retriable;
    type Repeat = repeat::Idempotent;

    async fn run(_: &StepContext, input: Never) -> Result<Probe<T>, Never> {
        match input {}
    }
}

/// A step that may undo another: retried until it succeeds, and harmless when repeated.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot undo another step [SG0301]",
    label = "it is not retriable, or may do harm when it is repeated [SG0301]",
    note = "why: a rollback must be able to retry it until it succeeds, and to repeat it after a crash",
    note = "fix: `#[step(retriable, idempotent)]` on `{Self}`; or `#[step(retriable)]`, and let it take `key: &IdempotencyKey`"
)]
pub trait Compensates: Step {
    /// Returns that call as a compensation.
    fn undoing(call: StepCall<Self>) -> Compensation;
}

#[diagnostic::do_not_recommend]
impl<S: Step> Compensates for S
where
    S::Effort: Unfailing,
    S::Repeat: Repeatable,
{
    fn undoing(call: StepCall<Self>) -> Compensation {
        Compensation::of(call)
    }
}

/// A step that may be a probe: it has no effect.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has an effect, so it cannot be a probe [SG0308]",
    label = "it is not readonly [SG0308]",
    note = "why: a probe only asks, perhaps many times, whether an attempt in doubt happened",
    note = "fix: `#[step(readonly)]` on `{Self}`, or another step that only asks"
)]
pub trait Asks: Step {
    /// Returns the call.
    fn asking(call: StepCall<Self>) -> StepCall<Self> {
        call
    }
}

#[diagnostic::do_not_recommend]
impl<S: Step> Asks for S where S::Undo: Effectless {}

/// A probe of a step that gives `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer for a step that gives `{T}` [SG0309]",
    label = "its answer is of another type [SG0309]",
    note = "why: if the attempt happened, the saga goes on with what it gave, and that is what the probe has to find",
    note = "fix: let `{Self}` return `Result<Probe<{T}>, …>`, and answer `Probe::Happened(…)`, `Probe::NotHappened` or `Probe::Pending`"
)]
pub trait Answers<T>: Step {
    /// Returns that call, to be asked.
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
