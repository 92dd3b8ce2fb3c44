//! The rules, checked against the books of the world and the journal of a saga. Both are independent of each other: a
//! difference means that an effect was made twice, forgotten, or undone wrongly.

use saga_core::state::{Direction, Status, StepState};
use saga_core::{Entry, Kind, Phase, Record, Role, Rollback, SagaId, SitePath, State, WhyLeft};

use crate::books::{Books, Effect};
use crate::rule::{Rule, Wrong};

/// Returns everything that journal and books show to be wrong with a saga at rest.
pub(crate) fn audit(books: &Books, saga: &SagaId, journal: &[Entry]) -> Vec<Wrong> {
    let mut wrongs = Wrongs { saga: saga.to_string(), found: Vec::new() };
    let state = match State::of(saga.clone(), journal) {
        Ok(state) => state,
        Err(error) => {
            wrongs.add(Rule::Sound, format!("the journal cannot be read: {error}"));
            return wrongs.found;
        }
    };
    of_journal(&state, journal, &mut wrongs);
    let ours: Vec<(usize, &Effect)> =
        books.effects.iter().enumerate().filter(|(_, e)| e.saga == *saga).collect();
    for (at, effect) in &ours {
        if state.step(&effect.site).and_then(|s| s.effect(effect.role)).is_none() {
            wrongs.add(Rule::Intent, format!("{} {} landed without an intent", effect.site, effect.role));
        }
        let same = |e: &Effect| e.site == effect.site && e.role == effect.role;
        if ours.iter().any(|(other, e)| other < at && same(e)) {
            wrongs.add(Rule::Once, format!("{} {} landed twice", effect.site, effect.role));
        }
        if effect.role == Role::Do {
            order(books, (*at, effect), &ours, &Told { state: &state, journal }, &mut wrongs);
        }
    }
    for (site, step) in state.steps() {
        let landed = ours.iter().find(|(_, e)| e.site == *site && e.role == Role::Do);
        let undone = landed.is_some_and(|(at, _)| books.undone_at(*at).is_some());
        of_step(site, step, landed.is_some(), undone, &mut wrongs);
    }
    of_end(books, &state, &mut wrongs);
    wrongs.found
}

struct Wrongs {
    saga: String,
    found: Vec<Wrong>,
}

impl Wrongs {
    fn add(&mut self, rule: Rule, what: String) {
        let what = format!("saga {}: {what}", self.saga);
        self.found.push(Wrong { rule, what });
    }
}

/// The recorded facts of a saga.
struct Told<'a> {
    state: &'a State,
    journal: &'a [Entry],
}

/// Checks that later effects of the same branch were undone before this one.
fn order(
    books: &Books,
    (at, effect): (usize, &Effect),
    ours: &[(usize, &Effect)],
    told: &Told<'_>,
    wrongs: &mut Wrongs,
) {
    let state = told.state;
    let Some(undone) = books.undone_at(at) else { return };
    let Some(step) = state.step(&effect.site) else { return };
    // An effect that began after this one was already undone (with a failed child) does not depend on it. Neither does
    // one that began after this one was waived: the operator may not have known that its compensation was in flight.
    let is_end = |r: &Record| matches!(r, Record::Undone { site, .. } | Record::Waived { site, .. } if *site == effect.site);
    let end = told.journal.iter().find(|e| is_end(&e.record)).map_or(u64::MAX, |e| e.seq);
    for (later, other) in ours.iter().filter(|(_, e)| e.role == Role::Do) {
        let Some(other_step) = state.step(&other.site) else { continue };
        let depends = !effect.site.concurrent_with(&other.site)
            && (step.seq..end).contains(&other_step.seq)
            && other.site != effect.site;
        if !depends || other_step.waived.is_some() {
            continue;
        }
        if books.undone_at(*later).is_none_or(|before| before > undone) {
            let (rule, what) = match other_step.kind {
                Kind::Irreversible => (Rule::NoReturn, "which nothing undoes"),
                _ => (Rule::Order, "which came after it"),
            };
            wrongs.add(rule, format!("{} was undone before {}, {what}", effect.site, other.site));
        }
    }
}

/// Compares the journal of one step with the books.
fn of_step(site: &SitePath, step: &StepState, landed: bool, undone: bool, wrongs: &mut Wrongs) {
    let mut wrong = |what: &str| wrongs.add(Rule::Matched, format!("{site}: {what}"));
    match step.doing.status {
        Status::Done if !landed => wrong("the journal says done, the world that it never landed"),
        Status::Failed if landed && !undone => wrong("the journal says failed, the world that it stands"),
        _ => {}
    }
    if matches!(step.doing.status, Status::Deferred | Status::Dropped) && landed {
        wrongs.add(Rule::Commit, format!("{site} is deferred, and landed"));
        return;
    }
    let mut wrong = |what: &str| wrongs.add(Rule::Matched, format!("{site}: {what}"));
    if step.is_undone() && landed && !undone {
        wrong("the journal says undone, the world that it stands");
    }
    let being_undone = step.undoing.as_ref().is_some_and(|u| !u.is_settled());
    if undone && !step.is_undone() && !being_undone {
        wrong("the world says undone, the journal knows nothing of it");
    }
    if landed && !step.doing.is_settled() && !step.doing.doubt && step.doing.status != Status::Running {
        wrong("it landed, and the journal does not even doubt it");
    }
}

/// Checks the promises of an end.
fn of_end(books: &Books, state: &State, wrongs: &mut Wrongs) {
    // An abandoned undo leaves the saga completed, with its compensation dead-lettered.
    let open = state.open_effects().any(|(_, role, _)| role == Role::Do);
    if matches!(state.direction(), Direction::Completed { .. }) && open {
        wrongs.add(Rule::Matched, "it completed with open effects".to_owned());
    }
    if let (Direction::Completed { .. }, Some((site, _))) = (state.direction(), state.deferred().next()) {
        wrongs.add(Rule::Commit, format!("it completed without {site}, which was deferred"));
    }
    if !matches!(state.direction(), Direction::RolledBack(_)) {
        return;
    }
    let standing: Vec<&Effect> = books.standing().map(|(_, e)| e).filter(|e| e.saga == *state.id()).collect();
    let left = match state.rollback() {
        Rollback::Partial { left, .. } => left,
        Rollback::None | Rollback::Complete { .. } => Vec::new(),
    };
    for effect in &standing {
        if !left.iter().any(|l| l.site == effect.site) {
            let what = format!("{} stands after the rollback, and is not listed", effect.site);
            wrongs.add(Rule::Report, what);
        }
        if state.step(&effect.site).is_some_and(|s| s.kind == Kind::Irreversible) {
            wrongs.add(Rule::NoReturn, format!("it rolled back past {}", effect.site));
        }
    }
    // A waived step may still have been undone, by a compensation in doubt.
    for left in left.iter().filter(|l| !matches!(l.why, WhyLeft::Waived(_))) {
        let done = state.step(&left.site).is_some_and(|s| s.doing.status == Status::Done);
        if done && !standing.iter().any(|e| e.site == left.site) {
            wrongs.add(Rule::Report, format!("{} is listed as left, and does not stand", left.site));
        }
    }
}

/// Checks that each act has one record, however often it was sent.
fn of_acts(journal: &[Entry], wrongs: &mut Wrongs) {
    let mut ids = std::collections::HashSet::new();
    for entry in journal {
        let Some((act, _, by)) = entry.record.act() else { continue };
        if by.act.as_ref().is_some_and(|id| !ids.insert(id)) {
            wrongs.add(Rule::Once, format!("record {} is a second one of the {act} by one click", entry.seq));
        }
    }
}

/// Checks the journal alone: after a stop nothing new begins, a rollback is never reversed, and there is one end.
fn of_journal(state: &State, journal: &[Entry], wrongs: &mut Wrongs) {
    let (mut stopping, mut back, mut over) = (false, false, false);
    of_acts(journal, wrongs);
    let mut phase = State::new(state.id().clone());
    for entry in journal {
        let new = matches!(
            entry.record,
            Record::Intent { .. }
                | Record::Deferred { .. }
                | Record::Committing { .. }
                | Record::Timer { .. }
                | Record::Wait { .. }
                | Record::Asked { .. }
                | Record::ChildStarted { .. }
        );
        if new && (stopping || back || over) {
            wrongs.add(Rule::OneWay, format!("record {} begins something new on the way back", entry.seq));
        }
        match &entry.record {
            Record::StopRequested { .. } => stopping = true,
            Record::TooLate { .. } => stopping = false,
            Record::RollbackStarted { .. } => (stopping, back) = (false, true),
            Record::Completed { .. } | Record::TimerFired { .. } if back => {
                wrongs.add(Rule::OneWay, format!("record {} goes forward in a rollback", entry.seq));
            }
            Record::Started { site, role: Role::Do, .. } if stopping || back => {
                let step = phase.step(site);
                if step.is_some_and(|s| s.kind == Kind::Irreversible) {
                    wrongs.add(Rule::NoReturn, format!("{site} is run again after a stop"));
                }
                if back && step.is_some_and(|s| !s.doing.doubt) {
                    wrongs.add(Rule::OneWay, format!("{site} is run again in a rollback"));
                }
            }
            _ => {}
        }
        // This cannot fail: the whole journal was folded before.
        if phase.apply(entry).is_err() {
            return;
        }
        over = matches!(phase.phase(), Phase::RolledBack | Phase::Abandoned | Phase::Completed);
    }
}
