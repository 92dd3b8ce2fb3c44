//! What stands in a body for a call before it is made: its witness, by which its steps are registered, and its place.

use std::future::Future;
use std::marker::PhantomData;

use crate::author::awaitable::{Awaitable, StepSet};
use crate::macros::misplaced::Inert;
use crate::replay::context::{Place, SagaContext};
use crate::replay::registry::{AnyWitness, Registry};

/// Stands in a body for one awaited call, so that the call's type can be known before it is made.
pub struct Witness<S: StepSet> {
    place: Option<usize>,
    steps: PhantomData<fn() -> S>,
}

impl<S: StepSet> Witness<S> {
    /// Returns the witness of a call to come.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self { place: None, steps: PhantomData }
    }

    /// Returns the witness of a call to come at that place of the saga's automaton.
    pub fn of(place: usize) -> Self {
        Self { place: Some(place), ..Self::new() }
    }

    /// Notes that the call has come: the `occurrence`-th of its name in the text (from 1), in these turns of the loops
    /// around.
    pub fn at<A, O>(
        &self,
        cx: &SagaContext,
        occurrence: u32,
        turns: &[u32],
        call: A,
    ) -> impl Future<Output = O> + Send + use<A, O, S>
    where
        A: Awaitable<Steps = S, Output = O>,
    {
        call.at(self.place(cx, occurrence, turns).place)
    }

    /// Returns the place to which a call has come.
    pub fn place(&self, cx: &SagaContext, occurrence: u32, turns: &[u32]) -> PlaceOf<S> {
        if let Some(place) = self.place {
            cx.move_to(place);
        }
        let place = Place::in_turns(cx.clone(), occurrence, turns.to_vec());
        PlaceOf { place, steps: PhantomData }
    }
}

/// A place of a call of these steps.
#[derive(Debug)]
pub struct PlaceOf<S> {
    place: Place,
    steps: PhantomData<fn() -> S>,
}

/// What a body awaits. Every call is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, and only steps are awaited in a saga [SG0601]",
    label = "nothing would record what this gives [SG0601]",
    note = "why: after a crash the body runs again over its records, and this has none",
    note = "fix: `#[step(…)]` on the function that is called here; or await this inside of a `#[step]`, and that step here"
)]
pub trait Awaited<S, O>: Sized {
    // Parameters, and not associated types: what cannot be awaited is one error then, and not one for each mention.
    /// Awaits it there.
    fn awaited(self, place: PlaceOf<S>) -> impl Future<Output = O> + Send;
}

impl<A, C> Awaited<C::Steps, C::Output> for A
where
    A: Inert<Itself = C>,
    C: Awaitable,
{
    fn awaited(self, place: PlaceOf<C::Steps>) -> impl Future<Output = C::Output> + Send {
        self.itself().at(place.place)
    }
}

impl<S: StepSet> std::fmt::Debug for Witness<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<S>())
    }
}

impl<S: StepSet> AnyWitness for Witness<S> {
    fn registration(&self) -> (Option<usize>, fn(&mut Registry)) {
        (self.place, S::register)
    }
}
