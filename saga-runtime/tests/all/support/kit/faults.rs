//! The faults of one call of a service, and their script.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// The fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It lands, and answers so.
    None,
    /// It does not land, and answers so; a retry may.
    Transient,
    /// It does not land, and answers that no retry will.
    Permanent,
    /// It lands, and never answers.
    TimeoutLanded,
    /// It does not land, and never answers.
    TimeoutLost,
    /// It lands, and answers that it does not know.
    DoubtLanded,
    /// It does not land, and answers that it does not know.
    DoubtLost,
    /// It panics before it lands.
    Panic,
    /// It lands, and panics.
    PanicLanded,
    /// It lands, and answers, when [`World::open`](super::World::open) allows it; the code waits until then.
    Hang,
    /// It never answers, and lands after that time, even if the caller has gone.
    LandsLate(Duration),
}

/// The faults to come, by label (`"hold flight"`).
#[derive(Debug, Default)]
pub(crate) struct Script {
    next: HashMap<String, VecDeque<Fault>>,
    always: HashMap<String, Fault>,
}

impl Script {
    pub(crate) fn add(&mut self, label: &str, faults: impl IntoIterator<Item = Fault>) {
        self.next.entry(label.to_owned()).or_default().extend(faults);
    }

    pub(crate) fn set(&mut self, label: &str, fault: Fault) {
        self.next.remove(label);
        self.always.insert(label.to_owned(), fault);
    }

    /// Returns the fault of this call.
    pub(crate) fn draw(&mut self, label: &str) -> Fault {
        let next = self.next.get_mut(label).and_then(VecDeque::pop_front);
        next.or_else(|| self.always.get(label).copied()).unwrap_or(Fault::None)
    }
}
