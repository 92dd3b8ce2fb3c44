//! What a cancel met: which steps were done, in flight, or beyond undoing.

use serde::{Deserialize, Serialize};

use crate::state::{State, Status};
use crate::{Kind, Phase, Rollback, Site};

/// What a cancel met, or came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The saga's phase.
    pub phase: Phase,
    /// Steps that are done (and owe their compensation, unless the rollback says otherwise).
    pub done: Vec<Site>,
    /// Steps with an attempt on its way, or in doubt.
    pub in_flight: Vec<Site>,
    /// Steps that were reached and did not happen, or will not.
    pub never_started: Vec<Site>,
    /// Irreversible steps that are done.
    pub cannot_be_undone: Vec<Site>,
    /// The irreversible step past which the cancel came.
    pub too_late: Option<Site>,
    /// What has been undone, and what is left.
    pub rollback: Rollback,
}

impl Receipt {
    /// The receipt as the saga stands.
    pub fn of(state: &State) -> Self {
        let sites = |wanted: &dyn Fn(&crate::state::StepState) -> bool| -> Vec<Site> {
            state.steps().filter(|(_, s)| wanted(s)).map(|(site, _)| site.clone()).collect()
        };
        Receipt {
            phase: state.phase(),
            done: sites(&|s| s.doing.status == Status::Done),
            in_flight: sites(&|s| s.doing.status == Status::Running || s.is_in_doubt()),
            never_started: sites(&|s| {
                s.doing.status == Status::Failed
                    || (matches!(s.doing.status, Status::Pending(_)) && !s.doing.doubt)
            }),
            cannot_be_undone: sites(&|s| s.kind == Kind::Irreversible && s.doing.status == Status::Done),
            too_late: state.no_return().cloned(),
            rollback: state.rollback(),
        }
    }
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(site) = &self.too_late {
            return write!(f, "too late: {site} is done, and nothing undoes it");
        }
        let list = |sites: &[Site]| match sites {
            [] => "none".to_owned(),
            sites => sites.iter().map(Site::as_str).collect::<Vec<_>>().join(", "),
        };
        write!(f, "{}: done {}; in flight {}; ", self.phase, list(&self.done), list(&self.in_flight))?;
        write!(f, "never started {}; {}", list(&self.never_started), self.rollback)
    }
}
