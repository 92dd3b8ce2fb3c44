//! The extent of a rollback or an undo, derived from the steps and not from a flag.

use serde::{Deserialize, Serialize};

use crate::state::{Direction, State, Status, StepState};
use crate::{By, Kind, Name, Reason, SitePath, Timestamp};

/// How much of a saga's effects its rollback has undone.
///
/// ```
/// use saga_core::Rollback;
/// assert_eq!(Rollback::Complete { residue: vec![] }.to_string(), "everything is undone");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollback {
    /// There was no rollback, or nothing to undo.
    None,
    /// All effects are undone.
    Complete {
        /// The residue of the compensations, in the steps' own words.
        residue: Vec<Residue>,
    },
    /// Some effects are not undone.
    Partial {
        /// The effects that are not undone.
        left: Vec<Left>,
        /// The residue of the compensations that ran.
        residue: Vec<Residue>,
    },
}

/// The residue of an undone step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residue {
    /// The site of the step.
    pub site: SitePath,
    /// The residue, in the step's own words.
    pub what: String,
}

/// An effect that is not undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The site of the step.
    pub site: SitePath,
    /// The step's recorded name.
    pub step: Name,
    /// The reason for which it is not undone.
    pub why: WhyLeft,
}

/// The reason for which an effect is not undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeft {
    /// Its compensation was declared not needed.
    Waived(By),
    /// The step or its compensation is blocked.
    Blocked(Reason),
    /// It is not known whether it happened.
    InDoubt,
    /// Nothing undoes it.
    Irreversible,
    /// Its compensation has not run yet.
    Owed,
}

impl std::fmt::Display for WhyLeft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WhyLeft::Waived(by) => write!(f, "waived by {by}"),
            WhyLeft::Blocked(reason) => write!(f, "blocked: {reason}"),
            WhyLeft::InDoubt => f.write_str("in doubt"),
            WhyLeft::Irreversible => f.write_str("irreversible"),
            WhyLeft::Owed => f.write_str("yet to be undone"),
        }
    }
}

/// How much of a completed saga has been undone since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undone {
    /// No step has been undone.
    None,
    /// Some of its steps.
    Partial,
    /// All its steps have been undone.
    Whole,
}

/// How long a saga can be undone as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Undoable {
    /// It has not completed, has nothing to undo, or did something that nothing undoes.
    No,
    /// Until then: the first window of its compensations closes.
    Until(Timestamp),
    /// Without limit.
    Always,
}

impl Undoable {
    /// Returns true if the saga can be undone at `now`.
    pub fn is_open(self, now: Timestamp) -> bool {
        match self {
            Undoable::No => false,
            Undoable::Until(until) => until >= now,
            Undoable::Always => true,
        }
    }
}

impl State {
    /// Returns how long a completed saga can be undone as a whole.
    pub fn undoable(&self) -> Undoable {
        if !matches!(self.direction, Direction::Completed { .. }) || self.no_return.is_some() {
            return Undoable::No;
        }
        let owed = self.steps().filter(|(_, s)| s.owes_undo());
        let windows = owed.map(|(_, s)| match &s.undo {
            Some(Ok(call)) => call.until.map_or(Undoable::Always, Undoable::Until),
            _ => Undoable::Always,
        });
        windows.min().unwrap_or(Undoable::No)
    }

    /// Returns what is undone and what is left. Other than `None` only for a saga that is rolling back, rolled back or
    /// abandoned.
    pub fn rollback(&self) -> Rollback {
        if !matches!(self.direction, Direction::Back(_) | Direction::RolledBack(_) | Direction::Abandoned(_))
        {
            return Rollback::None;
        }
        let residue = self.residue();
        let left: Vec<Left> = self.steps().filter_map(|(site, s)| left(site, s)).collect();
        let any_undone = self.steps().any(|(_, s)| s.is_undone());
        match (left.is_empty(), any_undone) {
            (false, _) => Rollback::Partial { left, residue },
            (true, true) => Rollback::Complete { residue },
            (true, false) => Rollback::None,
        }
    }

    /// Returns the residue of the compensations that have run, in a rollback or in a later undo.
    pub fn residue(&self) -> Vec<Residue> {
        self.steps().filter_map(|(site, s)| residue(site, s)).collect()
    }

    /// Returns how much of a completed saga has been undone since. Compensations of failed children, run before
    /// completion, do not count.
    pub fn undone(&self) -> Undone {
        if !matches!(self.direction, Direction::Completed { .. } | Direction::Undo { .. }) {
            return Undone::None;
        }
        let undone_since = self.steps().any(|(_, s)| s.undo_ordered && s.is_undone());
        let stands = self.steps().any(|(_, s)| s.doing.status == Status::Done && !s.is_undone());
        match (undone_since, stands) {
            (false, _) => Undone::None,
            (true, true) => Undone::Partial,
            (true, false) => Undone::Whole,
        }
    }
}

fn residue(site: &SitePath, step: &StepState) -> Option<Residue> {
    let call = step.undo.as_ref()?.as_ref().ok()?;
    let what = call.leaves.clone().filter(|_| step.is_undone())?;
    Some(Residue { site: site.clone(), what })
}

fn left(site: &SitePath, step: &StepState) -> Option<Left> {
    let why = match (&step.waived, &step.doing.status) {
        _ if step.is_undone() => return None,
        (_, Status::Failed | Status::Deferred | Status::Dropped) => return None,
        (Some(by), _) => WhyLeft::Waived(by.clone()),
        (None, Status::Done) if step.kind == Kind::Irreversible => WhyLeft::Irreversible,
        (None, Status::Done) => match step.undoing.as_ref().map(|u| &u.status) {
            Some(Status::Blocked(blocker)) => WhyLeft::Blocked(blocker.reason),
            _ => WhyLeft::Owed,
        },
        (None, Status::Blocked(blocker)) if step.doing.doubt => WhyLeft::Blocked(blocker.reason),
        (None, Status::Running) => WhyLeft::InDoubt,
        (None, _) if step.doing.doubt => WhyLeft::InDoubt,
        // It did not happen, and waits for another attempt or a person.
        (None, _) => return None,
    };
    Some(Left { site: site.clone(), step: step.step.clone(), why })
}

impl std::fmt::Display for Rollback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rollback::None => f.write_str("nothing was to be undone"),
            Rollback::Complete { residue } => {
                f.write_str("everything is undone")?;
                write_residue(f, residue)
            }
            Rollback::Partial { left, residue } => {
                let left: Vec<String> = left.iter().map(|l| format!("{} ({})", l.site, l.why)).collect();
                write!(f, "not everything is undone: {}", left.join(", "))?;
                write_residue(f, residue)
            }
        }
    }
}

fn write_residue(f: &mut std::fmt::Formatter<'_>, residue: &[Residue]) -> std::fmt::Result {
    residue.iter().try_for_each(|r| write!(f, "; {} leaves {}", r.site, r.what))
}
