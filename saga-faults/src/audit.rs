//! The audit of a round: compares the ledger with the journals, saga by saga. They are independent of each other. A
//! difference means that an effect was made twice, forgotten, or undone wrongly.

use saga::journal::Role;
use saga::policy::Kind;
use saga::record::{Entry, Record};
use saga::state::{Direction, State, Status, StepState};
use saga::{Rollback, SagaId, SitePath};

use crate::ledger::{Books, Effect, Ended};

/// The tolerance between the clocks of two processes on one machine, in milliseconds: each reading is truncated.
const CLOCKS_MS: i64 = 3;

/// Returns what is wrong with a saga that has ended.
pub(crate) fn of_end(books: &Books, saga: &SagaId, journal: &[Entry]) -> Vec<String> {
    let mut wrongs = of_any(books, saga, journal);
    let Ok(state) = State::of(saga.clone(), journal) else { return wrongs };
    let mut wrong = |what: String| wrongs.push(format!("{saga}: {what}"));
    let effects: Vec<(usize, &Effect)> = books.of(saga.as_str()).collect();
    for (site, step) in state.steps() {
        let landed = effects.iter().find(|(_, e)| e.site == site.as_str() && e.role == Role::Do);
        if let Some(what) = of_step(step, landed.map(|(_, effect)| *effect)) {
            wrong(format!("{site}: {what}"));
        }
    }
    in_order(&state, journal, &effects).into_iter().for_each(&mut wrong);
    let mut standing: Vec<&str> = effects
        .iter()
        .filter(|(_, e)| e.role == Role::Do && e.undone_by.is_none())
        .map(|(_, e)| e.site.as_str())
        .collect();
    let told = match state.direction() {
        Direction::Completed { .. } => Ended::Completed,
        Direction::RolledBack(_) => {
            let mut left: Vec<String> = match state.rollback() {
                Rollback::Partial { left, .. } => left.iter().map(|left| left.site.to_string()).collect(),
                Rollback::None | Rollback::Complete { .. } => Vec::new(),
            };
            left.sort();
            standing.sort_unstable();
            if left != standing {
                wrong(format!("`rollback` says that {left:?} is left, the ledger {standing:?}"));
            }
            Ended::RolledBack(state.rollback())
        }
        other => return [wrongs, vec![format!("{saga}: it has not ended: {other:?}")]].concat(),
    };
    if books.ended_as(saga.as_str()).is_some_and(|before| *before != told) {
        wrong(format!("its outcome was told, and is another: {told:?}"));
    }
    wrongs
}

/// Returns what is wrong with any saga, ended or not. Nothing acknowledged may be lost, and no effect may happen
/// without a record, or twice.
pub(crate) fn of_any(books: &Books, saga: &SagaId, journal: &[Entry]) -> Vec<String> {
    let mut wrongs = Vec::new();
    let mut wrong = |what: String| wrongs.push(format!("{saga}: {what}"));
    let Some(first) = journal.first() else {
        let effects = books.of(saga.as_str()).count();
        if books.began_at(saga.as_str()).is_some() || effects > 0 {
            wrong(format!("it is not there, with {effects} effects in the ledger"));
        }
        return wrongs;
    };
    if let Some(at_ms) = books.began_at(saga.as_str()).filter(|at_ms| *at_ms != first.at.0) {
        wrong(format!("it was durable since {at_ms}, and begins at {}", first.at.0));
    }
    let state = match State::of(saga.clone(), journal) {
        Ok(state) => state,
        Err(error) => return vec![format!("{saga}: its journal cannot be read: {error}")],
    };
    for ((_, site, role, attempt), heard) in books.heard_of(saga.as_str()) {
        let begun = journal.iter().find(|entry| begins(&entry.record, site, *role, *attempt));
        match begun {
            None => wrong(format!("{site} {role} attempt {attempt} was made, and no record begins it")),
            Some(entry) if entry.at.0 > heard + CLOCKS_MS => wrong(format!(
                "{site} {role} attempt {attempt} was made at {heard}, and its record {} is of {}",
                entry.seq, entry.at.0
            )),
            Some(_) => {}
        }
    }
    let effects: Vec<(usize, &Effect)> = books.of(saga.as_str()).collect();
    for (at, effect) in &effects {
        let same =
            |(other, e): &&(usize, &Effect)| other < at && (&e.site, e.role) == (&effect.site, effect.role);
        if effects.iter().any(|other| same(&other)) {
            wrong(format!("{} {} happened twice", effect.site, effect.role));
        }
        let step = state.step(&SitePath::from(effect.site.as_str()));
        if effect.role == Role::Do
            && effect.undone_by.is_some()
            && step.is_some_and(|s| s.kind == Kind::Irreversible)
        {
            wrong(format!("{} is irreversible, and was undone", effect.site));
        }
    }
    wrongs
}

/// Returns true if the record begins this attempt.
fn begins(record: &Record, of: &str, by: Role, number: u32) -> bool {
    match record {
        Record::Intent { site, .. } => (site.as_str(), Role::Do, 1) == (of, by, number),
        Record::UndoIntent { site, .. } => (site.as_str(), Role::Undo, 1) == (of, by, number),
        Record::Started { site, role, attempt } => (site.as_str(), *role, *attempt) == (of, by, number),
        _ => false,
    }
}

/// Compares the journal of one step of an ended saga with the ledger.
fn of_step(step: &StepState, landed: Option<&Effect>) -> Option<&'static str> {
    let undone = landed.is_some_and(|effect| effect.undone_by.is_some());
    match step.doing.status {
        Status::Done if landed.is_none() => Some("the journal says done, the ledger that it never happened"),
        Status::Done if step.is_undone() && !undone => {
            Some("the journal says undone, the ledger that it stands")
        }
        Status::Done if undone && !step.is_undone() => Some("it was undone, and the journal does not say so"),
        Status::Failed if landed.is_some() && !undone => {
            Some("the journal says failed, the ledger that it stands")
        }
        Status::Done | Status::Failed => None,
        // A step in doubt may have been undone whether or not it had happened.
        _ if step.is_undone() && (landed.is_none() || undone) => None,
        _ => Some("it is not settled, and the saga has ended"),
    }
}

/// Checks that later effects of the same branch were undone before this one.
fn in_order(state: &State, journal: &[Entry], effects: &[(usize, &Effect)]) -> Vec<String> {
    let mut wrongs = Vec::new();
    for (_, effect) in effects.iter().filter(|(_, e)| e.role == Role::Do) {
        let site = SitePath::from(effect.site.as_str());
        let (Some(undone), Some(step)) = (effect.undone_by, state.step(&site)) else { continue };
        // An effect that began after this one was already undone (with a failed child) does not depend on it.
        let is_end = |record: &Record| matches!(record, Record::Undone { site: of, .. } if *of == site);
        let end = journal.iter().find(|entry| is_end(&entry.record)).map_or(u64::MAX, |entry| entry.seq);
        for (_, other) in effects.iter().filter(|(_, e)| e.role == Role::Do && e.site != effect.site) {
            let other_site = SitePath::from(other.site.as_str());
            let Some(later) = state.step(&other_site) else { continue };
            let depends = !site.concurrent_with(&other_site) && (step.seq..end).contains(&later.seq);
            if depends && other.undone_by.is_none_or(|by| by > undone) {
                wrongs.push(format!("{site} was undone before {other_site}, which came after it"));
            }
        }
    }
    wrongs
}
