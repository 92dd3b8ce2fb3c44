//! Acts of operators: who, why, under which id, and what their author had seen.

use serde::{Deserialize, Serialize};

use super::{Cause, Record, Verdict};
use crate::{ActId, Seq, Site};

/// Who did it, and why; with the id of the act and what its author had seen, where that is known.
///
/// ```
/// use saga_core::{ActId, By};
///
/// let by = By::new("Ann", "the bank is open again").with_act(ActId::new("click-17")?).having_seen(41);
/// assert_eq!(by.to_string(), "Ann (the bank is open again)");
/// # Ok::<(), saga_core::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct By {
    /// A person or a program.
    pub who: String,
    /// In their words.
    pub why: String,
    /// The act's id: the same act sent again gets the answer of the first. `None`: every one is an act of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ActId>,
    /// The last record that its author had seen: the act is refused if the saga has changed since. `None`: it is taken
    /// as the saga stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seq>,
}

impl By {
    /// `who` did it, because of `why`.
    pub fn new(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self { who: who.into(), why: why.into(), act: None, seen: None }
    }

    /// Gives the act an id, which its sender makes up once and sends again with each repeat: a second click, a request
    /// whose answer was lost.
    pub fn with_act(self, act: ActId) -> Self {
        Self { act: Some(act), ..self }
    }

    /// Says that `seen` is the last record that the author had seen, as given by
    /// [`State::last_seq`](crate::State::last_seq) and [`DeadLetter::seq`](crate::DeadLetter::seq).
    pub fn having_seen(self, seen: Seq) -> Self {
        Self { seen: Some(seen), ..self }
    }
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.who, self.why)
    }
}

/// What an operator does to a saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActKind {
    /// Stop it and roll back.
    Cancel,
    /// Answer a question with yes.
    Approve,
    /// Answer a question with no.
    Deny,
    /// Undo it after it completed.
    Undo,
    /// Send a dead letter on.
    Redrive,
    /// Say what is known of an effect.
    Resolve,
    /// Declare a compensation not needed.
    Waive,
    /// Roll a dead letter back.
    RollBack,
    /// Close a dead letter as it is.
    Abandon,
    /// End all backoffs.
    RetryNow,
}

impl std::fmt::Display for ActKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ActKind::Cancel => "cancel",
            ActKind::Approve => "approve",
            ActKind::Deny => "deny",
            ActKind::Undo => "undo",
            ActKind::Redrive => "redrive",
            ActKind::Resolve => "resolve",
            ActKind::Waive => "waive",
            ActKind::RollBack => "roll back",
            ActKind::Abandon => "abandon",
            ActKind::RetryNow => "retry now",
        })
    }
}

impl Record {
    /// The operator's act that the record is of, where, and by whom.
    pub fn act(&self) -> Option<(ActKind, Option<&Site>, &By)> {
        Some(match self {
            Record::StopRequested { cause } => match cause {
                Cause::Cancelled { by } => (ActKind::Cancel, None, by),
                Cause::Ordered { by } => (ActKind::RollBack, None, by),
                Cause::Failed { .. }
                | Cause::StepFailed { .. }
                | Cause::Panicked { .. }
                | Cause::Unrecordable { .. }
                | Cause::Deadline => return None,
            },
            Record::RollbackStarted { cause: Cause::Ordered { by } } => (ActKind::RollBack, None, by),
            Record::Answered { site, verdict: Verdict::Approved(by) } => (ActKind::Approve, Some(site), by),
            Record::Answered { site, verdict: Verdict::Denied(by) } => (ActKind::Deny, Some(site), by),
            Record::UndoStarted { by, .. } => (ActKind::Undo, None, by),
            Record::Redriven { by, site, .. } => (ActKind::Redrive, site.as_ref(), by),
            Record::Resolved { by, site, .. } => (ActKind::Resolve, Some(site), by),
            Record::Waived { by, site } => (ActKind::Waive, Some(site), by),
            Record::Abandoned { by } => (ActKind::Abandon, None, by),
            Record::RetriedNow { by } => (ActKind::RetryNow, None, by),
            Record::NoEffect { act, site, by, .. } => (*act, site.as_ref(), by),
            Record::RollbackStarted { .. } | Record::Answered { verdict: Verdict::Expired, .. } => {
                return None;
            }
            Record::Scheduled { .. }
            | Record::Intent { .. }
            | Record::UndoIntent { .. }
            | Record::AttemptEnded { .. }
            | Record::Started { .. }
            | Record::Resumed { .. }
            | Record::Probed { .. }
            | Record::Done { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Read { .. }
            | Record::Stuck { .. }
            | Record::Halted { .. }
            | Record::Value { .. }
            | Record::Timer { .. }
            | Record::TimerFired { .. }
            | Record::Wait { .. }
            | Record::Signalled { .. }
            | Record::WaitEnded { .. }
            | Record::SignalRefused { .. }
            | Record::Asked { .. }
            | Record::ChildStarted { .. }
            | Record::ChildUndoing { .. }
            | Record::ChildEnded { .. }
            | Record::TooLate { .. }
            | Record::RolledBack
            | Record::Completed { .. }
            | Record::Overdue
            | Record::DeadLettered
            | Record::UndoEnded => return None,
        })
    }
}
