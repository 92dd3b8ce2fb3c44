//! The operator's act in a record.

use super::{Cause, Record, Verdict};
use crate::SitePath;
use crate::by::{ActKind, By};

impl Record {
    /// Returns the operator's act in this record: its kind, its site if it has one, and its author.
    pub fn act(&self) -> Option<(ActKind, Option<&SitePath>, &By)> {
        Some(match self {
            Record::StopRequested { cause } => match cause {
                Cause::Cancelled { by } => (ActKind::Cancel, None, by),
                Cause::Ordered { by } => (ActKind::RollBack, None, by),
                Cause::Failed { .. }
                | Cause::StepFailed { .. }
                | Cause::Panicked { .. }
                | Cause::Unrecordable { .. }
                | Cause::Deadline
                | Cause::Idle { .. } => return None,
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
            | Record::Deferred { .. }
            | Record::UndoIntent { .. }
            | Record::AttemptEnded { .. }
            | Record::Started { .. }
            | Record::Resumed { .. }
            | Record::Probed { .. }
            | Record::Done { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Read { .. }
            | Record::Blocked { .. }
            | Record::BodyBlocked { .. }
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
            | Record::Committing { .. }
            | Record::Completed { .. }
            | Record::Overdue
            | Record::DeadLettered
            | Record::UndoEnded => return None,
        })
    }
}
