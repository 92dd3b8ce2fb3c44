//! The coverage of the simulation: the writes at which processes died, the events in each state, and the reasons for
//! dead letters.

mod gaps;

use std::collections::BTreeMap;
use std::fmt;

use saga_core::machine::{Answer, BodyEnd, Ending, Event, Reach};
use saga_core::state::Direction;
use saga_core::{Entry, Phase, Reason, Record, Role, State};

/// The side of a durable write on which a process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Before,
    After,
}

/// Counts of what was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    crashes: BTreeMap<(&'static str, Side), u64>,
    events: BTreeMap<(&'static str, &'static str), u64>,
    reasons: BTreeMap<Reason, u64>,
    ends: BTreeMap<&'static str, u64>,
}

impl Coverage {
    pub(crate) fn crashed(&mut self, side: Side, entries: &[Entry]) {
        for entry in entries {
            *self.crashes.entry((entry.record.kind(), side)).or_default() += 1;
        }
    }

    pub(crate) fn came(&mut self, state: &State, event: &Event) {
        let name = event_name(event);
        debug_assert!(EVENTS.contains(&name), "{name} is missing in the table of events");
        *self.events.entry((stand(state), name)).or_default() += 1;
    }

    pub(crate) fn dead_lettered(&mut self, journal: &[Entry]) {
        for entry in journal {
            if let Record::Blocked { reason, .. } | Record::BodyBlocked { reason, .. } = &entry.record {
                *self.reasons.entry(*reason).or_default() += 1;
            }
        }
    }

    pub(crate) fn ended(&mut self, phase: Phase) {
        *self.ends.entry(phase.as_str()).or_default() += 1;
    }

    /// Adds the counts of another run.
    pub(crate) fn add(&mut self, other: &Coverage) {
        other.crashes.iter().for_each(|(k, n)| *self.crashes.entry(*k).or_default() += n);
        other.events.iter().for_each(|(k, n)| *self.events.entry(*k).or_default() += n);
        other.reasons.iter().for_each(|(k, n)| *self.reasons.entry(*k).or_default() += n);
        other.ends.iter().for_each(|(k, n)| *self.ends.entry(k).or_default() += n);
    }
}

/// Returns the state of a saga, finer than its phase.
fn stand(state: &State) -> &'static str {
    match state.direction() {
        _ if state.dead_lettered_at().is_some() => "dead letter",
        Direction::Completed { .. } => "completed",
        Direction::RolledBack(_) => "rolled back",
        Direction::Abandoned(_) => "abandoned",
        Direction::Undo { .. } => "undoing",
        Direction::Back(_) => "rolling back",
        Direction::Forward if state.stop().is_some() => "stopping",
        Direction::Forward if state.children_undoing().next().is_some() => "child undoing",
        Direction::Forward if state.is_committing() => "committing",
        Direction::Forward if state.no_return().is_some() => "past no return",
        Direction::Forward => match state.phase() {
            Phase::Scheduled => "scheduled",
            Phase::Waiting => "waiting",
            _ => "running",
        },
    }
}

/// Every state that [`stand`] returns.
const STANDS: [&str; 13] = [
    "scheduled",
    "running",
    "waiting",
    "past no return",
    "committing",
    "child undoing",
    "stopping",
    "rolling back",
    "dead letter",
    "completed",
    "undoing",
    "rolled back",
    "abandoned",
];

fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Recovered { .. } => "recovered",
        Event::Reached(reach) => match reach {
            Reach::Step { .. } => "reached step",
            Reach::Defer { .. } => "reached deferred step",
            Reach::Read { .. } => "reached read",
            Reach::Timer { .. } => "reached timer",
            Reach::Value { .. } => "reached value",
            Reach::Wait { .. } => "reached wait",
            Reach::Ask { .. } => "reached ask",
            Reach::Child { .. } => "reached child",
            Reach::ChildEnded { .. } => "child ended",
            Reach::SignalRefused { .. } => "signal refused",
        },
        Event::Read { .. } => "read",
        Event::BodyEnded(end) => match end {
            BodyEnd::Returned(_) => "body returned",
            BodyEnd::Failed(..) => "body failed",
            BodyEnd::Panicked(_) => "body panicked",
            BodyEnd::Unrecordable(..) => "body unrecordable",
            BodyEnd::Blocked(..) => "body halted",
        },
        Event::AttemptEnded { role: Role::Do, ending, .. } => match ending {
            Ending::Done(_) => "step done",
            Ending::NotDone { .. } => "step not done",
            Ending::InDoubt { .. } => "step in doubt",
            Ending::Undecodable { .. } => "step undecodable",
        },
        Event::AttemptEnded { role: Role::Undo, ending, .. } => match ending {
            Ending::Done(_) => "undo done",
            Ending::NotDone { .. } => "undo not done",
            Ending::InDoubt { .. } => "undo in doubt",
            Ending::Undecodable { .. } => "undo undecodable",
        },
        Event::ProbeEnded { answer, .. } => match answer {
            Answer::Happened(_) => "probe happened",
            Answer::NotHappened => "probe not happened",
            Answer::Pending(_) => "probe pending",
        },
        Event::Elapsed { .. } => "elapsed",
        Event::Due => "due",
        Event::Admitted { .. } => "undo admitted",
        Event::Idle => "idle",
        Event::DeadLettered { .. } => "listed as dead",
        Event::Closed { .. } => "closed",
        Event::Delivered { delivery, .. } => delivery.kind(),
        Event::Refused { .. } => "refused",
    }
}

/// Every event that [`event_name`] returns.
const EVENTS: [&str; 45] = [
    "recovered",
    "reached step",
    "reached deferred step",
    "reached read",
    "reached timer",
    "reached value",
    "reached wait",
    "reached ask",
    "reached child",
    "child ended",
    "signal refused",
    "read",
    "body returned",
    "body failed",
    "body panicked",
    "body unrecordable",
    "body halted",
    "step done",
    "step not done",
    "step in doubt",
    "step undecodable",
    "undo done",
    "undo not done",
    "undo in doubt",
    "undo undecodable",
    "probe happened",
    "probe not happened",
    "probe pending",
    "elapsed",
    "due",
    "undo admitted",
    "idle",
    "listed as dead",
    "closed",
    "cancel",
    "signal",
    "answer",
    "undo",
    "redrive",
    "resolve",
    "waive",
    "roll_back",
    "abandon",
    "retry_now",
    "refused",
];

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends: Vec<String> = self.ends.iter().map(|(phase, n)| format!("{phase} {n}")).collect();
        writeln!(f, "sagas ended: {}", ends.join(", "))?;
        let points = Record::KINDS.iter().flat_map(|r| [(*r, Side::Before), (*r, Side::After)]);
        let missed: Vec<String> = points
            .filter(|point| !self.crashes.contains_key(point))
            .map(|(record, side)| format!("{side:?} {record}").to_lowercase())
            .collect();
        let (hit, all) = (2 * Record::KINDS.len() - missed.len(), 2 * Record::KINDS.len());
        writeln!(f, "crash points: {hit} of {all}{}", list_missed(&missed))?;
        let reasons: Vec<String> = self.reasons.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
        writeln!(f, "dead letters: {}", reasons.join(", "))?;
        let pairs = STANDS.iter().flat_map(|stand| EVENTS.iter().map(move |event| (*stand, *event)));
        let missed: Vec<_> = pairs.filter(|pair| !self.events.contains_key(pair)).collect();
        let (explained, gaps): (Vec<_>, Vec<_>) =
            missed.into_iter().partition(|(stand, event)| gaps::why_not(stand, event).is_some());
        let gaps: Vec<String> = gaps.iter().map(|(stand, event)| format!("{event} in {stand}")).collect();
        let (seen, cannot) = (self.events.len(), explained.len());
        writeln!(f, "states × events: {seen} seen, {cannot} cannot be{}", list_missed(&gaps))?;
        for event in EVENTS {
            let seen = STANDS.iter().filter(|stand| self.events.contains_key(&(stand, event)));
            let seen: Vec<&str> = seen.copied().collect();
            writeln!(f, "  {event:<18} {}", if seen.is_empty() { "-".to_owned() } else { seen.join(", ") })?;
        }
        Ok(())
    }
}

fn list_missed(missed: &[String]) -> String {
    if missed.is_empty() { String::new() } else { format!("; not: {}", missed.join(", ")) }
}
