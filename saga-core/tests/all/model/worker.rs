//! A worker that drives the saga, its budget of faults, and its answers to the machine.

use std::cell::RefCell;
use std::collections::BTreeSet;

use saga_core::policy::{Catalog, Policy};
use saga_core::{Entry, Role, SitePath, State};

use crate::support::desk::Steps;

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

/// Answers the machine's questions: which steps there are, and whether a compensation may begin.
pub(crate) struct Admission<'a> {
    pub(crate) is_full: bool,
    pub(crate) line: RefCell<&'a mut BTreeSet<SitePath>>,
}

impl Catalog for Admission<'_> {
    fn policy(&self, step: &str) -> Option<Policy> {
        Steps.policy(step)
    }

    fn admits(&self, site: &SitePath, _: &str) -> bool {
        if self.is_full {
            self.line.borrow_mut().insert(site.clone());
        }
        !self.is_full
    }
}
