//! What stands in a body that is written by hand for a call before it is made: its witness, by which its steps are
//! registered, and its place. `#[saga]` needs none, as it has the steps' names.

use std::future::Future;
use std::marker::PhantomData;

use crate::author::awaitable::{Awaitable, StepSet};
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
        if let Some(place) = self.place {
            cx.move_to(place);
        }
        call.at(Place::in_turns(cx.clone(), occurrence, turns.to_vec()))
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
