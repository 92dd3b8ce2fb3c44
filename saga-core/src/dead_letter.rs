//! The report on a dead-lettered saga, for operators. It shows no secrets as JSON or text, and is never parsed back.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::machine::UndoPlan;
use crate::record::{AttemptError, Cause, Entry, Record, of_course, of_waits};
use crate::state::{Direction, State, Status};
use crate::{Blocker, IdempotencyKey, Name, Payload, Role, SagaId, Seq, SitePath, Timestamp};

/// The report on a dead letter: its state, its blockers, and every attempt.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The id of the saga.
    pub id: SagaId,
    /// The recorded name of its type.
    pub saga: Name,
    /// The version of the code that it began with.
    pub version: u32,
    /// The saga's input.
    #[serde(serialize_with = "shown")]
    pub input: Payload,
    /// The time at which it was dead-lettered.
    pub since: Timestamp,
    /// The sequence number of the last record that the report is based on. An act passes it to
    /// [`By::having_seen`](crate::By::having_seen).
    pub seq: Seq,
    /// True if it was rolling back, or being undone.
    pub rolling_back: bool,
    /// The cause of the rollback, or of the stop that is pending; `None` if there is neither.
    #[serde(serialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The places that need a person.
    pub blockers: Vec<Blocker>,
    /// Every attempt of a step with an effect, in the order in which they began.
    pub attempts: Vec<Attempt>,
    /// Steps that are done and not undone.
    pub done: Vec<SitePath>,
    /// Steps that are undone.
    pub undone: Vec<SitePath>,
    /// Compensations that are owed, in order.
    pub owed: UndoPlan,
}

/// One attempt of a step or compensation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The site of the step.
    pub site: SitePath,
    /// The side of the step.
    pub role: Role,
    /// The attempt's number, from 1.
    pub number: u32,
    /// The key under which the service knows it, to ask the provider about.
    pub key: IdempotencyKey,
    /// The time at which it began.
    pub began: Timestamp,
    /// The time at which it ended; `None` if the journal does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The failure; `None` if it succeeded, or has not ended.
    #[serde(serialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub trouble: Option<AttemptError>,
    /// True if its effect may have happened despite the failure.
    pub in_doubt: bool,
}

impl DeadLetter {
    /// Returns the report on `state`, with the attempts read from its journal.
    pub fn of(state: &State, journal: &[Entry]) -> Self {
        let (saga, version, input) = match state.head() {
            Some(head) => (head.saga.clone(), head.version, head.input.clone()),
            None => ("".into(), 0, Payload::null()),
        };
        let sites = |undone: bool| {
            let happened =
                state.steps().filter(move |(_, s)| s.doing.status == Status::Done && s.is_undone() == undone);
            happened.map(|(site, _)| site.clone()).collect()
        };
        DeadLetter {
            id: state.id().clone(),
            saga,
            version,
            input,
            since: state.dead_lettered_at().unwrap_or_default(),
            seq: state.last_seq(),
            rolling_back: !matches!(state.direction(), Direction::Forward),
            cause: match state.direction() {
                Direction::Back(cause) => Some(cause.clone()),
                Direction::Forward
                | Direction::Undo { .. }
                | Direction::Completed { .. }
                | Direction::RolledBack(_)
                | Direction::Abandoned(_) => state.stop().cloned(),
            },
            blockers: state.blockers().cloned().collect(),
            attempts: attempts(state.id(), journal),
            done: sites(false),
            undone: sites(true),
            owed: state.undo_plan(),
        }
    }
}

/// Returns every attempt in the journal, in order of beginning.
fn attempts(saga: &SagaId, journal: &[Entry]) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    // The key of an attempt is that of its time: a redrive may have begun another generation since.
    let mut then = State::new(saga.clone());
    for entry in journal {
        let at = entry.at;
        // Where it cannot be folded, the state is as it was.
        then.apply(entry).ok();
        let mut begun = |site: &SitePath, role, number| {
            let (site, key) = (site.clone(), then.key(site, role));
            attempts.push(Attempt {
                site,
                role,
                number,
                key,
                began: at,
                ended: None,
                trouble: None,
                in_doubt: false,
            });
        };
        match &entry.record {
            Record::Intent { site, .. } => begun(site, Role::Do, 1),
            Record::UndoIntent { site, .. } => begun(site, Role::Undo, 1),
            Record::Started { site, role, attempt } => begun(site, *role, *attempt),
            Record::AttemptEnded { site, role, trouble, doubt, .. } => {
                if let Some(attempt) = running(&mut attempts, site, *role) {
                    (attempt.ended, attempt.in_doubt) = (Some(at), *doubt);
                    attempt.trouble = Some(trouble.clone());
                }
            }
            Record::Done { site, .. } => end(&mut attempts, site, Role::Do, at),
            Record::Undone { site, .. } => end(&mut attempts, site, Role::Undo, at),
            Record::Deferred { .. }
            | Record::Resumed { .. }
            | Record::Probed { .. }
            | Record::Failed { .. }
            | Record::Blocked { .. }
            | Record::Waived { .. }
            | Record::Resolved { .. } => {}
            of_waits!() | of_course!() | Record::NoEffect { .. } => {}
        }
    }
    attempts
}

fn running<'a>(attempts: &'a mut [Attempt], site: &SitePath, role: Role) -> Option<&'a mut Attempt> {
    attempts.iter_mut().rev().find(|a| a.site == *site && a.role == role).filter(|a| a.ended.is_none())
}

fn end(attempts: &mut [Attempt], site: &SitePath, role: Role, at: Timestamp) {
    if let Some(attempt) = running(attempts, site, role) {
        attempt.ended = Some(at);
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attempt { site, role, number, key, began, .. } = self;
        write!(f, "{began} {site} ({role}) attempt {number} under key {key}")?;
        match (&self.ended, &self.trouble) {
            (Some(ended), Some(trouble)) => {
                let doubt = if self.in_doubt { ", in doubt" } else { "" };
                write!(f, ", until {ended}{doubt}: {trouble}")
            }
            (Some(ended), None) => write!(f, ", until {ended}: done"),
            (None, _) => f.write_str(": not known to have ended"),
        }
    }
}

impl fmt::Display for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.rolling_back { "rolling back" } else { "going forward" };
        writeln!(f, "saga {} ({}) is a dead letter since {}, {way}", self.id, self.saga, self.since)?;
        if let Some(cause) = &self.cause {
            writeln!(f, "  because: {cause}")?;
        }
        for Blocker { site, role, reason, detail } in &self.blockers {
            let place = site.as_ref().map_or("the body".to_owned(), |s| format!("{s} ({role})"));
            writeln!(f, "  {reason} at {place}: {detail}")?;
        }
        writeln!(f, "  input: {}", self.input.shown())?;
        for attempt in &self.attempts {
            writeln!(f, "  {attempt}")?;
        }
        let list = |sites: &[SitePath]| match sites {
            [] => "nothing".to_owned(),
            sites => sites.iter().map(SitePath::as_str).collect::<Vec<_>>().join(", "),
        };
        writeln!(f, "  done: {}", list(&self.done))?;
        writeln!(f, "  undone: {}", list(&self.undone))?;
        let by = |step: &Option<Name>| step.as_deref().unwrap_or("a call that is not known").to_owned();
        let owed: Vec<String> =
            self.owed.entries.iter().map(|e| format!("{} by {}", e.site, by(&e.step))).collect();
        write!(f, "  owed: {}", if owed.is_empty() { "nothing".to_owned() } else { owed.join(", ") })
    }
}

/// Serializes as text: errors hold payloads, and those may hold secrets.
fn told<S: Serializer, T: fmt::Display>(what: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    what.as_ref().map(T::to_string).serialize(serializer)
}

fn shown<S: Serializer>(payload: &Payload, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::Error as _;
    let tree: serde_json::Value = serde_json::from_str(&payload.shown()).map_err(S::Error::custom)?;
    tree.serialize(serializer)
}

/// Serializes a payload that may be missing, without its secrets.
pub(crate) fn shown_if_any<S: Serializer>(
    payload: &Option<Payload>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match payload {
        Some(payload) => shown(payload, serializer),
        None => serializer.serialize_none(),
    }
}
