//! What a journal amounts to: the state of one saga, always the fold of its records (`fold`) and nothing more. Here
//! are its types and what can be read off it; what happens next is decided in `machine`.

mod acts;
mod check;
mod frontier;
#[doc(hidden)]
pub mod looked;
mod notes;
mod places;
mod site_state;

pub use crate::phase::Phase;
pub use crate::refusal::Acted;
pub use acts::ACTS_WITHOUT_EFFECT_MAX;
pub(crate) use acts::Acts;
pub(crate) use notes::{Mark, Notes, Wait};
pub use site_state::{ChildStatus, Effect, SiteState, Status, StepState, Timed};

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use foldhash::fast::RandomState;

use crate::record::{Cause, Terms};
use crate::{
    Blocker, By, IdempotencyKey, KeyNamespace, Kind, Name, Payload, Reason, Role, SagaId, Seq, SitePath,
    Timestamp,
};

/// The state of one saga.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub(crate) id: SagaId,
    pub(crate) head: Option<Head>,
    pub(crate) next_seq: Seq,
    pub(crate) last_at: Timestamp,
    pub(crate) direction: Direction,
    pub(crate) stop: Option<Cause>,
    pub(crate) no_return: Option<SitePath>,
    /// The saga's output, while deferred steps are done.
    pub(crate) committing: Option<Payload>,
    pub(crate) overdue: bool,
    pub(crate) dead_lettered_at: Option<Timestamp>,
    pub(crate) body_blockers: Vec<Blocker>,
    /// In the order of their first record.
    pub(crate) sites: Vec<(SitePath, SiteState)>,
    /// Where in `sites` each is, once there are more than [`LOOKED_THROUGH`].
    pub(crate) index: HashMap<SitePath, usize, RandomState>,
    /// What follows from the sites.
    pub(crate) notes: Notes,
    /// Where in `sites` children are that failed and are being undone.
    pub(crate) undoing: BTreeSet<usize>,
    pub(crate) signals: Signals,
    /// Records that are more than another try at the same thing: what resets the count of deaths.
    pub(crate) progress: u64,
    pub(crate) acts: Acts,
}

/// Up to so many sites are looked through, which is faster than an index and needs none.
pub(crate) const LOOKED_THROUGH: usize = 16;

/// How a saga began.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The recorded name of its type.
    pub saga: Name,
    /// The version of the code that it began with.
    pub version: u32,
    /// What it was called with.
    pub input: Payload,
    /// The time of its first record.
    pub at: Timestamp,
    /// Its deadline, put off by the time it was dead-lettered; `None` if it has none.
    pub deadline: Option<Timestamp>,
    /// The namespace of its keys; `None` if it has none.
    pub key_namespace: Option<KeyNamespace>,
    /// The terms of a session; `None` for any other saga.
    pub session: Option<Terms>,
}

/// Where a saga is going.
#[derive(Debug, Clone, PartialEq)]
pub enum Direction {
    /// To its end.
    Forward,
    /// Back, for good.
    Back(Cause),
    /// It completed, and is being undone.
    Undo {
        /// The author of the undo, and the reason.
        by: By,
        /// What is being undone.
        sites: Vec<SitePath>,
        /// The saga's output.
        output: Payload,
    },
    /// It completed, and gave this.
    Completed {
        /// The saga's output.
        output: Payload,
    },
    /// All that it did is undone or listed.
    RolledBack(Cause),
    /// An operator closed it.
    Abandoned(By),
}

/// Signals that came: those not yet waited for, and the ids of all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signals {
    pub(crate) seen: HashSet<String>,
    /// By name, each with its id.
    pub(crate) waiting: HashMap<Name, VecDeque<(String, Payload)>>,
}

impl Signals {
    /// Returns the id of the first of that name that is not yet waited for.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.waiting.get(name)?.front().map(|(id, _)| id.as_str())
    }
}

impl State {
    /// Returns the saga before its first record.
    pub fn new(id: SagaId) -> Self {
        State {
            id,
            head: None,
            next_seq: 0,
            last_at: Timestamp::default(),
            direction: Direction::Forward,
            stop: None,
            no_return: None,
            committing: None,
            overdue: false,
            dead_lettered_at: None,
            body_blockers: Vec::new(),
            sites: Vec::new(),
            index: HashMap::default(),
            notes: Notes::default(),
            undoing: BTreeSet::new(),
            signals: Signals::default(),
            progress: 0,
            acts: Acts::default(),
        }
    }

    /// Returns the saga's id.
    pub fn id(&self) -> &SagaId {
        &self.id
    }

    /// Returns how it began; `None` before its first record.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Returns the sequence number of its next record.
    pub fn next_seq(&self) -> Seq {
        self.next_seq
    }

    /// Returns the direction in which it goes, or in which it ended.
    pub fn direction(&self) -> &Direction {
        &self.direction
    }

    /// Returns why it is about to stop, if it is.
    pub fn stop(&self) -> Option<&Cause> {
        self.stop.as_ref()
    }

    /// Returns the irreversible step that it has done, or the first deferred one if it commits: past it there is no way
    /// back.
    pub fn no_return(&self) -> Option<&SitePath> {
        self.no_return.as_ref()
    }

    /// Returns true if its body has ended, and deferred steps are being done.
    pub fn is_committing(&self) -> bool {
        self.committing.is_some()
    }

    /// Returns the steps that are deferred to the commit and have not begun, in the order in which they will.
    pub fn deferred(&self) -> impl Iterator<Item = (&SitePath, &StepState)> {
        let sites = self.notes.deferred.iter().inspect(|_| looked::at(1)).map(|at| &self.sites[at]);
        sites.filter_map(|(site, state)| Some((site, state.as_step()?)))
    }

    /// Returns true if its deadline passed when it was too late to roll back.
    pub fn is_overdue(&self) -> bool {
        self.overdue
    }

    /// Returns the time since which it is dead-lettered; `None` if it is not.
    pub fn dead_lettered_at(&self) -> Option<Timestamp> {
        self.dead_lettered_at
    }

    /// Returns what keeps its body from going on.
    pub fn body_blockers(&self) -> &[Blocker] {
        &self.body_blockers
    }

    /// Returns how much it has moved: grows with every record that is more than another try.
    pub fn progress(&self) -> u64 {
        self.progress
    }

    /// Returns where in `sites` it is. What is asked for is most often the last.
    pub(crate) fn find(&self, site: &SitePath) -> Option<usize> {
        looked::at(1);
        match self.sites.len() > LOOKED_THROUGH {
            true => self.index.get(site).copied(),
            false => self.sites.iter().rposition(|(known, _)| known == site),
        }
    }

    /// Returns where in `sites` those are that `site` is in, and itself.
    pub(crate) fn around<'a>(&'a self, site: &'a SitePath) -> impl Iterator<Item = usize> + 'a {
        let prefixes = site.prefixes().inspect(|_| looked::at(1));
        prefixes.filter_map(|prefix| match self.sites.len() > LOOKED_THROUGH {
            true => self.index.get(prefix).copied(),
            false => self.sites.iter().position(|(known, _)| known.as_str() == prefix),
        })
    }

    /// Returns what stands at `site`.
    pub fn site(&self, site: &SitePath) -> Option<&SiteState> {
        self.find(site).map(|at| &self.sites[at].1)
    }

    /// Returns all sites, in the order in which they were reached.
    pub fn sites(&self) -> impl DoubleEndedIterator<Item = (&SitePath, &SiteState)> {
        self.sites.iter().inspect(|_| looked::at(1)).map(|(site, state)| (site, state))
    }

    /// Returns the sites after the first `passed`, in the order in which they were reached.
    pub fn sites_after(&self, passed: usize) -> impl Iterator<Item = (&SitePath, &SiteState)> {
        let sites = self.sites.get(passed..).unwrap_or_default();
        sites.iter().inspect(|_| looked::at(1)).map(|(site, state)| (site, state))
    }

    /// Returns what stands at the sites that `site` is in, outermost first, and at itself.
    pub fn sites_around<'a>(
        &'a self,
        site: &'a SitePath,
    ) -> impl Iterator<Item = (&'a SitePath, &'a SiteState)> {
        self.around(site).map(|at| (&self.sites[at].0, &self.sites[at].1))
    }

    /// Returns the sites at which something is not settled, in the order in which they were reached.
    pub fn open_sites(&self) -> impl Iterator<Item = (&SitePath, &SiteState)> {
        let open = self.notes.open.iter().inspect(|_| looked::at(1));
        open.map(|at| (&self.sites[at].0, &self.sites[at].1))
    }

    /// Returns where the next signal of that name is taken: the first wait for one that no signal has come for.
    pub fn takes_next(&self, signal: &str) -> Option<&SitePath> {
        let queued = self.signals.waiting.get(signal).map_or(0, VecDeque::len);
        self.notes.waits(signal).nth(queued).map(|at| &self.sites[at].0)
    }

    /// Returns the step at `site`, if one has an intent there.
    pub fn step(&self, site: &SitePath) -> Option<&StepState> {
        self.site(site).and_then(SiteState::as_step)
    }

    /// Returns all steps with an intent, in the order of those.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (&SitePath, &StepState)> {
        self.sites().filter_map(|(site, state)| Some((site, state.as_step()?)))
    }

    /// Returns the effects that are not settled.
    pub fn open_effects(&self) -> impl Iterator<Item = (&SitePath, Role, &Effect)> {
        self.open_steps().flat_map(|(site, step)| unsettled(site, step))
    }

    /// Returns those of the step at one site.
    pub(crate) fn open_effects_at(
        &self,
        site: &SitePath,
    ) -> impl Iterator<Item = (&SitePath, Role, &Effect)> {
        let here = self.find(site).map(|at| &self.sites[at]).filter(|(_, state)| state.is_open());
        let step = here.and_then(|(site, state)| Some((site, state.as_step()?)));
        step.into_iter().flat_map(|(site, step)| unsettled(site, step))
    }

    /// Returns the steps of which an effect is not settled.
    pub(crate) fn open_steps(&self) -> impl Iterator<Item = (&SitePath, &StepState)> {
        self.open_sites().filter_map(|(site, state)| Some((site, state.as_step()?)))
    }

    /// Returns the namespace of the saga's keys; `None` if it began in a store without one.
    pub fn key_namespace(&self) -> Option<&KeyNamespace> {
        self.head.as_ref()?.key_namespace.as_ref()
    }

    /// Returns the terms of a session; `None` for any other saga.
    pub fn session(&self) -> Option<&Terms> {
        self.head.as_ref()?.session.as_ref()
    }

    /// Returns the key under which an effect is known outside.
    pub fn key(&self, site: &SitePath, role: Role) -> IdempotencyKey {
        let generation = self.step(site).and_then(|s| s.effect(role)).map_or(0, |e| e.generation);
        IdempotencyKey::of(self.key_namespace(), &self.id, site, role, generation)
    }

    /// Returns true if the body may run: forward, not ended, with no stop pending and nothing that keeps it from it.
    pub fn body_may_run(&self) -> bool {
        matches!(self.direction, Direction::Forward)
            && self.committing.is_none()
            && self.stop.is_none()
            && self.body_blockers.is_empty()
            && self.dead_lettered_at.is_none()
    }

    /// Returns true if it is on its way back, in whole.
    pub fn is_rolling_back(&self) -> bool {
        matches!(self.direction, Direction::Back(_))
    }

    /// Returns true if an effect is on its way.
    pub fn is_running(&self) -> bool {
        self.notes.count(Mark::Runs) + self.notes.count(Mark::UndoRuns) > 0
    }

    /// Returns the phase of the saga.
    pub fn phase(&self) -> Phase {
        if self.dead_lettered_at.is_some() {
            return Phase::DeadLettered;
        }
        match &self.direction {
            Direction::Completed { .. } => Phase::Completed,
            Direction::RolledBack(_) => Phase::RolledBack,
            Direction::Abandoned(_) => Phase::Abandoned,
            Direction::Back(_) | Direction::Undo { .. } => Phase::RollingBack,
            // It waits for its next call.
            Direction::Forward if self.notes.open.is_empty() && self.session().is_some() => Phase::Waiting,
            Direction::Forward if self.next_seq <= 1 => Phase::Scheduled,
            Direction::Forward if self.committing.is_some() => Phase::Committing,
            Direction::Forward if self.notes.open.is_empty() || self.is_running() => Phase::Running,
            Direction::Forward => Phase::Waiting,
        }
    }

    /// Returns the blockers of a saga that is dead-lettered, or is about to be.
    pub fn blockers(&self) -> impl Iterator<Item = &Blocker> {
        let effects = self.open_effects().filter_map(|(_, _, effect)| effect.blocker());
        effects.chain(&self.body_blockers)
    }

    /// Returns true if a rollback, an undo, or the undoing of a failed child is to unwind what happened at `site`.
    pub fn is_unwinding(&self, site: &SitePath) -> bool {
        match &self.direction {
            Direction::Back(_) => true,
            Direction::Undo { .. } => self.step(site).is_some_and(|s| s.undo_ordered),
            Direction::Forward => {
                !self.undoing.is_empty() && self.around(site).any(|at| self.undoing.contains(&at))
            }
            Direction::Completed { .. } | Direction::RolledBack(_) | Direction::Abandoned(_) => false,
        }
    }

    /// Returns true if something in it can go no further without a person.
    pub fn is_blocked(&self) -> bool {
        !self.body_blockers.is_empty() || self.notes.count(Mark::Blocked) > 0
    }

    /// Returns the children that failed and are being undone.
    pub fn children_undoing(&self) -> impl Iterator<Item = &SitePath> {
        self.undoing.iter().map(|at| &self.sites[*at].0)
    }

    /// Returns true if no attempt or timer may start: it has ended, is dead-lettered, or is about to be, as a poison
    /// pill.
    pub fn is_at_rest(&self) -> bool {
        self.dead_lettered_at.is_some()
            || self.body_blockers.iter().any(|h| h.reason == Reason::PoisonPill)
            || matches!(
                self.direction,
                Direction::Completed { .. } | Direction::RolledBack(_) | Direction::Abandoned(_)
            )
    }

    /// Returns true if the saga goes forward at `site`, so that a step there may be tried again.
    pub(crate) fn goes_forward_at(&self, site: &SitePath) -> bool {
        matches!(self.direction, Direction::Forward) && self.stop.is_none() && !self.is_unwinding(site)
    }

    /// Takes the compensations that have come to wait for room since the last call, in that order: the site of the step,
    /// and the name of the compensation. They wait for [`Event::Admitted`](crate::machine::Event::Admitted). A worker that
    /// claims the saga gets all of them anew.
    pub fn take_waiting_for_room(&mut self) -> Vec<(SitePath, Name)> {
        let taken = self.notes.take_come_to_wait();
        taken.into_iter().map(|(at, step)| (self.sites[at].0.clone(), step)).collect()
    }

    /// Returns true if an attempt of an effect that waits for its next one may begin, once that is due.
    pub(crate) fn may_attempt(&self, site: &SitePath, role: Role) -> bool {
        let Some(step) = self.step(site) else { return false };
        match role {
            _ if self.is_at_rest() => false,
            Role::Undo => true,
            // On the way back only what is in doubt runs again, to learn its output.
            Role::Do if self.is_unwinding(site) => step.doing.doubt && step.kind != Kind::Irreversible,
            Role::Do => self.goes_forward_at(site),
        }
    }
}

fn unsettled<'a>(
    site: &'a SitePath,
    step: &'a StepState,
) -> impl Iterator<Item = (&'a SitePath, Role, &'a Effect)> {
    let doing = (!step.doing.is_settled()).then_some((site, Role::Do, &step.doing));
    let undoing = step.undoing.as_ref().filter(|u| !u.is_settled());
    doing.into_iter().chain(undoing.map(|u| (site, Role::Undo, u)))
}
