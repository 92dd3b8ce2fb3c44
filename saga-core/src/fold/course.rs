//! What the records about the saga as a whole mean.

use crate::record::{Entry, Next, Record, of_effects, of_waits};
use crate::state::{ChildStatus, Direction, Head, SiteState, State, Status, looked};
use crate::{Blocker, Payload, Role, SitePath, Timestamp};

impl State {
    pub(super) fn fold_course(&mut self, entry: &Entry) {
        if !matches!(entry.record, Record::Signalled { .. }) {
            self.notes.look_at_held_again();
        }
        match &entry.record {
            Record::Scheduled { saga, version, input, deadline, key_namespace, session } => {
                self.head = Some(Head {
                    saga: saga.clone(),
                    version: *version,
                    input: input.clone(),
                    at: entry.at,
                    deadline: *deadline,
                    key_namespace: key_namespace.clone(),
                    session: session.clone(),
                });
            }
            Record::Signalled { id, name, payload } => {
                if self.signals.seen.insert(id.clone()) {
                    let waiting = self.signals.waiting.entry(name.clone()).or_default();
                    waiting.push_back((id.clone(), payload.clone()));
                    self.note_signals(name);
                }
            }
            Record::BodyBlocked { reason, detail, site } => {
                let (site, reason, detail) = (site.clone(), *reason, detail.clone());
                self.body_blockers.push(Blocker { site, role: Role::Do, reason, detail });
            }
            Record::StopRequested { cause } => self.stop = Some(cause.clone()),
            Record::TooLate { .. } => self.stop = None,
            Record::RollbackStarted { cause } => {
                self.go_on_from_dead_letter(entry.at);
                self.stop = None;
                self.body_blockers.clear();
                self.undoing.clear();
                self.direction = Direction::Back(cause.clone());
                self.drop_what_has_not_begun();
                self.drop_deferred(self.notes.deferred.iter().collect());
                self.begin_frontier();
            }
            Record::Committing { output } => {
                self.committing = Some(output.clone());
                let first = self.deferred().next().map(|(site, _)| site.clone());
                self.no_return = self.no_return.take().or(first);
            }
            Record::Completed { output } => {
                self.committing = None;
                self.direction = Direction::Completed { output: output.clone() };
            }
            Record::Overdue => self.overdue = true,
            Record::DeadLettered => self.dead_lettered_at = Some(entry.at),
            Record::UndoStarted { sites, .. } => self.order_undo(entry, sites),
            Record::RolledBack | Record::UndoEnded | Record::Abandoned { .. } => self.fold_end(&entry.record),
            Record::Redriven { site, input, .. } => {
                self.fold_redriven(entry.at, site.as_ref(), input.as_ref());
            }
            Record::RetriedNow { .. } => self.end_backoffs(entry.at),
            // Told apart before; and what had no effect is only noted.
            of_effects!() | of_waits!() | Record::NoEffect { .. } => {}
        }
    }

    fn fold_end(&mut self, end: &Record) {
        self.end_frontier();
        self.committing = None;
        // Of a saga that is closed in its commit.
        self.drop_deferred(self.notes.deferred.iter().collect());
        self.dead_lettered_at = None;
        self.direction = match (end, &self.direction) {
            (Record::RolledBack, Direction::Back(cause)) => Direction::RolledBack(cause.clone()),
            // It had completed, and that stays, however the undoing went.
            (Record::UndoEnded | Record::Abandoned { .. }, Direction::Undo { output, .. }) => {
                self.body_blockers.clear();
                Direction::Completed { output: output.clone() }
            }
            (Record::Abandoned { by }, _) => Direction::Abandoned(by.clone()),
            _ => return,
        };
    }

    fn order_undo(&mut self, entry: &Entry, sites: &[SitePath]) {
        let (Record::UndoStarted { by, .. }, Direction::Completed { output }) =
            (&entry.record, &self.direction)
        else {
            return;
        };
        let (by, output) = (by.clone(), output.clone());
        self.direction = Direction::Undo { by, sites: sites.to_vec(), output };
        for site in sites {
            if let Some(step) = self.step_mut(site) {
                step.undo_ordered = true;
                // Compensations that an earlier undo left blocked are sent on again.
                step.fold_redriven(entry.at, None);
            }
            self.renew(site);
        }
        self.begin_frontier();
    }

    /// Gives fresh attempts to what is blocked; a fresh key where it is known not to have happened.
    fn fold_redriven(&mut self, at: Timestamp, only: Option<&SitePath>, input: Option<&Payload>) {
        self.go_on_from_dead_letter(at);
        self.body_blockers.retain(|h| only.is_some() && h.site.as_ref() != only);
        let sites: Vec<SitePath> = match only {
            Some(site) => vec![site.clone()],
            None => self.open_sites().map(|(site, _)| site.clone()).collect(),
        };
        for site in sites {
            if let Some(step) = self.step_mut(&site) {
                step.fold_redriven(at, input);
            }
            self.renew(&site);
        }
    }

    fn end_backoffs(&mut self, at: Timestamp) {
        for index in self.notes.open.iter() {
            let SiteState::Step(step) = &mut self.sites[index].1 else { continue };
            for effect in std::iter::once(&mut step.doing).chain(step.undoing.as_mut()) {
                if let Status::Pending(Next::Again { due } | Next::Probe { due }) = &mut effect.status {
                    *due = at.min(*due);
                }
            }
        }
        self.renew_open();
    }

    /// Lets a dead letter move again: its deadline and its waits are put off by the time it was dead-lettered.
    pub(super) fn go_on_from_dead_letter(&mut self, at: Timestamp) {
        let Some(dead_lettered_at) = self.dead_lettered_at.take() else { return };
        let stood = at.since(dead_lettered_at);
        let put_off = |due: &mut Option<Timestamp>| *due = due.map(|d| d.after(stood));
        if let Some(head) = &mut self.head {
            put_off(&mut head.deadline);
        }
        for index in self.notes.open.iter() {
            match &mut self.sites[index].1 {
                SiteState::Timer(timed) => put_off(&mut timed.due),
                SiteState::Wait { timed, .. } => put_off(&mut timed.due),
                SiteState::Ask { timed, .. } => put_off(&mut timed.due),
                SiteState::Step(_)
                | SiteState::Read { .. }
                | SiteState::Value { .. }
                | SiteState::Child { .. } => {}
            }
        }
        self.renew_open();
    }

    /// Takes out the deferred steps at those places: they are not done.
    pub(super) fn drop_deferred(&mut self, places: Vec<usize>) {
        looked::at(places.len());
        for at in places {
            if let SiteState::Step(step) = &mut self.sites[at].1
                && step.doing.status == Status::Deferred
            {
                step.doing.status = Status::Dropped;
                self.renew_at(at);
            }
        }
    }

    /// Ends all waits when the rollback starts; children are undone with the rest. (What only waited for another
    /// attempt has been recorded as failed. What is in doubt stays open: it is resolved first.)
    fn drop_what_has_not_begun(&mut self) {
        let sites: Vec<SitePath> = self.open_sites().map(|(site, _)| site.clone()).collect();
        for site in sites {
            match self.site_mut(&site) {
                Some(SiteState::Timer(timed)) => timed.dropped = true,
                Some(SiteState::Wait { timed, .. }) => timed.dropped = true,
                Some(SiteState::Ask { timed, .. }) => timed.dropped = true,
                Some(SiteState::Child { status, .. }) => *status = ChildStatus::Dropped,
                Some(SiteState::Step(_) | SiteState::Read { .. } | SiteState::Value { .. }) | None => {}
            }
            self.renew(&site);
        }
    }
}
