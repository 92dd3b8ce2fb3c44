//! The crash matrix on steps with residue: the residue of a run without a fault is right, and anything else that is
//! left is found.
//!
//! Seen to fail with these bugs put into the matrix: any difference besides residue is treated as residue; nothing is,
//! and residue is treated as a fault; only the undisturbed run is stopped, to see what is left; the last stop that
//! leaves a residue counts, and not the first; the expected residue is never asked for; what is left once a dead letter
//! was redriven is not judged.
#![allow(clippy::unwrap_used)]

use crate::purse::{Purse, assert_caught, count, purse, put, take};
use saga::prelude::*;
use saga::test::{Ending, Stands};

const NOT_AS_WITHOUT: &str =
    "the world is not as a run without a fault leaves it, in which put_rough leaves a scratch";

/// Leaves one scratch for each piece.
#[step(compensate = take(what), leaves = "a scratch")]
async fn put_rough(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    if !purse.open().keys.contains(key.as_str()) {
        purse.put("scratch", 1);
    }
    purse.put_once(key, &what, 1);
    Ok(())
}

#[saga]
async fn scratched() -> Result<(), Failure> {
    put_rough("a".into()).await?;
    put("b".into()).await?;
    count().await?;
    Ok(())
}

#[tokio::test]
async fn residue_that_is_declared_is_no_fault() {
    let report = purse(scratched()).run().await;
    report.assert();
    let case = report.case("put: refuses").unwrap();
    assert_eq!(case.left, ["put_rough leaves a scratch"]);
    assert_eq!((case.ending, case.stands), (Ending::RolledBack, Stands::Otherwise));
    let told = report.to_string();
    assert!(told.contains("something left that the saga tells of"), "{told}");
    assert_eq!(report.residue.len(), 1, "{told}");
    let learned = "look at this: put_rough leaves a scratch: {\"scratch\": 1} (cancel after write 1)";
    assert!(told.contains(learned), "{told}");
    assert_eq!(report.not_judged, Vec::<String>::new());
}

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
async fn forgotten() -> Result<(), Failure> {
    put_rough("a".into()).await?;
    put_for_ever().await?;
    count().await?;
    Ok(())
}

#[tokio::test]
async fn what_another_step_forgets_beside_residue_is_found() {
    let report = purse(forgotten()).run().await;
    assert_caught(&report, "count: refuses", NOT_AS_WITHOUT);
    assert_caught(&report, "undone afterwards", NOT_AS_WITHOUT);
    assert_caught(&report, "count: refuses", "without {\"scratch\": 1} (cancel after write 1)");
    // Nothing was forgotten there.
    assert_eq!(report.case("put_for_ever: refuses").unwrap().wrong, None);
    let letter = report.case("count: refuses + undo of put_for_ever: fails for good").unwrap();
    let why = letter.wrong.clone().unwrap_or_default();
    assert!(why.starts_with("sent on, it is rolled back") && why.contains(NOT_AS_WITHOUT), "{why}\n{report}");
}

#[step(idempotent, retriable)]
async fn take_again(purse: &Purse, what: String) -> Result<(), Failure> {
    purse.put(&what, -1);
    Ok(())
}

#[step(compensate = take_again(what), leaves = "a scratch", idempotent)]
async fn put_taken_twice(purse: &Purse, what: String) -> Result<(), Failure> {
    let mut inside = purse.open();
    inside.coins.insert("scratch".to_owned(), 1);
    inside.coins.insert(what, 1);
    Ok(())
}

#[saga]
async fn undone_twice() -> Result<(), Failure> {
    put_taken_twice("a".into()).await?;
    count().await?;
    Ok(())
}

#[tokio::test]
async fn more_than_its_residue_is_found_of_a_step_itself() {
    let report = purse(undone_twice()).without_crashes().run().await;
    let twice = "count: refuses + undo of put_taken_twice: times out, landed";
    assert_caught(&report, twice, "in which put_taken_twice leaves a scratch");
    assert_eq!(
        report.wrong().filter(|case| !case.case.to_string().ends_with(", landed")).count(),
        0,
        "{report}"
    );
}

#[saga]
async fn in_branches() -> Result<(), Failure> {
    let all_of_them = all((put_rough("a".into()), put_rough("b".into()), put("c".into()))).await;
    all_of_them.map_err(|_| Failure::permanent("one of them"))?;
    count().await?;
    Ok(())
}

#[tokio::test]
async fn residue_of_some_branches_is_that_of_these() {
    let report = purse(in_branches()).run().await;
    report.assert();
    assert_eq!(report.not_judged, Vec::<String>::new());
    let left = |case: &str| report.case(case).unwrap().left.clone();
    assert_eq!(left("count: refuses").len(), 2);
    assert_eq!(left("all.0/put_rough: refuses"), ["all.1/put_rough leaves a scratch"]);
}

#[saga]
async fn another_way_round() -> Result<(), Failure> {
    if put("a".into()).await.is_err() {
        put_rough("b".into()).await?;
        count().await?;
    }
    Ok(())
}

#[tokio::test]
async fn residue_of_another_way_round_is_known_as_well() {
    let report = purse(another_way_round()).completes_with(|(), _| true).run().await;
    report.assert();
    assert_eq!(report.not_judged, Vec::<String>::new());
    assert_eq!(report.residue.len(), 1, "{report}");
    let case = report.case("put: refuses + put_rough: cancelled during it").unwrap();
    assert_eq!(case.left, ["put_rough leaves a scratch"]);
}

/// Takes another way only after a timeout, which no run without a fault has.
#[saga]
async fn only_in_doubt() -> Result<(), Failure> {
    if let Err(StepFailure::TimedOut { .. }) = put("a".into()).await {
        put_rough("b".into()).await?;
        count().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_judged_is_said_and_can_be_judged_by_its_author() {
    let all_completed = || purse(only_in_doubt()).completes_with(|(), _| true).without_crashes();
    let report = all_completed().run().await;
    report.assert();
    let case = "put: times out, not landed + count: refuses";
    assert!(report.not_judged.iter().any(|why| why.starts_with(case)), "{report}");
    assert!(report.to_string().contains(&format!("not judged: {case}")), "{report}");

    let scratches = |seen: &<Purse as saga::test::World>::Seen| seen.get("scratch").copied();
    let judged = all_completed().leaves_with(move |residue, seen| {
        residue[0].what == "a scratch" && seen.len() == 1 && scratches(seen) == Some(1)
    });
    let report = judged.run().await;
    report.assert();
    assert_eq!(report.not_judged, Vec::<String>::new());
    let wrong = all_completed().leaves_with(move |_, seen| scratches(seen) == Some(2)).run().await;
    assert_caught(&wrong, case, "what is left is not as it was to be");
}
