//! The crash matrix finds bugs in a user's saga: each saga here has one bug, and the test names the case that finds it.
//!
//! Seen to fail with these bugs put into the matrix: a fault that lands is not called, and one that does not is; the
//! second call of what runs twice is left out; the world is not checked after a rollback, after a completion, or after
//! a dead letter was redriven; a case may end in another way than it must; a crash before a write loses nothing; there
//! is no crash.
#![allow(clippy::unwrap_used)]

use crate::purse::{Purse, assert_caught, purse, put, take};
use saga::prelude::*;
use saga::test::{Ending, steps_repeat_harmlessly};

#[step(idempotent, compensate = take_nothing())]
async fn put_for_ever(purse: &Purse) -> Result<(), Failure> {
    purse.open().coins.insert("stays".to_owned(), 1);
    Ok(())
}

#[step(idempotent, retriable)]
async fn take_nothing() -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn never_undone() -> Result<(), Failure> {
    put_for_ever().await?;
    put("b".into()).await?;
    Ok(())
}

#[tokio::test]
async fn a_compensation_that_does_nothing_is_found() {
    let report = purse(never_undone()).run().await;
    assert_caught(&report, "put: refuses", "it is rolled back, and the world is not as before");
    assert_caught(&report, "undone afterwards", "it is undone, and the world is not as before");
    // A dead letter reports what is left, and must end right once it is redriven.
    let letter = report.cases.iter().find(|c| c.case.to_string().ends_with("put_for_ever: fails for good"));
    let why = letter.and_then(|letter| letter.wrong.clone());
    assert!(why.is_some_and(|why| why.starts_with("sent on, it is rolled back")), "{report:#}");
}

#[step(compensate = take(what))]
async fn put_again(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<String, Failure> {
    purse.put(&what, 1);
    Ok(key.to_string())
}

#[saga]
async fn without_its_key() -> Result<(), Failure> {
    put_again("a".into()).await?;
    Ok(())
}

#[tokio::test]
async fn a_step_that_takes_its_key_and_does_not_use_it_is_found() {
    let report = purse(without_its_key()).run().await;
    assert_caught(&report, "put_again: times out, landed", "the world is not as after an undisturbed run");
    assert!(report.case("put_again: times out, not landed").unwrap().wrong.is_none());
    let crashed = report.wrong().find(|case| case.case.to_string().starts_with("crash"));
    assert!(crashed.is_some(), "{report:#}");
    let report = steps_repeat_harmlessly(without_its_key()).world(Purse::default).run().await;
    assert_caught(&report, "put_again: runs twice", "the world is not as after an undisturbed run");
}

#[step(compensate = take(what), probe = never_there())]
async fn put_denied(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    purse.put_once(key, &what, 1);
    Ok(())
}

#[step(readonly)]
async fn never_there() -> Result<Probe<()>, Failure> {
    Ok(Probe::NotHappened)
}

#[saga]
async fn denied_by_its_probe() -> Result<(), Failure> {
    put_denied("a".into()).await?;
    Ok(())
}

#[tokio::test]
async fn a_probe_that_denies_what_has_happened_is_found() {
    let report = purse(denied_by_its_probe()).run().await;
    assert_caught(
        &report,
        "put_denied: times out, landed",
        "it is rolled back, and the world is not as before",
    );
}

#[step(compensate = take(what), probe = always_there())]
async fn put_claimed(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    purse.put_once(key, &what, 1);
    Ok(())
}

#[step(readonly)]
async fn always_there() -> Result<Probe<()>, Failure> {
    Ok(Probe::Happened(()))
}

#[saga]
async fn claimed_by_its_probe() -> Result<(), Failure> {
    put_claimed("a".into()).await?;
    Ok(())
}

#[tokio::test]
async fn a_probe_that_claims_what_has_not_happened_is_found() {
    let report = purse(claimed_by_its_probe()).run().await;
    assert_caught(&report, "put_claimed: panics, not landed", "the world is not as after an undisturbed run");
}

#[step(compensate = take_again(what))]
async fn put_taken_twice(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    purse.put_once(key, &what, 1);
    Ok(())
}

#[step(idempotent, retriable)]
async fn take_again(purse: &Purse, what: String) -> Result<(), Failure> {
    purse.put(&what, -1);
    Ok(())
}

#[saga]
async fn undone_twice() -> Result<(), Failure> {
    put_taken_twice("a".into()).await?;
    put("b".into()).await?;
    Ok(())
}

#[tokio::test]
async fn a_compensation_that_is_not_to_be_repeated_is_found() {
    let report = purse(undone_twice()).run().await;
    let case = "cancel after write 2 + undo of put_taken_twice: times out, landed";
    assert_caught(&report, case, "it is rolled back, and the world is not as before");
    let report = steps_repeat_harmlessly(undone_twice()).world(Purse::default).run().await;
    assert_caught(&report, "cancel after write 2 + undo of put_taken_twice: runs twice", "not as before");
}

/// It recognizes its key, and treats the repeat as an error.
#[step(compensate = take(what), retry(attempts = 2))]
async fn put_twice_an_error(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    let is_there = purse.open().keys.contains(key.as_str());
    purse.put_once(key, &what, 1);
    if is_there { Err(Failure::permanent("it is there already")) } else { Ok(()) }
}

#[saga]
async fn a_repeat_is_an_error() -> Result<(), Failure> {
    put_twice_an_error("a".into()).await?;
    Ok(())
}

#[tokio::test]
async fn a_step_whose_repeat_is_an_error_is_found() {
    let report = steps_repeat_harmlessly(a_repeat_is_an_error()).world(Purse::default).run().await;
    assert_caught(&report, "put_twice_an_error: runs twice", "it is rolled back, and");
    // In doubt it is dead-lettered: the saga reports it, which is right, if unpleasant.
    let report = purse(a_repeat_is_an_error()).run().await;
    let case = report.case("put_twice_an_error: times out, landed").unwrap();
    assert_eq!((case.ending, case.wrong.as_deref()), (Ending::DeadLettered, None), "{report}");
}

/// The second call reverts the first.
#[step(idempotent, compensate = take(what))]
async fn toggle(purse: &Purse, what: String) -> Result<(), Failure> {
    let was_there = purse.open().coins.remove(&what).is_some();
    if was_there {
        return Err(Failure::permanent("it was there"));
    }
    purse.put(&what, 1);
    Ok(())
}

#[saga]
async fn toggled() -> Result<(), Failure> {
    toggle("a".into()).await?;
    Ok(())
}

#[tokio::test]
async fn a_repeat_that_makes_a_saga_fail_is_found_if_it_leaves_nothing() {
    let report = steps_repeat_harmlessly(toggled()).world(Purse::default).run().await;
    assert_caught(&report, "toggle: runs twice", "it is rolled back, and was to be completed");
    let alone =
        steps_repeat_harmlessly(toggled()).world(Purse::default).only("toggle: runs twice").run().await;
    assert_caught(&alone, "toggle: runs twice", "it is rolled back, and was to be completed");
}
