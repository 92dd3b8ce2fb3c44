//! The driver's way to the machine, where a simulation looks on: which events came in which states. Without the feature
//! `test` there is nothing here but the machine. What looks on decides nothing and changes nothing.

use saga_core::machine::{self, Event, Facts, Refusal};
use saga_core::{Entry, State};

/// As [`machine::advance_into`].
pub(crate) fn advance(
    state: &mut State,
    event: Event,
    facts: &Facts<'_>,
    entries: &mut Vec<Entry>,
) -> Result<(), Refusal> {
    #[cfg(feature = "test")]
    tell(state, &event);
    machine::advance_into(state, event, facts, entries)
}

/// What is shown a state and the event that comes in it.
#[cfg(feature = "test")]
type Observer = Box<dyn FnMut(&State, &Event)>;

#[cfg(feature = "test")]
thread_local! {
    static OBSERVER: std::cell::RefCell<Option<Observer>> = const { std::cell::RefCell::new(None) };
}

/// From now on `observer` is shown every event that a driver of this thread takes to the machine, and the state in which
/// it comes; in place of an earlier one.
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
