//! A worker that drives the saga, its budget of faults, and its answers to the machine.

use std::collections::BTreeSet;

use saga_core::machine::Event;
use saga_core::{Entry, Record, Role, SitePath, State};

/// The number of faults left.
#[derive(Clone, Copy, Hash)]
pub(crate) struct Budget {
    pub(crate) deaths: u8,
    pub(crate) stalls: u8,
    pub(crate) cancels: u8,
    pub(crate) troubles: u8,
    pub(crate) redrives: u8,
    /// Commits that get no answer.
    pub(crate) unheard: u8,
    /// Times at which other sagas take all slots for compensations.
    pub(crate) crowds: u8,
}

/// A running attempt.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Attempt {
    pub(crate) site: SitePath,
    pub(crate) role: Role,
    pub(crate) attempt: u32,
    pub(crate) landed: bool,
}

/// A worker that drives the saga, or believes so.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) epoch: u32,
    pub(crate) state: State,
    /// Decided records that are not known to be durable.
    pub(crate) pending: Vec<Entry>,
    /// True if the pending records include the result of the waiting cancel: both become durable at once.
    pub(crate) takes_cancel: bool,
    pub(crate) running: BTreeSet<Attempt>,
    /// Queued compensations. `admitted` has those that have got a slot since.
    pub(crate) line: BTreeSet<SitePath>,
    pub(crate) admitted: BTreeSet<SitePath>,
}

/// Returns where a compensation has got its slot by this event, whatever others have taken since.
pub(crate) fn admitted(event: &Event) -> Option<SitePath> {
    match event {
        Event::Admitted { site } => Some(site.clone()),
        _ => None,
    }
}

/// Checks that of all compensations only the one at `admitted` begins.
pub(crate) fn begins_no_other(entries: &[Entry], admitted: Option<&SitePath>) {
    for Entry { record, .. } in entries {
        let undoes = matches!(record, Record::UndoIntent { .. } | Record::Started { role: Role::Undo, .. });
        assert!(!undoes || record.site() == admitted, "a compensation begins where there is no room");
    }
}
