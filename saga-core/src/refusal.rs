//! Why a delivery to a saga was refused, and what would make sense instead.

use serde::{Deserialize, Serialize};

use crate::by::{ActKind, By};
use crate::phase::Phase;
use crate::{Seq, SitePath};

/// An act in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// The sequence number of its record.
    pub seq: Seq,
    /// The kind of act.
    pub act: ActKind,
    /// The site that it named; `None` if it named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SitePath>,
    /// The operator, and the reason.
    pub by: By,
    /// The refusal; `None` if the act was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Box<Refusal>>,
}

impl std::fmt::Display for Acted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {}", self.act, self.by)
    }
}

/// Why a delivery was not taken. The saga is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// The saga has ended.
    #[error("the saga has ended: it is {phase}")]
    Ended {
        /// The phase in which it ended.
        phase: Phase,
    },
    /// It is on its way back, which nothing changes.
    #[error("the saga is rolling back")]
    RollingBack,
    /// The saga is past its point of no return.
    #[error("too late: past {site} there is no way back")]
    TooLate {
        /// The site of the irreversible step that is done, or of the first one of the commit.
        site: SitePath,
    },
    /// A signal of that id has been taken.
    #[error("signal {id:?} has been taken already")]
    Duplicate {
        /// The id of both signals.
        id: String,
    },
    /// No question is open there.
    #[error("no approval is asked for{}", at(site))]
    NoQuestion {
        /// The site that was named; `None` if none was.
        site: Option<SitePath>,
    },
    /// Several questions are open: say which.
    #[error("several approvals are asked for: {}", list(sites))]
    WhichQuestion {
        /// The sites of all open questions.
        sites: Vec<SitePath>,
    },
    /// The act is for dead letters, and the saga is not dead-lettered.
    #[error("the saga is not dead-lettered (phase: {phase})")]
    NotDeadLettered {
        /// The phase of the saga.
        phase: Phase,
    },
    /// The saga is dead-lettered: nothing in it waits for another attempt.
    #[error("the saga is a dead letter: nothing in it waits for another attempt")]
    DeadLettered,
    /// Nothing is blocked there.
    #[error("nothing is blocked{}", at(site))]
    NotBlocked {
        /// The site that was named; `None` if none was.
        site: Option<SitePath>,
    },
    /// No compensation is owed there, or not on this way.
    #[error("no compensation is owed at {site}")]
    NothingOwed {
        /// The site that was named.
        site: SitePath,
    },
    /// It is not known whether the step happened: resolve it before it is sent on.
    #[error("{site} is in doubt")]
    InDoubt {
        /// The site of the step.
        site: SitePath,
    },
    /// The step is known not to have happened: redrive it.
    #[error("{site} is not in doubt: it did not happen")]
    NotInDoubt {
        /// The site of the step.
        site: SitePath,
    },
    /// The step is done, and its output is missing: resolve it with that output.
    #[error("{site} is done, but its output is lost")]
    OutputLost {
        /// The site of the step.
        site: SitePath,
    },
    /// The output given is not of the step's type, or its compensation cannot be evaluated from it.
    #[error("that output of {site} cannot be used: {why}")]
    Unusable {
        /// The site of the step.
        site: SitePath,
        /// What is wrong with it.
        why: String,
    },
    /// The signal is not of the type that is waited for.
    #[error("the signal is none that {site} can use: {why}")]
    SignalRefused {
        /// The site that waits for the signal.
        site: SitePath,
        /// What is wrong with it.
        why: String,
    },
    /// The codec did not seal the signal's value; it is never recorded in clear.
    #[error("signal {id:?} was not recorded: {why}")]
    Unrecordable {
        /// The signal's id.
        id: String,
        /// The codec's error.
        why: String,
    },
    /// Only a completed saga can be undone.
    #[error("only a completed saga can be undone; this one is {phase}")]
    NotCompleted {
        /// The phase of the saga.
        phase: Phase,
    },
    /// Undoing would have to undo this step, which nothing undoes.
    #[error("{site} cannot be undone")]
    Irreversible {
        /// The site of the step.
        site: SitePath,
    },
    /// The time in which the step could be undone is over.
    #[error("{site} could be undone until {until}")]
    WindowClosed {
        /// The site of the step.
        site: SitePath,
        /// The end of that time.
        until: crate::Timestamp,
    },
    /// Nothing there is left to be undone.
    #[error("nothing is left to be undone{}", at(site))]
    NothingToUndo {
        /// The site that was named; `None` if none was.
        site: Option<SitePath>,
    },
    /// The saga has changed since the author of the act looked at it.
    #[error("the saga was seen at record {seen} and has changed since: record {now}, {phase}{}", by(last))]
    Stale {
        /// The last record that its author had seen.
        seen: Seq,
        /// The last record that changed something.
        now: Seq,
        /// The phase of the saga now.
        phase: Phase,
        /// The last act since then that was taken, if there was one.
        last: Option<Box<Acted>>,
    },
    /// Another act has the id that this one came with.
    #[error("the act's id belongs to another act, recorded before: {by}")]
    ActIdTaken {
        /// The act that has the id.
        by: Box<Acted>,
    },
}

fn at(site: &Option<SitePath>) -> String {
    site.as_ref().map(|s| format!(" at {s}")).unwrap_or_default()
}

fn by(last: &Option<Box<Acted>>) -> String {
    last.as_ref().map(|acted| format!(", after {acted}")).unwrap_or_default()
}

fn list(sites: &[SitePath]) -> String {
    sites.iter().map(SitePath::as_str).collect::<Vec<_>>().join(", ")
}

impl Refusal {
    /// Returns what would make sense instead, for a command line or a screen to show beside the error's text.
    ///
    /// ```
    /// use saga_core::{Phase, machine::Refusal};
    /// let refused = Refusal::NotDeadLettered { phase: Phase::Completed };
    /// assert_eq!(refused.to_string(), "the saga is not dead-lettered (phase: completed)");
    /// assert_eq!(refused.advice(), "a completed saga is undone");
    /// ```
    pub fn advice(&self) -> &'static str {
        match self {
            Refusal::Ended { phase: Phase::Completed }
            | Refusal::NotDeadLettered { phase: Phase::Completed } => "a completed saga is undone",
            Refusal::Ended { .. } => "nothing more is done to it; run another one",
            Refusal::RollingBack | Refusal::NotDeadLettered { phase: Phase::RollingBack } => {
                "wait until it has ended, or is dead-lettered"
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
            Refusal::NotBlocked { .. } => "take one of the sites of its blockers",
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
            Refusal::Unrecordable { .. } => "send it again under the same id once the codec works",
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
