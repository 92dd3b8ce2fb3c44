//! The rules, held against the books of the world and the journal of a saga. Neither knows of the other: where they differ,
//! an effect was made twice, forgotten, or undone wrongly.

use saga_core::state::{Direction, Status, StepState};
use saga_core::{Entry, Kind, Phase, Record, Role, Rollback, SagaId, Site, State, WhyLeft};

use crate::books::{Books, Effect, Rule, Wrong};

/// Everything that is wrong with a saga that rests, as far as journal and books tell.
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

/// What is recorded of a saga.
struct Told<'a> {
    state: &'a State,
    journal: &'a [Entry],
}

/// What happened later in its thread is undone before it.
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
    // What began when this was undone already, with a child that failed, does not depend on it; nor when it was waived,
    // by somebody who may not have known that its compensation was on its way.
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

/// What the journal says of one step against what the books say.
fn of_step(site: &Site, step: &StepState, landed: bool, undone: bool, wrongs: &mut Wrongs) {
    let mut wrong = |what: &str| wrongs.add(Rule::Matched, format!("{site}: {what}"));
    match step.doing.status {
        Status::Done if !landed => wrong("the journal says done, the world that it never landed"),
        Status::Failed if landed && !undone => wrong("the journal says failed, the world that it stands"),
        _ => {}
    }
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

/// What an end promises.
fn of_end(books: &Books, state: &State, wrongs: &mut Wrongs) {
    // An undo that was abandoned leaves the saga completed, and its compensation stuck.
    let open = state.open_effects().any(|(_, role, _)| role == Role::Do);
    if matches!(state.direction(), Direction::Completed { .. }) && open {
        wrongs.add(Rule::Matched, "it completed with open effects".to_owned());
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
    // One that was waived may have been undone all the same, by a compensation that was in doubt.
    for left in left.iter().filter(|l| !matches!(l.why, WhyLeft::Waived(_))) {
        let done = state.step(&left.site).is_some_and(|s| s.doing.status == Status::Done);
        if done && !standing.iter().any(|e| e.site == left.site) {
            wrongs.add(Rule::Report, format!("{} is listed as left, and does not stand", left.site));
        }
    }
}

/// An act has one record, however often it was sent.
fn of_acts(journal: &[Entry], wrongs: &mut Wrongs) {
    let mut ids = std::collections::HashSet::new();
    for entry in journal {
        let Some((act, _, by)) = entry.record.act() else { continue };
        if by.act.as_ref().is_some_and(|id| !ids.insert(id)) {
            wrongs.add(Rule::Once, format!("record {} is a second one of the {act} by one click", entry.seq));
        }
    }
}

/// What the journal alone says: a stop lets nothing new begin, a rollback is one-way, an end is one.
fn of_journal(state: &State, journal: &[Entry], wrongs: &mut Wrongs) {
    let (mut stopping, mut back, mut over) = (false, false, false);
    of_acts(journal, wrongs);
    let mut phase = State::new(state.id().clone());
    for entry in journal {
        let new = matches!(
            entry.record,
            Record::Intent { .. }
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
        // Cannot fail: the whole journal was folded before.
        if phase.apply(entry).is_err() {
            return;
        }
        over = matches!(phase.phase(), Phase::RolledBack | Phase::Abandoned | Phase::Completed);
    }
}
