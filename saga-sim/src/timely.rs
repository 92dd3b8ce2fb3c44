//! The rule of time: an accepted cancel, a signal or an answer in time, a deadline and a limit have their effect, whatever
//! was down in between. Held against the journal of a saga and what was delivered to it.

use std::collections::HashSet;
use std::time::Duration;

use saga_core::machine::Delivery;
use saga_core::record::Verdict;
use saga_core::state::{Direction, SiteState};
use saga_core::store::DeliveryId;
use saga_core::{Entry, Reason, Record, Role, SagaId, State, Timestamp};

use crate::referee::Word;
use crate::rule::{Rule, Wrong};

/// A worker that lives takes a cancel within this.
const CANCEL_TAKEN: Duration = Duration::from_secs(40);

/// What was delivered to a saga, and how far that can be judged.
pub(crate) struct Heard<'a> {
    pub(crate) words: &'a [Word],
    /// What waits in the inbox still.
    pub(crate) waiting: &'a HashSet<DeliveryId>,
    /// Whether the clock has jumped: then it cannot be said what came in time.
    pub(crate) jumps: bool,
    /// Whether a worker was delayed otherwise than by its death: then it cannot be said how soon it takes a cancel.
    pub(crate) stalls: bool,
}

/// Everything that is wrong with what became of time, and of what was said.
pub(crate) fn timely(saga: &SagaId, journal: &[Entry], heard: &Heard<'_>) -> Vec<Wrong> {
    let mut found = Vec::new();
    let mut wrong =
        |what: String| found.push(Wrong { rule: Rule::InTime, what: format!("saga {saga}: {what}") });
    for word in heard.words.iter().filter(|word| !word.taken && !heard.waiting.contains(&word.id)) {
        wrong(format!("{:?} was accepted, and is lost", word.delivery));
    }
    let mut state = State::new(saga.clone());
    let mut signalled = HashSet::new();
    for entry in journal {
        if begins(&entry.record) {
            if state.is_late(entry.at) {
                wrong(format!("record {} begins something after the deadline", entry.seq));
            }
            let judges_cancels = !heard.jumps && !heard.stalls && may_be_cancelled(&state);
            if judges_cancels && is_cancelled_long_before(heard.words, entry.at) {
                wrong(format!("record {} begins something long after a cancel", entry.seq));
            }
        }
        // All workers are of one build: what cannot be read is a signal that should have been refused.
        if matches!(&entry.record, Record::BodyBlocked { reason: Reason::Undecodable, .. }) {
            wrong(format!("record {} dead-letters it by what an operator said", entry.seq));
        }
        if !heard.jumps
            && let Some(what) = judge_wait(&state, entry, heard.words, &signalled)
        {
            wrong(what);
        }
        if let Record::Signalled { id, .. } = &entry.record {
            signalled.insert(id.clone());
        }
        // Another rule judges an invalid journal.
        if state.apply(entry).is_err() {
            break;
        }
    }
    found
}

fn begins(record: &Record) -> bool {
    matches!(
        record,
        Record::Intent { .. }
            | Record::Deferred { .. }
            | Record::Committing { .. }
            | Record::Started { role: Role::Do, .. }
            | Record::Timer { .. }
            | Record::Wait { .. }
            | Record::Asked { .. }
            | Record::ChildStarted { .. }
            | Record::Completed { .. }
    )
}

fn may_be_cancelled(state: &State) -> bool {
    matches!(state.direction(), Direction::Forward)
        && state.stop().is_none()
        && state.no_return().is_none()
        && state.dead_lettered_at().is_none()
}

fn is_cancelled_long_before(words: &[Word], at: Timestamp) -> bool {
    let cancels = words.iter().filter(|word| matches!(word.delivery, Delivery::Cancel { .. }));
    cancels.into_iter().any(|word| word.put.after(CANCEL_TAKEN) < at)
}

/// Returns what is wrong with how a wait for a signal or an answer ends by this record, if something is.
fn judge_wait(state: &State, entry: &Entry, words: &[Word], signalled: &HashSet<String>) -> Option<String> {
    let (Record::WaitEnded { site, .. } | Record::Answered { site, .. }) = &entry.record else { return None };
    let due = match state.site(site)? {
        SiteState::Wait { timed, .. } => timed.due?,
        SiteState::Ask { timed, .. } => timed.due?,
        _ => return None,
    };
    // No time passes for a dead letter: a limit that had not passed by then has not passed.
    if state.dead_lettered_at().is_some_and(|at| at < due) {
        return None;
    }
    match (&entry.record, state.site(site)?) {
        (Record::WaitEnded { signal: Some(id), .. }, _) => {
            let is_it = |w: &&Word| matches!(&w.delivery, Delivery::Signal { id: whose, .. } if whose == id);
            let in_time = words.iter().filter(is_it).any(|word| word.at <= due);
            (!in_time).then(|| format!("{site} takes the signal {id:?}, which came after its limit"))
        }
        (Record::Answered { verdict: verdict @ (Verdict::Approved(_) | Verdict::Denied(_)), .. }, _) => {
            let says = matches!(verdict, Verdict::Approved(_));
            let is_it = |w: &&Word| {
                matches!(&w.delivery, Delivery::Answer { site: to, approved, .. }
                    if *approved == says && to.as_ref().is_none_or(|to| to == site))
            };
            let in_time = words.iter().filter(is_it).any(|word| word.at <= due);
            (!in_time).then(|| format!("{site} takes an answer that came after its limit"))
        }
        // Under a stop nothing goes on from there.
        _ if state.stop().is_some() => None,
        (Record::WaitEnded { signal: None, .. }, SiteState::Wait { name, .. }) => {
            let missed = words.iter().find(|word| {
                word.put < due
                    && matches!(&word.delivery, Delivery::Signal { id, name: of, .. }
                        if **of == **name && !signalled.contains(id))
            });
            missed.map(|word| format!("{site} ends by its limit, and {:?} came in time", word.delivery))
        }
        (Record::Answered { verdict: Verdict::Expired, .. }, _) => {
            let missed = words.iter().find(|word| {
                word.put < due
                    && matches!(&word.delivery, Delivery::Answer { site: to, .. } if to.as_ref() == Some(site))
            });
            missed.map(|word| format!("{site} ends by its limit, and {:?} came in time", word.delivery))
        }
        _ => None,
    }
}
