//! The driver's call of the machine, with a hook for the simulation that sees each event and the state before it.
//! Without the feature `test` this is only the call. An observer decides and changes nothing.

use saga_core::machine::{self, Event, Facts, Refusal};
use saga_core::{Entry, State};

/// Does the same as [`machine::advance`].
pub(crate) fn advance(
    state: &mut State,
    event: Event,
    facts: &Facts<'_>,
    entries: &mut Vec<Entry>,
) -> Result<(), Refusal> {
    #[cfg(feature = "test")]
    tell(state, &event);
    machine::advance(state, event, facts, entries)
}

/// A function that is called with a state and the event that comes in it.
#[cfg(feature = "test")]
type Observer = Box<dyn FnMut(&State, &Event)>;

#[cfg(feature = "test")]
thread_local! {
    static OBSERVER: std::cell::RefCell<Option<Observer>> = const { std::cell::RefCell::new(None) };
}

/// Calls `observer` for every event that a driver of this thread passes to the machine, with the state before it.
/// Replaces an earlier observer.
#[cfg(feature = "test")]
pub fn observe(observer: impl FnMut(&State, &Event) + 'static) {
    OBSERVER.with_borrow_mut(|there| *there = Some(Box::new(observer)));
}

#[cfg(feature = "test")]
fn tell(state: &State, event: &Event) {
    OBSERVER.with_borrow_mut(|observer| {
        if let Some(observer) = observer {
            observer(state, event);
        }
    });
}
