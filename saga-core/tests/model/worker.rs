//! Who drives the saga, with what luck, and what the machine asks of it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use saga_core::policy::{Catalog, Policy};
use saga_core::{Entry, Role, Site, State};

use crate::desk::Steps;

/// How much misfortune there may be.
#[derive(Clone, Copy, Hash)]
pub(crate) struct Budget {
    pub(crate) deaths: u8,
    pub(crate) stalls: u8,
    pub(crate) cancels: u8,
    pub(crate) troubles: u8,
    pub(crate) redrives: u8,
    /// Commits of which nobody hears whether they came through.
    pub(crate) unheard: u8,
    /// How often other sagas take the room there is for compensations.
    pub(crate) crowds: u8,
}

/// An attempt that runs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Attempt {
    pub(crate) site: Site,
    pub(crate) role: Role,
    pub(crate) attempt: u32,
    pub(crate) landed: bool,
}

/// A worker that drives the saga, or thinks that it does.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) epoch: u32,
    pub(crate) state: State,
    /// Decided, and not known to be durable.
    pub(crate) pending: Vec<Entry>,
    /// Whether what is pending takes the cancel that waits: both are durable at once.
    pub(crate) takes_cancel: bool,
    pub(crate) running: BTreeSet<Attempt>,
    /// Compensations that stand in line, and those that have been let in since.
    pub(crate) line: BTreeSet<Site>,
    pub(crate) admitted: BTreeSet<Site>,
}

/// What the machine asks: the steps there are, and whether there is room for a compensation.
pub(crate) struct Gate<'a> {
    pub(crate) is_full: bool,
    pub(crate) line: RefCell<&'a mut BTreeSet<Site>>,
}

impl Catalog for Gate<'_> {
    fn policy(&self, step: &str) -> Option<Policy> {
        Steps.policy(step)
    }

    fn admits(&self, site: &Site, _: &str) -> bool {
        if self.is_full {
            self.line.borrow_mut().insert(site.clone());
        }
        !self.is_full
    }
}
