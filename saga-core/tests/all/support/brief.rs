//! Short forms of records.

use saga_core::record::{Finder, Knowledge, Next, Verdict};
use saga_core::{Cause, Record, Role, SitePath};

pub(crate) fn mark(role: Role) -> &'static str {
    if role == Role::Undo { "~" } else { "" }
}

fn then(next: &Next) -> &'static str {
    match next {
        Next::Again { .. } => "again",
        Next::Probe { .. } => "probe",
        Next::Hold => "hold",
    }
}

fn found_by(by: &Finder) -> &'static str {
    match by {
        Finder::Attempt => "",
        Finder::Probe => " (probe)",
        Finder::Operator(_) => " (ann)",
    }
}

fn why(cause: &Cause) -> String {
    match cause {
        Cause::Failed { .. } => "failed".to_owned(),
        Cause::StepFailed { site, .. } => format!("failed {site}"),
        Cause::Panicked { .. } => "panicked".to_owned(),
        Cause::Unrecordable { site, .. } => format!("unrecordable {site}"),
        Cause::Cancelled { .. } => "cancelled".to_owned(),
        Cause::Deadline => "deadline".to_owned(),
        Cause::Idle { .. } => "idle".to_owned(),
        Cause::Ordered { .. } => "ordered".to_owned(),
    }
}

fn list(sites: &[SitePath]) -> String {
    sites.iter().map(SitePath::as_str).collect::<Vec<_>>().join(",")
}

fn how(doubt: bool, conclusive: bool) -> &'static str {
    match (doubt, conclusive) {
        (true, _) => "doubt",
        (false, true) => "never",
        (false, false) => "no",
    }
}

/// Returns the short form of a record. A `~` before a site means its compensation.
pub(crate) fn brief(record: &Record) -> String {
    match record {
        Record::Scheduled { .. } => "scheduled".to_owned(),
        Record::Intent { site, .. } => format!("intent {site}"),
        Record::Deferred { site, .. } => format!("defer {site}"),
        Record::UndoIntent { site, in_doubt: false } => format!("undo {site}"),
        Record::UndoIntent { site, in_doubt: true } => format!("settle {site}"),
        Record::AttemptEnded { site, role, attempt, doubt, conclusive, next, .. } => {
            format!("{}{site} a{attempt} {} → {}", mark(*role), how(*doubt, *conclusive), then(next))
        }
        Record::Started { site, role, attempt } => format!("start {}{site} a{attempt}", mark(*role)),
        Record::Resumed { site, next } => format!("resume {site} → {}", then(next)),
        Record::Probed { site, happened, next, .. } => {
            let said = happened.map_or("?", |h| if h { "yes" } else { "no" });
            format!("probed {site} {said} → {}", then(next))
        }
        Record::Done { site, output, undo, by } => {
            let lost = output.is_err() || matches!(undo, Some(Err(_)));
            format!("done {site}{}{}", if lost { " lost" } else { "" }, found_by(by))
        }
        Record::Failed { site, .. } => format!("failed {site}"),
        Record::Undone { site, by } => format!("undone {site}{}", found_by(by)),
        Record::Read { site, .. } => format!("read {site}"),
        Record::Blocked { site, role, reason, .. } => format!("blocked {}{site} {reason}", mark(*role)),
        Record::BodyBlocked { reason, site: None, .. } => format!("body-blocked {reason}"),
        Record::BodyBlocked { reason, site: Some(site), .. } => format!("body-blocked {reason} {site}"),
        Record::Value { site, .. } => format!("value {site}"),
        Record::Timer { site, .. } => format!("sleep {site}"),
        Record::TimerFired { site } => format!("slept {site}"),
        Record::Wait { site, .. } => format!("wait {site}"),
        Record::Signalled { id, .. } => format!("signal {id}"),
        Record::WaitEnded { site, signal: Some(id) } => format!("got {site} {id}"),
        Record::WaitEnded { site, signal: None } => format!("expired {site}"),
        Record::SignalRefused { site, id, .. } => format!("refused {site} {id}"),
        Record::Asked { site, .. } => format!("ask {site}"),
        Record::Answered { site, verdict } => match verdict {
            Verdict::Approved(_) => format!("approved {site}"),
            Verdict::Denied(_) => format!("denied {site}"),
            Verdict::Expired => format!("expired {site}"),
        },
        Record::ChildStarted { site, .. } => format!("child {site}"),
        Record::ChildUndoing { site, .. } => format!("child-fails {site}"),
        Record::ChildEnded { site, result } => {
            format!("child-ends {site} {}", if result.is_ok() { "ok" } else { "undone" })
        }
        Record::StopRequested { cause } => format!("stop {}", why(cause)),
        Record::TooLate { site } => format!("too-late {site}"),
        Record::RollbackStarted { cause } => format!("back {}", why(cause)),
        Record::RolledBack => "rolled-back".to_owned(),
        Record::Committing { .. } => "committing".to_owned(),
        Record::Completed { .. } => "completed".to_owned(),
        Record::Overdue => "overdue".to_owned(),
        Record::DeadLettered => "dead-lettered".to_owned(),
        Record::UndoStarted { sites, .. } => format!("undo-starts {}", list(sites)),
        Record::UndoEnded => "undo-ends".to_owned(),
        Record::Redriven { site, input, .. } => {
            let site = site.as_ref().map(|s| format!(" {s}")).unwrap_or_default();
            format!("redriven{site}{}", if input.is_some() { " mended" } else { "" })
        }
        Record::Resolved { site, role, knowledge, .. } => {
            let known = if *knowledge == Knowledge::NotHappened { "no" } else { "yes" };
            format!("resolved {}{site} {known}", mark(*role))
        }
        Record::Waived { site, .. } => format!("waived {site}"),
        Record::Abandoned { .. } => "abandoned".to_owned(),
        Record::RetriedNow { .. } => "retry-now".to_owned(),
        other => format!("{other:?}"),
    }
}
