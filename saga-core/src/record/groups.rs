//! The kinds of records in groups, as patterns: a match that names its own kinds and the other groups is exhaustive, so
//! that a new kind does not compile until each place that reads records says what it means there.

use super::{Record, Verdict};
use crate::Role;

/// A record about one step or its compensation.
macro_rules! of_effects {
    () => {
        Record::Intent { .. }
            | Record::Deferred { .. }
            | Record::UndoIntent { .. }
            | Record::AttemptEnded { .. }
            | Record::Started { .. }
            | Record::Resumed { .. }
            | Record::Probed { .. }
            | Record::Done { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Blocked { .. }
            | Record::Waived { .. }
            | Record::Resolved { .. }
    };
}

/// A record about something without effect that the body waits for, or got.
macro_rules! of_waits {
    () => {
        Record::Read { .. }
            | Record::Value { .. }
            | Record::Timer { .. }
            | Record::TimerFired { .. }
            | Record::Wait { .. }
            | Record::WaitEnded { .. }
            | Record::SignalRefused { .. }
            | Record::Asked { .. }
            | Record::Answered { .. }
            | Record::ChildStarted { .. }
            | Record::ChildUndoing { .. }
            | Record::ChildEnded { .. }
    };
}

/// A record about the saga as a whole. (One that nothing came of, [`Record::NoEffect`], is in no group.)
macro_rules! of_course {
    () => {
        Record::Scheduled { .. }
            | Record::Signalled { .. }
            | Record::BodyBlocked { .. }
            | Record::StopRequested { .. }
            | Record::TooLate { .. }
            | Record::RollbackStarted { .. }
            | Record::RolledBack
            | Record::Committing { .. }
            | Record::Completed { .. }
            | Record::Overdue
            | Record::DeadLettered
            | Record::UndoStarted { .. }
            | Record::UndoEnded
            | Record::Redriven { .. }
            | Record::Abandoned { .. }
            | Record::RetriedNow { .. }
    };
}

pub(crate) use {of_course, of_effects, of_waits};

/// Gives the kinds their names.
macro_rules! kinds {
    ($($kind:ident => $name:literal,)*) => {
        impl Record {
            /// The names of all kinds, in the order of their declaration.
            pub const KINDS: &'static [&'static str] = &[$($name),*];

            /// Returns the kind's name, as it stands in a journal.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Record::$kind { .. } => $name,)*
                }
            }
        }
    };
}

kinds! {
    Scheduled => "scheduled",
    Intent => "intent",
    Deferred => "deferred",
    UndoIntent => "undo_intent",
    AttemptEnded => "attempt_ended",
    Started => "started",
    Resumed => "resumed",
    Probed => "probed",
    Done => "done",
    Failed => "failed",
    Undone => "undone",
    Read => "read",
    Blocked => "blocked",
    BodyBlocked => "body_blocked",
    Value => "value",
    Timer => "timer",
    TimerFired => "timer_fired",
    Wait => "wait",
    Signalled => "signalled",
    WaitEnded => "wait_ended",
    SignalRefused => "signal_refused",
    Asked => "asked",
    Answered => "answered",
    ChildStarted => "child_started",
    ChildUndoing => "child_undoing",
    ChildEnded => "child_ended",
    StopRequested => "stop_requested",
    TooLate => "too_late",
    RollbackStarted => "rollback_started",
    RolledBack => "rolled_back",
    Committing => "committing",
    Completed => "completed",
    Overdue => "overdue",
    DeadLettered => "dead_lettered",
    UndoStarted => "undo_started",
    UndoEnded => "undo_ended",
    Redriven => "redriven",
    Resolved => "resolved",
    Waived => "waived",
    Abandoned => "abandoned",
    RetriedNow => "retried_now",
    NoEffect => "no_effect",
}

impl Record {
    /// Returns true if it says what was learnt, not what was done: such a record is durable no later than whatever
    /// comes next.
    pub fn is_lazy(&self) -> bool {
        match self {
            Record::Read { .. }
            | Record::Value { .. }
            | Record::ChildStarted { .. }
            | Record::ChildEnded { result: Ok(_), .. } => true,
            Record::Timer { .. }
            | Record::TimerFired { .. }
            | Record::Wait { .. }
            | Record::WaitEnded { .. }
            | Record::SignalRefused { .. }
            | Record::Asked { .. }
            | Record::Answered { .. }
            | Record::ChildUndoing { .. }
            | Record::ChildEnded { result: Err(_), .. } => false,
            of_effects!() | of_course!() | Record::NoEffect { .. } => false,
        }
    }

    /// Returns true if the saga goes forward with it: something begins that a deadline forbids, or all is done.
    pub fn is_forward(&self) -> bool {
        match self {
            Record::Intent { .. }
            | Record::Deferred { .. }
            | Record::Started { role: Role::Do, .. }
            | Record::Timer { .. }
            | Record::Wait { .. }
            | Record::Asked { .. }
            | Record::ChildStarted { .. }
            | Record::Committing { .. }
            | Record::Completed { .. } => true,
            // A step in doubt is probed or called off after a deadline as well: that is how it is settled.
            Record::UndoIntent { .. }
            | Record::AttemptEnded { .. }
            | Record::Started { role: Role::Undo, .. }
            | Record::Resumed { .. }
            | Record::Probed { .. }
            | Record::Done { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Blocked { .. }
            | Record::Waived { .. }
            | Record::Resolved { .. } => false,
            Record::Read { .. }
            | Record::Value { .. }
            | Record::TimerFired { .. }
            | Record::WaitEnded { .. }
            | Record::SignalRefused { .. }
            | Record::Answered { .. }
            | Record::ChildUndoing { .. }
            | Record::ChildEnded { .. } => false,
            Record::Scheduled { .. }
            | Record::Signalled { .. }
            | Record::BodyBlocked { .. }
            | Record::StopRequested { .. }
            | Record::TooLate { .. }
            | Record::RollbackStarted { .. }
            | Record::RolledBack
            | Record::Overdue
            | Record::DeadLettered
            | Record::UndoStarted { .. }
            | Record::UndoEnded
            | Record::Redriven { .. }
            | Record::Abandoned { .. }
            | Record::RetriedNow { .. }
            | Record::NoEffect { .. } => false,
        }
    }

    /// Returns true if the saga has come further by it. Another try at the same thing is not that, nor is what a caller
    /// or an operator says: a saga has a limited number of the others, however much is delivered to it.
    pub(crate) fn is_progress(&self) -> bool {
        match self {
            Record::AttemptEnded { .. }
            | Record::Started { .. }
            | Record::Resumed { .. }
            | Record::Probed { .. } => false,
            Record::Waived { .. } | Record::Resolved { .. } => false,
            Record::Intent { .. }
            | Record::Deferred { .. }
            | Record::UndoIntent { .. }
            | Record::Done { .. }
            | Record::Failed { .. }
            | Record::Undone { .. }
            | Record::Blocked { .. } => true,
            // What the body does about it is progress.
            Record::WaitEnded { signal, .. } => signal.is_none(),
            Record::Answered { verdict, .. } => matches!(verdict, Verdict::Expired),
            Record::SignalRefused { .. } => false,
            Record::Read { .. }
            | Record::Value { .. }
            | Record::Timer { .. }
            | Record::TimerFired { .. }
            | Record::Wait { .. }
            | Record::Asked { .. }
            | Record::ChildStarted { .. }
            | Record::ChildUndoing { .. }
            | Record::ChildEnded { .. } => true,
            Record::Signalled { .. }
            | Record::RetriedNow { .. }
            | Record::Redriven { .. }
            | Record::NoEffect { .. } => false,
            Record::Scheduled { .. }
            | Record::BodyBlocked { .. }
            | Record::StopRequested { .. }
            | Record::TooLate { .. }
            | Record::RollbackStarted { .. }
            | Record::RolledBack
            | Record::Committing { .. }
            | Record::Completed { .. }
            | Record::Overdue
            | Record::DeadLettered
            | Record::UndoStarted { .. }
            | Record::UndoEnded
            | Record::Abandoned { .. } => true,
        }
    }
}

#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests {
    use super::*;
    use crate::conformance::records::every_record;

    #[test]
    fn a_kind_is_named_as_it_stands_in_a_journal() {
        for record in every_record() {
            let mut text = String::new();
            record.write_json(&mut text).unwrap();
            let kind = record.kind();
            let named = [format!("{{\"{kind}\":"), format!("\"{kind}\"")];
            assert!(named.iter().any(|named| text.starts_with(named)), "{kind}: {text}");
            assert!(Record::KINDS.contains(&kind), "{kind}");
        }
    }
}
