//! The rules of every record, written independently of the machine's code.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use saga_core::state::{Direction, Status, StepState};
use saga_core::{IdempotencyKey, Kind, Reason, Record, Role, SitePath, State};

/// Returns true if a rollback has nothing left to do there.
pub(crate) fn unwound(step: &StepState) -> bool {
    step.waived.is_some()
        || matches!(step.doing.status, Status::Failed | Status::Dropped)
        || step.is_undone()
        || (step.doing.status == Status::Done && step.kind == Kind::Irreversible)
}

/// Checks a record against the state before it.
pub(crate) fn check_record(state: &State, record: &Record, landed: &HashSet<IdempotencyKey>) {
    let forward = matches!(state.direction(), Direction::Forward);
    let begins = matches!(record, Record::Intent { .. } | Record::UndoIntent { .. } | Record::Started { .. });
    let poisoned = state.body_blockers().iter().any(|b| b.reason == Reason::PoisonPill);
    assert!(!(begins && poisoned), "nothing begins that may kill the process again");
    match record {
        Record::Intent { site, .. } => {
            assert!(
                forward && state.stop().is_none() && state.dead_lettered_at().is_none(),
                "nothing new begins"
            );
            assert!(state.site(site).is_none(), "a site is reached once");
            assert!(!state.is_unwinding(site));
        }
        Record::Deferred { site, .. } => {
            assert!(forward && state.stop().is_none() && !state.is_committing(), "nothing new is deferred");
            assert!(state.site(site).is_none(), "a site is reached once");
        }
        Record::Committing { .. } => {
            assert!(forward && state.stop().is_none() && state.open_effects().next().is_none());
            assert!(state.deferred().next().is_some(), "there is something to commit");
        }
        Record::UndoIntent { site, in_doubt } => check_undo(state, site, *in_doubt, landed),
        Record::Started { site, role, attempt } => check_start(state, site, *role, *attempt),
        Record::AttemptEnded { site, role, conclusive: true, .. } => {
            assert!(state.step(site).unwrap().effect(*role).unwrap().doubt, "nothing was in doubt");
            assert!(!landed.contains(&state.key(site, *role)), "{site} has happened");
        }
        Record::RollbackStarted { .. } => {
            assert!(forward && state.no_return().is_none() && !state.is_committing());
            for (site, step) in state.steps() {
                assert_ne!(step.doing.status, Status::Running, "{site} runs");
                assert!(
                    !(step.kind == Kind::Irreversible && step.is_in_doubt()),
                    "{site} is passed in doubt"
                );
            }
        }
        Record::RolledBack => {
            assert!(state.is_rolling_back());
            assert!(state.steps().all(|(_, s)| unwound(s)), "something is left");
        }
        Record::Completed { .. } => {
            assert!(forward && state.open_effects().next().is_none(), "an effect is not settled");
            assert!(state.deferred().next().is_none(), "a deferred step is forgotten");
        }
        Record::ChildEnded { site, result: Err(_) } => {
            assert!(state.steps().filter(|(s, _)| s.within(site.as_str())).all(|(_, s)| unwound(s)));
        }
        Record::TooLate { .. } => assert!(state.no_return().is_some() && state.stop().is_some()),
        Record::DeadLettered => {
            assert!(
                state.open_effects().all(|(_, _, e)| e.status != Status::Running)
                    && state.blockers().next().is_some()
            );
        }
        _ => {}
    }
}

fn check_undo(state: &State, site: &SitePath, in_doubt: bool, landed: &HashSet<IdempotencyKey>) {
    let step = state.step(site).unwrap();
    assert!(step.undoing.is_none(), "a compensation begins once");
    assert!(state.dead_lettered_at().is_none(), "nothing begins in a dead letter");
    if in_doubt {
        assert!(step.doing.doubt);
    } else {
        assert_eq!(step.doing.status, Status::Done, "only what happened is undone");
        assert!(step.kind == Kind::Compensated && state.is_unwinding(site));
        assert!(landed.contains(&state.key(site, Role::Do)), "what did not happen is not undone");
        assert_eq!(later_to_unwind(state, site).next(), None, "{site} is undone before that");
    }
    let back = matches!(state.direction(), Direction::Back(_));
    assert!(!back || state.no_return().is_none(), "nothing is rolled back past the point of no return");
}

fn check_start(state: &State, site: &SitePath, role: Role, attempt: u32) {
    let forward = matches!(state.direction(), Direction::Forward);
    let step = state.step(site).unwrap();
    let effect = step.effect(role).unwrap();
    assert_eq!(attempt, effect.attempt + 1);
    let deferred = effect.status == Status::Deferred;
    assert!(!deferred || state.is_committing(), "{site} waits for the commit");
    let earlier = state.deferred().take_while(|(other, _)| *other != site).next();
    assert!(!deferred || earlier.is_none(), "{site} begins before {earlier:?}");
    assert!(deferred || !effect.is_settled() && effect.status != Status::Running, "one attempt at a time");
    assert!(state.dead_lettered_at().is_none(), "nothing begins in a dead letter");
    if role == Role::Do {
        let irreversible = step.kind == Kind::Irreversible;
        assert!(!irreversible || (state.stop().is_none() && forward), "barred by a stop");
        let back = !forward || state.is_unwinding(site);
        assert!(!back || (effect.doubt && !irreversible), "only what is in doubt runs on the way back");
        assert!(forward || state.is_rolling_back());
    }
}

/// Returns the later steps that must be unwound before this one, and are not yet.
pub(crate) fn later_to_unwind<'a>(
    state: &'a State,
    site: &'a SitePath,
) -> impl Iterator<Item = &'a SitePath> {
    let seq = state.step(site).unwrap().seq;
    let after = state.steps().filter(move |(other, step)| step.seq > seq && !other.concurrent_with(site));
    after.filter(|(other, step)| state.is_unwinding(other) && !unwound(step)).map(|(other, _)| other)
}

/// Checks that doubt is kept, and the key with it.
pub(crate) fn check_doubt(before: &State, after: &State, record: &Record) {
    for (site, step) in before.steps() {
        for role in [Role::Do, Role::Undo] {
            let Some(was) = step.effect(role) else { continue };
            let Some(is) = after.step(site).unwrap().effect(role) else { continue };
            let told = match record {
                Record::Probed { site: s, happened: Some(_), .. } | Record::Done { site: s, .. } => {
                    s == site && role == Role::Do
                }
                Record::Resolved { site: s, role: r, .. }
                | Record::AttemptEnded { site: s, role: r, conclusive: true, .. } => s == site && *r == role,
                Record::Undone { site: s, .. } => s == site && role == Role::Undo,
                // It was settled by its own call.
                Record::Failed { site: s, .. } => s == site && step.is_undone(),
                _ => false,
            };
            assert!(
                !was.doubt || is.doubt || told,
                "{site} was in doubt, and {record:?} says nothing of that"
            );
            let sent_on = matches!(record, Record::Redriven { .. } | Record::UndoStarted { .. });
            // A refusal that the service keeps is what it would answer again.
            let concluded = matches!(record, Record::AttemptEnded { .. });
            let fresh = (told && !concluded) || (sent_on && !was.doubt);
            assert!(was.generation == is.generation || fresh, "{site} has another key after {record:?}");
            let redriven = sent_on && was.is_blocked() && !was.doubt && is.status != was.status;
            assert!(
                !redriven || is.generation == was.generation + 1,
                "{site} was redriven under its old key"
            );
            let clear = matches!(record, Record::Probed { happened: Some(false), .. }) && told && was.doubt;
            assert!(
                !clear || is.generation == was.generation + 1,
                "{site} goes on under the key that was probed"
            );
        }
    }
}
