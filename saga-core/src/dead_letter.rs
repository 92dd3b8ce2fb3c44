//! What a person needs to mend a saga that can go neither forward nor back.

use std::fmt;

use serde::Serialize;

use crate::machine::UndoPlan;
use crate::record::{Entry, Record, Trouble};
use crate::state::{State, Status};
use crate::{Name, Payload, Reason, Role, SagaId, Site, Timestamp};

/// A saga that needs a person: where it stands, why, and everything that was tried.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// Which saga.
    pub id: SagaId,
    /// The recorded name of its type.
    pub saga: Name,
    /// What it was called with.
    pub input: Payload,
    /// Since when it is parked.
    pub since: Timestamp,
    /// Whether it was on its way back.
    pub rolling_back: bool,
    /// Each place that needs a person.
    pub reasons: Vec<Stop>,
    /// Every attempt that did not end well, oldest first.
    pub attempts: Vec<Attempt>,
    /// Steps that are done and not undone.
    pub done: Vec<Site>,
    /// Steps that are undone.
    pub undone: Vec<Site>,
    /// Compensations that are owed, in order.
    #[serde(skip)]
    pub owed: UndoPlan,
}

/// A place at which a person is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// Where; `None` if it is the body as a whole.
    pub site: Option<Site>,
    /// Step or compensation.
    pub role: Role,
    /// Why.
    pub reason: Reason,
    /// What was observed.
    pub detail: String,
}

/// An attempt that did not end well.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// Where.
    pub site: Site,
    /// Step or compensation.
    pub role: Role,
    /// Which, from 1.
    pub number: u32,
    /// How.
    pub trouble: Trouble,
    /// Whether it may have happened all the same.
    pub in_doubt: bool,
}

impl DeadLetter {
    /// The dead letter that `state` is, with what its journal tells of the attempts.
    pub fn of(state: &State, journal: &[Entry]) -> Self {
        let (saga, input) = match state.head() {
            Some(head) => (head.saga.clone(), head.input.clone()),
            None => ("".into(), Payload::null()),
        };
        let reasons = state.reasons().into_iter();
        let sites = |undone: bool| {
            let happened =
                state.steps().filter(move |(_, s)| s.doing.status == Status::Done && s.is_undone() == undone);
            happened.map(|(site, _)| site.clone()).collect()
        };
        DeadLetter {
            id: state.id().clone(),
            saga,
            input,
            since: state.parked_at().unwrap_or_default(),
            rolling_back: state.is_rolling_back(),
            reasons: reasons.map(|(site, role, reason, detail)| Stop { site, role, reason, detail }).collect(),
            attempts: journal.iter().filter_map(attempt).collect(),
            done: sites(false),
            undone: sites(true),
            owed: state.undo_plan(),
        }
    }
}

fn attempt(entry: &Entry) -> Option<Attempt> {
    let Record::AttemptEnded { site, role, attempt, trouble, doubt, .. } = &entry.record else { return None };
    Some(Attempt {
        at: entry.at,
        site: site.clone(),
        role: *role,
        number: *attempt,
        trouble: trouble.clone(),
        in_doubt: *doubt,
    })
}

impl fmt::Display for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.rolling_back { "rolling back" } else { "going forward" };
        writeln!(f, "saga {} ({}) is a dead letter since {}, {way}", self.id, self.saga, self.since)?;
        for Stop { site, role, reason, detail } in &self.reasons {
            let place = site.as_ref().map_or("the body".to_owned(), |s| format!("{s} ({role})"));
            writeln!(f, "  {reason} at {place}: {detail}")?;
        }
        writeln!(f, "  input: {}", self.input.shown())?;
        for attempt in &self.attempts {
            let doubt = if attempt.in_doubt { ", in doubt" } else { "" };
            let Attempt { at, site, role, number, trouble, .. } = attempt;
            writeln!(f, "  {at} {site} ({role}) attempt {number}{doubt}: {trouble}")?;
        }
        let list = |sites: &[Site]| sites.iter().map(Site::as_str).collect::<Vec<_>>().join(", ");
        writeln!(f, "  done: {}", list(&self.done))?;
        writeln!(f, "  undone: {}", list(&self.undone))?;
        let owed: Vec<String> = self
            .owed
            .entries
            .iter()
            .map(|e| format!("{} by {}", e.site, e.step.as_deref().unwrap_or("an unknown call")))
            .collect();
        write!(f, "  owed: {}", owed.join(", "))
    }
}
