//! The site that a record is about.

use super::{Record, of_course};
use crate::SitePath;

impl Record {
    /// Returns the site that the record changes; `None` if it is about the saga as a whole.
    pub fn site(&self) -> Option<&SitePath> {
        match self {
            Record::Intent { site, .. }
            | Record::Deferred { site, .. }
            | Record::UndoIntent { site, .. }
            | Record::AttemptEnded { site, .. }
            | Record::Started { site, .. }
            | Record::Resumed { site, .. }
            | Record::Probed { site, .. }
            | Record::Done { site, .. }
            | Record::Failed { site, .. }
            | Record::Undone { site, .. }
            | Record::Blocked { site, .. }
            | Record::Waived { site, .. }
            | Record::Resolved { site, .. }
            | Record::Read { site, .. }
            | Record::Value { site, .. }
            | Record::Timer { site, .. }
            | Record::TimerFired { site }
            | Record::Wait { site, .. }
            | Record::WaitEnded { site, .. }
            | Record::SignalRefused { site, .. }
            | Record::Asked { site, .. }
            | Record::Answered { site, .. }
            | Record::ChildStarted { site, .. }
            | Record::ChildUndoing { site, .. }
            | Record::ChildEnded { site, .. } => Some(site),
            of_course!() | Record::NoEffect { .. } => None,
        }
    }
}
