//! Compares the books of the world with the journal of a saga. They are independent of each other: a difference means
//! that an effect was made twice, forgotten, or undone wrongly.

use saga_core::state::{Direction, Status, StepState};
use saga_core::{Kind, Role, Rollback, SitePath, State};

use super::world::{Books, Effect};

/// Returns all differences between books and journal.
pub(crate) fn differences(books: &Books, state: &State) -> Vec<String> {
    let ours: Vec<(usize, &Effect)> =
        books.effects.iter().enumerate().filter(|(_, e)| e.saga == *state.id()).collect();
    let mut wrongs = Vec::new();
    twice(&ours, &mut wrongs);
    for (at, effect) in &ours {
        if state.step(&effect.site).is_none() {
            wrongs.push(format!("{} landed, and the journal has no intent", effect.label));
        }
        if effect.role == Role::Do {
            order(books, *at, effect, &ours, state, &mut wrongs);
        }
    }
    for (site, step) in state.steps() {
        let landed = ours.iter().find(|(_, e)| e.site == *site && e.role == Role::Do);
        let undone = landed.is_some_and(|(at, _)| books.undone_at(*at).is_some());
        of_step(site, step, landed.is_some(), undone, &mut wrongs);
    }
    of_end(books, state, &mut wrongs);
    wrongs
}

fn twice(ours: &[(usize, &Effect)], wrongs: &mut Vec<String>) {
    for (at, effect) in ours {
        let same = |e: &Effect| e.site == effect.site && e.role == effect.role;
        if ours.iter().any(|(other, e)| other < at && same(e)) {
            wrongs.push(format!("{} landed twice", effect.label));
        }
    }
}

/// Checks that later effects of the same branch were undone before this one.
fn order(
    books: &Books,
    at: usize,
    effect: &Effect,
    ours: &[(usize, &Effect)],
    state: &State,
    wrongs: &mut Vec<String>,
) {
    let Some(undone) = books.undone_at(at) else { return };
    for (later, other) in ours.iter().filter(|(l, e)| *l > at && *l < undone && e.role == Role::Do) {
        let depends = !effect.site.concurrent_with(&other.site);
        let after = |site: &SitePath| state.step(site).map_or(0, |s| s.seq);
        if !depends || after(&other.site) < after(&effect.site) {
            continue;
        }
        match books.undone_at(*later) {
            Some(before) if before < undone => {}
            None if state.step(&other.site).is_some_and(|s| s.waived.is_some()) => {}
            _ => wrongs
                .push(format!("{} was undone before {}, which came after it", effect.label, other.label)),
        }
    }
}

/// Compares the journal of one step with the books.
fn of_step(site: &SitePath, step: &StepState, landed: bool, undone: bool, wrongs: &mut Vec<String>) {
    let mut wrong = |what: &str| wrongs.push(format!("{site}: {what}"));
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

/// Checks the promises of an end.
fn of_end(books: &Books, state: &State, wrongs: &mut Vec<String>) {
    let unsettled = state.open_effects().count();
    let standing: Vec<&Effect> = books.standing().map(|(_, e)| e).filter(|e| e.saga == *state.id()).collect();
    match state.direction() {
        Direction::Completed { .. } if unsettled > 0 => {
            wrongs.push("it completed with open effects".to_owned())
        }
        Direction::RolledBack(_) => {
            let left = match state.rollback() {
                Rollback::Partial { left, .. } => left,
                Rollback::None | Rollback::Complete { .. } => Vec::new(),
            };
            for effect in &standing {
                if !left.iter().any(|l| l.site == effect.site) {
                    wrongs.push(format!("{} stands after the rollback, and is not listed", effect.label));
                }
            }
            for left in &left {
                if !standing.iter().any(|e| e.site == left.site) {
                    wrongs.push(format!("{} is listed as left, and does not stand", left.site));
                }
            }
            let passed =
                standing.iter().find(|e| state.step(&e.site).is_some_and(|s| s.kind == Kind::Irreversible));
            if let Some(effect) = passed {
                wrongs.push(format!("rolled back past {}", effect.label));
            }
        }
        _ => {}
    }
}
