//! What a body and its driver share: the state of the saga, what the body has reached beyond it, and where the two do
//! not fit. Nothing is decided here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use foldhash::fast::RandomState;
use saga_core::graph::Graph;
use saga_core::machine::{BodyEnd, Reach};
use saga_core::state::{ChildStatus, SiteState};
use saga_core::{Entry, Payload, Reason, SitePath, State};

use crate::value::clock::Rng;
use crate::value::small_set::SmallSet;
use crate::value::surroundings::Surroundings;

/// The text on a body that took another way than before, where its automaton allows both.
const UNSTEADY: &str = "; if the code is the same as then, the body is not deterministic: what it does depends on a \
                        clock, a random number, or the order of a `HashMap`";

/// What body and driver share.
pub(crate) struct Board {
    pub(crate) state: State,
    pub(crate) around: Arc<Surroundings>,
    pub(crate) rng: Arc<dyn Rng>,
    /// What was reached and is not in the journal, in order.
    pub(crate) reached: Vec<Reach>,
    /// How the body ended, where it did not end by itself.
    pub(crate) end: Option<BodyEnd>,
    /// Where a signal was not of the type that is waited for, and why.
    pub(crate) refused: Vec<(SitePath, String)>,
    visited: SmallSet<SitePath>,
    /// The number of first sites of the state that the body has come by, as far as that was asked for.
    passed: usize,
    /// Branches that were in the journal when the run of the body came to its first `all`.
    begun: Option<HashSet<Box<str>, RandomState>>,
    /// Branches that wait for something to happen at a site.
    waiting: HashMap<SitePath, Waker, RandomState>,
}

impl Board {
    pub(crate) fn new(state: State, around: Arc<Surroundings>, rng: Arc<dyn Rng>) -> Self {
        Self {
            state,
            around,
            rng,
            reached: Vec::new(),
            end: None,
            refused: Vec::new(),
            visited: SmallSet::default(),
            passed: 0,
            begun: None,
            waiting: HashMap::default(),
        }
    }

    /// Forgets the run of a body: another begins from the start.
    pub(crate) fn restart(&mut self) {
        self.reached.clear();
        self.refused.clear();
        self.end = None;
        self.visited.clear();
        self.waiting.clear();
        self.begun = None;
        self.passed = 0;
    }

    /// Returns true if anything of the branch was in the journal before this run of the body came to it.
    pub(crate) fn has_begun(&mut self, branch: &str) -> bool {
        let state = &self.state;
        let begun = self.begun.get_or_insert_with(|| {
            let branches = state.sites().flat_map(|(site, _)| site.branches());
            branches.map(Box::from).collect()
        });
        begun.contains(branch)
    }

    /// Lets a branch wait for what happens at `site`. A body that is not in a branch is polled after each event, and
    /// needs no waker.
    pub(crate) fn wait_at(&mut self, site: &SitePath, waker: &Waker) {
        if !waker.will_wake(Waker::noop()) {
            self.waiting.insert(site.clone(), waker.clone());
        }
    }

    /// Wakes the branches that wait for what these records say.
    pub(crate) fn wake(&mut self, entries: &[Entry]) {
        if self.waiting.is_empty() {
            return;
        }
        let sites = entries.iter().filter_map(|entry| entry.record.site());
        sites.filter_map(|site| self.waiting.remove(site)).for_each(Waker::wake);
    }

    /// Compares `reach` with the journal if its site is there, and notes it if not.
    fn visit(&mut self, reach: Reach) {
        let site = reach.site().clone();
        if !self.visited.insert(site.clone()) {
            let detail = format!("the code reached {site} twice");
            return self.halt(Reason::Diverged, site, detail);
        }
        match self.state.site(&site) {
            None => self.reached.push(reach),
            Some(recorded) => {
                if let Err((journal, code)) = reach.compare(recorded, &self.around.encoding.codecs) {
                    let detail =
                        format!("at {site} the journal has {journal}, the code reached {code}{UNSTEADY}");
                    self.halt(Reason::Diverged, site, detail);
                }
            }
        }
    }

    /// Takes what the body reaches at `site`, or why that cannot be recorded.
    pub(crate) fn reach(&mut self, site: &SitePath, reach: Result<Reach, String>) {
        match reach {
            Ok(reach) => self.visit(reach),
            Err(why) => {
                self.end.get_or_insert(BodyEnd::Unrecordable(site.clone(), why));
                self.reached.clear();
            }
        }
    }

    /// Ends a body that panicked. What its other branches reached in the same poll is not begun: the saga stops first.
    pub(crate) fn panicked(&mut self, message: String) -> BodyEnd {
        self.reached.clear();
        BodyEnd::Panicked(message)
    }

    /// Fails the body by an error that it cannot see. What its other branches reached in the same poll is not begun.
    pub(crate) fn fail(&mut self, error: Payload, message: String) {
        self.end.get_or_insert(BodyEnd::Failed(error, message));
        self.reached.clear();
    }

    pub(crate) fn halt(&mut self, reason: Reason, site: SitePath, detail: String) {
        self.end.get_or_insert(BodyEnd::Blocked(reason, Some(site), detail));
    }

    /// Returns the divergence if the body has run over the journal, to that end if it has one, and did not reach all
    /// that is recorded there.
    pub(crate) fn passed_by(&self, end: Option<&BodyEnd>) -> Option<BodyEnd> {
        let speaks_for_itself = match end {
            Some(BodyEnd::Blocked(..)) => true,
            // Nothing is rolled back for it: it is what a person has to know.
            Some(BodyEnd::Panicked(_)) => self.state.no_return().is_some(),
            _ => false,
        };
        let (site, recorded) = self.not_visited().filter(|_| !speaks_for_itself)?;
        let code = match (end, self.reached.first()) {
            (_, Some(reach)) => format!("reached {} at {}{UNSTEADY}", reach.describe(), reach.site()),
            // Perhaps in a branch beside it, before this one was polled.
            (Some(BodyEnd::Panicked(message)), None) => format!("panicked: {message}"),
            (Some(_), None) => format!("ended{UNSTEADY}"),
            (None, None) => format!("waits{UNSTEADY}"),
        };
        let detail = format!("the journal has {recorded} at {site}, which the code passed by: it {code}");
        Some(BodyEnd::Blocked(Reason::Diverged, Some(site), detail))
    }

    /// Returns where the journal leaves the automaton, if it does: the body is not to run over it then.
    pub(crate) fn departs(&self, graph: Option<&Graph>) -> Option<BodyEnd> {
        let departure = graph?.follow(self.state.sites().map(|(site, _)| site)).err()?;
        let recorded = self.state.site(&departure.at).map(SiteState::describe).unwrap_or_default();
        let detail = format!("{departure} (it is {recorded})");
        Some(BodyEnd::Blocked(Reason::Diverged, Some(departure.at), detail))
    }

    /// Returns the first site recorded in the journal that the body did not come by.
    fn not_visited(&self) -> Option<(SitePath, String)> {
        let missed = self.state.sites().find(|(site, _)| self.is_ahead(site));
        missed.map(|(site, recorded)| (site.clone(), recorded.describe()))
    }

    /// Returns true if the body has yet to come by that recorded site. It does not run into a child that has ended.
    fn is_ahead(&self, site: &SitePath) -> bool {
        let is_closed = |state: &SiteState| matches!(state, SiteState::Child { status, .. } if !matches!(status, ChildStatus::Running));
        let in_closed = || {
            let mut around = self.state.sites_around(site);
            around.any(|(there, state)| there != site && is_closed(state))
        };
        !self.visited.contains(site) && !in_closed()
    }

    /// Returns true if the body has yet to come by a recorded site. What was passed is not looked at again, so that a
    /// run over a long journal may ask at each of its sites.
    pub(crate) fn is_replaying(&mut self) -> bool {
        let passed = self.state.sites_after(self.passed).take_while(|(site, _)| !self.is_ahead(site)).count();
        self.passed += passed;
        self.state.sites_after(self.passed).next().is_some()
    }
}

pub(crate) type SharedBoard = Arc<Mutex<Board>>;

pub(crate) fn lock(board: &SharedBoard) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}
