//! The result of a cancel: which steps were done, in flight, or cannot be undone.

use serde::{Deserialize, Serialize};

use crate::state::{SiteState, State, Status};
use crate::{Kind, Phase, Rollback, SitePath};

/// The state of a saga's steps after a cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The saga's phase.
    pub phase: Phase,
    /// Steps that are done and not undone yet.
    pub done: Vec<SitePath>,
    /// Steps that are undone.
    pub undone: Vec<SitePath>,
    /// Steps with an attempt in flight or in doubt.
    pub in_flight: Vec<SitePath>,
    /// Sites that were reached without effect: steps that failed, wait for a retry or for the commit, and waits that the
    /// cancel ended.
    pub never_started: Vec<SitePath>,
    /// Irreversible steps that are done.
    pub cannot_be_undone: Vec<SitePath>,
    /// The irreversible step that was done before the cancel; `None` if the cancel was in time.
    pub too_late: Option<SitePath>,
    /// The extent of the rollback so far.
    pub rollback: Rollback,
}

impl Receipt {
    /// Returns the receipt for the saga's present state.
    pub fn of(state: &State) -> Self {
        let mut receipt = Receipt {
            phase: state.phase(),
            done: Vec::new(),
            undone: Vec::new(),
            in_flight: Vec::new(),
            never_started: Vec::new(),
            cannot_be_undone: Vec::new(),
            too_late: state.no_return().cloned(),
            rollback: state.rollback(),
        };
        for (site, at) in state.sites() {
            if let Some(list) = receipt.list_for(at) {
                list.push(site.clone());
            }
            if at.as_step().is_some_and(|s| s.kind == Kind::Irreversible && s.doing.status == Status::Done) {
                receipt.cannot_be_undone.push(site.clone());
            }
        }
        receipt
    }

    fn list_for(&mut self, at: &SiteState) -> Option<&mut Vec<SitePath>> {
        match at {
            SiteState::Step(step) => Some(match step.doing.status {
                Status::Done if step.is_undone() => &mut self.undone,
                Status::Done => &mut self.done,
                Status::Running => &mut self.in_flight,
                _ if step.is_in_doubt() => &mut self.in_flight,
                Status::Deferred
                | Status::Dropped
                | Status::Pending(_)
                | Status::Failed
                | Status::Blocked(_) => &mut self.never_started,
            }),
            SiteState::Timer(timed) if timed.ended.is_none() => Some(&mut self.never_started),
            SiteState::Wait { timed, .. } if timed.ended.is_none() => Some(&mut self.never_started),
            SiteState::Ask { timed, .. } if timed.ended.is_none() => Some(&mut self.never_started),
            SiteState::Read { .. }
            | SiteState::Value { .. }
            | SiteState::Timer(_)
            | SiteState::Wait { .. }
            | SiteState::Ask { .. }
            | SiteState::Child { .. } => None,
        }
    }
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(site) = &self.too_late {
            return write!(f, "too late: past {site} there is no way back");
        }
        let list = |sites: &[SitePath]| match sites {
            [] => "none".to_owned(),
            sites => sites.iter().map(SitePath::as_str).collect::<Vec<_>>().join(", "),
        };
        write!(f, "{}: done {}; undone {}; ", self.phase, list(&self.done), list(&self.undone))?;
        write!(f, "in flight {}; never started {}; ", list(&self.in_flight), list(&self.never_started))?;
        write!(f, "{}", self.rollback)
    }
}
