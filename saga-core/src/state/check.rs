//! The invariants of the notes, checked by a scan of all sites. Builds with debug assertions check them after each
//! decision, except for the largest sagas.

use super::notes::Note;
use super::{ChildStatus, Direction, SiteState, State, StepState, looked};
use crate::SitePath;

/// The maximum number of sites of a saga that is checked after each decision.
const CHECKED: usize = 64;

impl State {
    /// Checks that the notes agree with the sites, and that no pending site is missing from them.
    ///
    /// # Errors
    /// The first disagreement.
    pub(crate) fn check_notes(&self) -> Result<(), String> {
        if self.sites.len() > CHECKED {
            return Ok(());
        }
        looked::uncounted(|| self.check_all())
    }

    fn check_all(&self) -> Result<(), String> {
        for (at, (site, state)) in self.sites.iter().enumerate() {
            let is_put_off = self.notes.put_off().any(|there| there == at);
            if self.notes.at(at) != Note::of(state, is_put_off) {
                return Err(format!("{site} is noted as {:?}", self.notes.at(at)));
            }
        }
        self.notes.check_sums()?;
        self.check_frontier()?;
        self.check_signals()
    }

    fn check_signals(&self) -> Result<(), String> {
        for name in self.signals.waiting.keys() {
            let is_waited_for = self.sites.iter().any(|(_, state)| {
                matches!(state, SiteState::Wait { name: there, .. } if there == name) && state.is_open()
            });
            if is_waited_for != self.notes.takable.contains(name) {
                return Err(format!("whether signal {name} is waited for: {is_waited_for}"));
            }
        }
        match self.notes.takable.iter().find(|name| !self.signals.waiting.contains_key(*name)) {
            Some(name) => Err(format!("signal {name} is not there")),
            None => Ok(()),
        }
    }

    /// Returns true if the step is still to be unwound. In a rollback that is any step; in an undo, a step that was
    /// ordered; otherwise, a step in a child that failed.
    fn is_left(&self, site: &SitePath, step: &StepState) -> bool {
        let in_scope = match &self.direction {
            Direction::Back(_) => true,
            Direction::Undo { .. } => step.undo_ordered,
            Direction::Forward => self.sites.iter().any(|(child, state)| {
                let is_undoing =
                    matches!(state, SiteState::Child { status: ChildStatus::Undoing { .. }, .. });
                is_undoing && site.within(child.as_str())
            }),
            Direction::Completed { .. } | Direction::RolledBack(_) | Direction::Abandoned(_) => false,
        };
        in_scope && !step.is_unwound()
    }

    fn check_frontier(&self) -> Result<(), String> {
        let steps = self.sites.iter().enumerate();
        let steps = steps.filter_map(|(at, (site, state))| Some((at, site, state.as_step()?)));
        let mut later: Vec<&SitePath> = Vec::new();
        for (at, site, step) in steps.rev() {
            let is_left = self.is_left(site, step);
            if self.notes.frontier.has(site, at) != is_left {
                return Err(format!("whether {site} is yet to be unwound: {is_left}"));
            }
            if !is_left {
                continue;
            }
            let is_its_turn = later.iter().all(|later| later.concurrent_with(site));
            if self.notes.frontier.is_its_turn(site, at) != is_its_turn {
                return Err(format!("whether the turn of {site} has come: {is_its_turn}"));
            }
            let is_known = self.notes.turns.contains(&at) || self.notes.put_off().any(|there| there == at);
            if is_its_turn && step.begins_undo().is_some() && !is_known {
                return Err(format!("the turn of {site} has come, and nobody looks at it"));
            }
            later.push(site);
        }
        Ok(())
    }
}
