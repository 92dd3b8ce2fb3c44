//! Why something that somebody wanted of a saga was not done, and what would make sense instead.

use crate::state::Acted;
use crate::{Phase, Seq, Site};

/// Why a delivery was not taken. The saga is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// The saga has ended.
    #[error("the saga has ended: it is {phase}")]
    Ended {
        /// How.
        phase: Phase,
    },
    /// It is on its way back, which nothing changes.
    #[error("the saga is rolling back")]
    RollingBack,
    /// The point of no return has been passed.
    #[error("too late: {site} is done, and nothing undoes it")]
    TooLate {
        /// By the step here.
        site: Site,
    },
    /// A signal of that id has been taken.
    #[error("signal {id:?} has been taken already")]
    Duplicate {
        /// The id.
        id: String,
    },
    /// No question is open there.
    #[error("no approval is asked for{}", at(site))]
    NoQuestion {
        /// Where.
        site: Option<Site>,
    },
    /// Several questions are open: say which.
    #[error("several approvals are asked for: {}", list(sites))]
    WhichQuestion {
        /// Those.
        sites: Vec<Site>,
    },
    /// That is for dead letters, and this is none.
    #[error("the saga is no dead letter: it is {phase}")]
    NotDeadLettered {
        /// What it is.
        phase: Phase,
    },
    /// Nothing in it waits for another attempt: it needs a person.
    #[error("the saga is a dead letter: nothing in it waits for another attempt")]
    DeadLettered,
    /// Nothing is stuck there.
    #[error("nothing is stuck{}", at(site))]
    NotStuck {
        /// Where.
        site: Option<Site>,
    },
    /// No compensation is owed there, or not on this way.
    #[error("no compensation is owed at {site}")]
    NothingOwed {
        /// Where.
        site: Site,
    },
    /// It is not known whether it happened: say what is known before it is sent on.
    #[error("{site} is in doubt")]
    InDoubt {
        /// Which.
        site: Site,
    },
    /// It is known not to have happened: what is wanted is a redrive.
    #[error("{site} is not in doubt: it did not happen")]
    NotInDoubt {
        /// Which.
        site: Site,
    },
    /// It is done, and its output is missing: give it.
    #[error("{site} is done, but its output is lost")]
    OutputLost {
        /// Which.
        site: Site,
    },
    /// That output does not do.
    #[error("that output of {site} cannot be used: {why}")]
    Unusable {
        /// Of which step.
        site: Site,
        /// What is wrong with it.
        why: String,
    },
    /// The signal is not of the type that is waited for.
    #[error("the signal is none that {site} can use: {why}")]
    SignalRefused {
        /// Who waits.
        site: Site,
        /// What is wrong with it.
        why: String,
    },
    /// Only a completed saga can be undone.
    #[error("only a completed saga can be undone; this one is {phase}")]
    NotCompleted {
        /// What it is.
        phase: Phase,
    },
    /// Undoing would have to undo this step, which nothing undoes.
    #[error("{site} cannot be undone")]
    Irreversible {
        /// Which.
        site: Site,
    },
    /// The time in which the step could be undone is over.
    #[error("{site} could be undone until {until}")]
    WindowClosed {
        /// Which.
        site: Site,
        /// Until when.
        until: crate::Timestamp,
    },
    /// Nothing there is left to be undone.
    #[error("nothing is left to be undone{}", at(site))]
    NothingToUndo {
        /// Where.
        site: Option<Site>,
    },
    /// The saga has changed since the author of the act looked at it.
    #[error("the saga was seen at record {seen} and has changed since: record {now}, {phase}{}", by(last))]
    Stale {
        /// The last record that its author had seen.
        seen: Seq,
        /// The last record that changed something.
        now: Seq,
        /// What the saga is now.
        phase: Phase,
        /// The last act since then that was taken, if there was one.
        last: Option<Box<Acted>>,
    },
    /// Another act has the id that this one came with.
    #[error("the act's id belongs to another act, recorded before: {by}")]
    ActIdTaken {
        /// That act.
        by: Box<Acted>,
    },
}

fn at(site: &Option<Site>) -> String {
    site.as_ref().map(|s| format!(" at {s}")).unwrap_or_default()
}

fn by(last: &Option<Box<Acted>>) -> String {
    last.as_ref().map(|acted| format!(", after {acted}")).unwrap_or_default()
}

fn list(sites: &[Site]) -> String {
    sites.iter().map(Site::as_str).collect::<Vec<_>>().join(", ")
}

impl Refusal {
    /// What would make sense instead: for a command line or a screen to add to the text, which only says what was
    /// observed.
    ///
    /// ```
    /// use saga_core::{Phase, machine::Refusal};
    /// let refused = Refusal::NotDeadLettered { phase: Phase::Completed };
    /// assert_eq!(refused.to_string(), "the saga is no dead letter: it is completed");
    /// assert_eq!(refused.advice(), "a completed saga is undone");
    /// ```
    pub fn advice(&self) -> &'static str {
        match self {
            Refusal::Ended { phase: Phase::Completed }
            | Refusal::NotDeadLettered { phase: Phase::Completed } => "a completed saga is undone",
            Refusal::Ended { .. } => "nothing more is done to it; run another one",
            Refusal::RollingBack | Refusal::NotDeadLettered { phase: Phase::RollingBack } => {
                "wait until it has ended, or needs a person"
            }
            Refusal::TooLate { .. } => "let it go on, or redrive it; it can only end",
            Refusal::Duplicate { .. } => "nothing: the saga has it; a signal of another id is another signal",
            Refusal::NoQuestion { .. } => {
                "look where it stands: the question is not asked yet, or is answered"
            }
            Refusal::WhichQuestion { .. } => "answer at the site of the one that is meant",
            Refusal::NotDeadLettered { phase: Phase::RolledBack | Phase::Abandoned } => {
                "nothing more is done to it; run another one"
            }
            Refusal::NotDeadLettered { .. } => "a running saga is cancelled",
            Refusal::NotStuck { .. } => "take one of the sites in the reasons of its dead letter",
            Refusal::NothingOwed { .. } => {
                "waive what its undo plan lists, once it is on its way back; roll it back first if it goes forward"
            }
            Refusal::InDoubt { .. } => {
                "resolve it: say whether it happened, with its output, or that it did not"
            }
            Refusal::NotInDoubt { .. } | Refusal::DeadLettered => "redrive it",
            Refusal::OutputLost { .. } => "resolve it as happened, with its output",
            Refusal::SignalRefused { .. } => {
                "send a value of the type that the saga waits for; the id may be the same"
            }
            Refusal::Unusable { .. } => "give a value of the step's own type",
            Refusal::NotCompleted { phase: Phase::DeadLettered } => "roll it back",
            Refusal::NotCompleted { phase: Phase::RollingBack } => "nothing: it is on its way back",
            Refusal::NotCompleted { phase: Phase::RolledBack } => "nothing: it is undone",
            Refusal::NotCompleted { phase: Phase::Abandoned } => {
                "nothing more is done to it; undo the rest by hand"
            }
            Refusal::NotCompleted { .. } => "a running saga is cancelled",
            Refusal::Irreversible { .. } => "undo from a later site on",
            Refusal::WindowClosed { .. } => "undo from a later site on, or the rest by hand",
            Refusal::NothingToUndo { .. } => {
                "look at its undo plan: all of that is undone, or was never done"
            }
            Refusal::Stale { .. } => "look at it again, and act on what is there now",
            Refusal::ActIdTaken { .. } => {
                "give each act an id of its own; only a repeat has the id of the first"
            }
        }
    }
}
