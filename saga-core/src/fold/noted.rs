//! How the notes of a state follow its records: what changed at one site is noted there, and what changes the course of
//! the saga makes everything that it may move looked at again.

use crate::state::{ChildStatus, Direction, SiteState, State, looked};
use crate::{Name, SitePath};

impl State {
    /// Notes what there is at `site` now.
    pub(super) fn renew(&mut self, site: &SitePath) {
        if let Some(at) = self.find(site) {
            self.renew_at(at);
        }
    }

    /// Notes what there is now at that place in `sites`; what was put off there is looked at anew.
    pub(crate) fn renew_at(&mut self, at: usize) {
        let (_, state) = &self.sites[at];
        self.notes.renew(at, state);
        match state {
            SiteState::Wait { name, .. } => {
                let name = name.clone();
                self.note_signals(&name);
            }
            SiteState::Child { status: ChildStatus::Undoing { .. }, .. } => self.notes.ends.push(at),
            SiteState::Step(_) => self.renew_frontier(at),
            SiteState::Read { .. }
            | SiteState::Value { .. }
            | SiteState::Timer(_)
            | SiteState::Ask { .. }
            | SiteState::Child { .. } => {}
        }
    }

    /// Notes everything that is open anew, as if nothing of it had been looked at.
    pub(crate) fn renew_open(&mut self) {
        let open: Vec<usize> = self.notes.open.iter().collect();
        open.into_iter().for_each(|at| self.renew_at(at));
        self.notes.frontier.turns(&mut self.notes.turns);
    }

    /// Notes whether a signal of that name is there and waited for.
    pub(super) fn note_signals(&mut self, name: &Name) {
        let is_there = self.signals.waiting.contains_key(name);
        if is_there && self.notes.waits(name).next().is_some() {
            self.notes.takable.insert(name.clone());
        } else {
            self.notes.takable.remove(name);
        }
    }

    /// Notes in which children the last site is.
    pub(super) fn note_children_around(&mut self, site: &SitePath) {
        let last = self.sites.len() - 1;
        if !site.as_str().contains('/') {
            return;
        }
        let is_child = |at: &usize| *at != last && matches!(self.sites[*at].1, SiteState::Child { .. });
        let children: Vec<usize> = self.around(site).filter(is_child).collect();
        children.into_iter().for_each(|child| self.notes.is_inside(child, last));
    }

    /// Notes what is to be undone when the saga rolls back, or a completed one is undone.
    pub(super) fn begin_frontier(&mut self) {
        self.end_frontier();
        looked::at(self.sites.len());
        for at in 0..self.sites.len() {
            let (site, state) = &self.sites[at];
            let is_left = state.as_step().is_some_and(|step| !step.is_unwound());
            if is_left && self.is_unwinding(site) {
                self.notes.frontier.add(site, at);
            }
        }
        self.notes.frontier.turns(&mut self.notes.turns);
    }

    pub(super) fn end_frontier(&mut self) {
        self.notes.frontier = Default::default();
        self.notes.turns.clear();
        self.notes.ends.clear();
    }

    /// Notes what is to be undone in a child that failed.
    pub(super) fn begin_frontier_in(&mut self, child: usize) {
        let inside = self.notes.inside(child).to_vec();
        looked::at(inside.len());
        inside.into_iter().for_each(|at| self.renew_frontier(at));
    }

    /// Has the step at that place in what is yet to be unwound, or not.
    fn renew_frontier(&mut self, at: usize) {
        let goes_back = matches!(self.direction, Direction::Back(_) | Direction::Undo { .. });
        let (site, SiteState::Step(step)) = &self.sites[at] else { return };
        if !goes_back && self.undoing.is_empty() {
            return;
        }
        let is_left = !step.is_unwound() && self.is_unwinding(site);
        let was_left = self.notes.frontier.has(site, at);
        if is_left {
            if !was_left {
                self.notes.frontier.add(site, at);
            }
            self.notes.turns.push(at);
        } else if was_left {
            self.notes.frontier.remove(site, at, &mut self.notes.turns);
            let children: Vec<usize> = self.around(site).filter(|at| self.undoing.contains(at)).collect();
            self.notes.ends.extend(children);
        }
    }
}
