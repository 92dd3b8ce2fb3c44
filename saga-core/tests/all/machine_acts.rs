//! The id of an act, and what its author had seen: a repeat gets the first answer, and an outdated act is refused.
//!
//! Mutants seen to fail here: a repeat treated as a new act; `seen` not checked.
#![allow(clippy::unwrap_used)]

use crate::support::desk::{Desk, json};
use saga_core::machine::{Delivery, Event, Refusal};
use saga_core::state::ACTS_WITHOUT_EFFECT_MAX;
use saga_core::{ActId, By, Phase, Record, State};

fn click(id: &str) -> By {
    By::new("ann", "it is open again").with_act(ActId::new(id).unwrap())
}

fn redrive(by: By) -> Delivery {
    Delivery::Redrive { site: None, input: None, by }
}

/// Delivers as a driver does: refusals are recorded.
fn send(saga: &mut Desk, delivery: Delivery) -> Result<(), Refusal> {
    let answer = match saga.state.answer_to(&delivery) {
        Some(answer) => answer,
        None => saga.deliver(delivery.clone()),
    };
    if let Err(refusal) = &answer {
        saga.event(Event::Refused { delivery, refusal: refusal.clone() }).unwrap();
    }
    assert_eq!(State::of(saga.state.id().clone(), &saga.journal).unwrap(), saga.state);
    answer
}

/// Returns a dead letter past its point of no return, with mail that fails each time.
fn dead_letter() -> Desk {
    let mut saga = Desk::new();
    saga.step_done("charge", "irr").step("mail", "irr_retriable2").refused("mail").skip();
    saga.phase(Phase::DeadLettered);
    saga
}

fn count(saga: &Desk, kind: &str) -> usize {
    saga.journal.iter().filter(|e| e.record.kind() == kind).count()
}

#[test]
fn s45_a_repeat_gets_the_answer_of_the_first_whatever_happened_since() {
    let mut saga = dead_letter();
    assert_eq!(send(&mut saga, redrive(click("one"))), Ok(()));
    assert_eq!(send(&mut saga, redrive(click("one"))), Ok(()), "while it runs");
    saga.refused("mail").phase(Phase::DeadLettered);
    let before = saga.journal.len();
    assert_eq!(send(&mut saga, redrive(click("one"))), Ok(()), "it is a dead letter anew");
    assert_eq!((saga.journal.len(), count(&saga, "redriven")), (before, 1));
    assert_eq!(send(&mut saga, redrive(click("two"))), Ok(()));
    assert_eq!(count(&saga, "redriven"), 2);
    saga.done("mail").returns().phase(Phase::Completed);
    assert_eq!(send(&mut saga, redrive(click("two"))), Ok(()), "after the end");
    assert_eq!(count(&saga, "redriven"), 2);
}

#[test]
fn a_refused_act_is_recorded_and_its_repeat_refused_alike() {
    let mut saga = Desk::new();
    saga.step("a", "comp");
    let refusal = Refusal::NotDeadLettered { phase: Phase::Running };
    assert_eq!(send(&mut saga, redrive(click("one"))), Err(refusal.clone()));
    assert_eq!(count(&saga, "no_effect"), 1);
    saga.done("a").returns();
    assert_eq!(send(&mut saga, redrive(click("one"))), Err(refusal), "as it was refused first");
    assert_eq!(count(&saga, "no_effect"), 1);
    let acted = saga.state.acts().last().unwrap();
    assert_eq!((acted.by.who.as_str(), acted.refusal.is_some()), ("ann", true));
}

#[test]
fn a_second_cancel_is_known_again_after_the_end() {
    let mut saga = Desk::new();
    saga.step_done("a", "comp");
    let cancel = |id| Delivery::Cancel { by: click(id) };
    assert_eq!(send(&mut saga, cancel("one")), Ok(()));
    assert_eq!(send(&mut saga, cancel("two")), Ok(()), "it is on its way back already");
    saga.undone("a").phase(Phase::RolledBack);
    assert_eq!(send(&mut saga, cancel("one")), Ok(()));
    assert_eq!(send(&mut saga, cancel("two")), Ok(()));
    assert_eq!(send(&mut saga, cancel("three")), Err(Refusal::Ended { phase: Phase::RolledBack }));
}

#[test]
fn an_id_is_of_one_act() {
    let mut saga = dead_letter();
    assert_eq!(send(&mut saga, redrive(click("one"))), Ok(()));
    saga.refused("mail");
    let other = send(&mut saga, Delivery::Abandon { by: click("one") });
    assert!(matches!(other, Err(Refusal::ActIdTaken { .. })), "{other:?}");
    saga.phase(Phase::DeadLettered);
}

#[test]
fn s46_an_act_on_what_has_changed_is_refused_and_says_by_whom() {
    let mut saga = dead_letter();
    let seen = saga.state.last_seq();
    let bob = By::new("bob", "first");
    assert_eq!(send(&mut saga, redrive(bob.clone().having_seen(seen))), Ok(()));
    let now = saga.state.last_seq();
    let stale = send(&mut saga, Delivery::Abandon { by: click("one").having_seen(seen) }).unwrap_err();
    let told = format!(
        "the saga was seen at record {seen} and has changed since: record {now}, running, after redrive by bob (first)"
    );
    assert_eq!(stale.to_string(), told);
    assert_eq!(stale.advice(), "look at it again, and act on what is there now");
    saga.refused("mail").phase(Phase::DeadLettered);
    // Its state is as before, but it is another dead letter.
    let again = send(&mut saga, redrive(click("two").having_seen(seen)));
    assert!(matches!(again, Err(Refusal::Stale { .. })), "{again:?}");
    let seen = saga.state.last_seq();
    assert_eq!(send(&mut saga, redrive(click("three").having_seen(seen))), Ok(()));
}

#[test]
fn what_changes_nothing_makes_no_act_stale() {
    let mut saga = dead_letter();
    let seen = saga.state.last_seq();
    saga.signal("s1", "paid").unwrap();
    let nowhere = Delivery::Waive { site: "nowhere".into(), by: click("one") };
    assert!(send(&mut saga, nowhere).is_err());
    assert!(saga.state.last_seq() > seen);
    assert_eq!(send(&mut saga, redrive(click("two").having_seen(seen))), Ok(()));
}

#[test]
fn s56_an_answer_holds_for_the_question_that_was_seen() {
    let answer = |by: By| Delivery::Answer { site: None, approved: true, by };
    let mut saga = Desk::new();
    saga.ask("first", None).step("a", "comp");
    let seen = saga.state.last_seq();
    // Other branches do not affect the question.
    saga.done("a");
    assert_eq!(send(&mut saga, answer(click("one").having_seen(seen))), Ok(()));
    saga.ask("second", None);
    let stale = send(&mut saga, answer(click("two").having_seen(seen)));
    assert!(matches!(stale, Err(Refusal::Stale { .. })), "{stale:?}");
    let seen = saga.state.last_seq();
    assert_eq!(send(&mut saga, answer(click("three").having_seen(seen))), Ok(()));
    // It was answered elsewhere meanwhile.
    let late = send(&mut saga, answer(click("four").having_seen(seen)));
    assert!(matches!(late, Err(Refusal::Stale { last: Some(_), .. })), "{late:?}");
}

#[test]
fn a_flood_of_acts_does_not_grow_a_journal_without_end() {
    let mut saga = Desk::new();
    saga.step("a", "comp");
    for n in 0..3 * ACTS_WITHOUT_EFFECT_MAX {
        assert!(send(&mut saga, redrive(click(&n.to_string()))).is_err());
    }
    assert_eq!(count(&saga, "no_effect"), ACTS_WITHOUT_EFFECT_MAX);
    // An act with an effect is still recorded.
    assert_eq!(send(&mut saga, Delivery::Cancel { by: click("cancel") }), Ok(()));
}

#[test]
fn a_signal_of_no_effect_leaves_no_record() {
    let mut saga = Desk::new();
    saga.returns().phase(Phase::Completed);
    let before = saga.journal.len();
    let (id, name) = ("s1".to_owned(), "paid".to_owned());
    assert!(send(&mut saga, Delivery::Signal { id, name, payload: json("x") }).is_err());
    assert_eq!(saga.journal.len(), before);
}

#[test]
fn journals_and_inboxes_of_before_can_be_read() {
    let old = r#"{"redriven":{"by":{"who":"ann","why":"because"}}}"#;
    let record: Record = serde_json::from_str(old).unwrap();
    assert_eq!(record, Record::Redriven { by: By::new("ann", "because"), site: None, input: None });
    assert_eq!(serde_json::to_string(&record).unwrap(), old);
    assert!(serde_json::from_str::<ActId>("\"\"").is_err());
}
