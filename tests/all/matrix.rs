//! The crash matrix reaches every place of a saga, and reports nothing about a correct saga.
//!
//! Seen to fail with these bugs put into it: faults never occur; compensations are not made to run; questions get no
//! answer, and no signal comes; no cancel at a write; a fault that lands is not called, and one that does not is; a
//! world that shows nothing counts as right.
#![allow(clippy::unwrap_used)]

use crate::purse::{Purse, assert_caught, count, pay, purse, put, right, take, thank};
use saga::prelude::*;
use saga::test::{Ending, Stands, steps_repeat_harmlessly};
use serde::{Deserialize, Serialize};

#[tokio::test]
async fn a_right_saga_is_found_right_in_every_case() {
    let report = purse(right()).run().await;
    report.assert();
    let at = |name: &str| {
        let case = report.case(name).unwrap_or_else(|| panic!("no case {name:?}\n{report:#}"));
        (case.ending, case.stands)
    };
    let (done, back) = ((Ending::Completed, Stands::AsAfter), (Ending::RolledBack, Stands::AsBefore));
    assert_eq!(at("undisturbed"), done);
    assert_eq!(at("put: refuses"), back);
    // Without a retry, a step known not to have happened is a failure.
    assert_eq!(at("put#2: fails once"), back);
    assert_eq!(at("put#2: times out, not landed"), back);
    assert_eq!(at("put#2: times out, landed"), done);
    assert_eq!(at("put#2: panics, not landed"), back);
    assert_eq!(at("put#2: panics, landed"), done);
    assert_eq!(at("put#2: cancelled during it"), back);
    assert_eq!(at("count: times out, not landed"), back);
    assert_eq!(at("count: cancelled during it"), back);
    assert_eq!(at("pay: fails once"), done);
    // The saga is not past the point of no return before the step has happened.
    assert_eq!(at("pay: refuses"), back);
    assert_eq!(at("thank: refuses"), (Ending::DeadLettered, Stands::Otherwise));
    assert_eq!(at("count: refuses + undo of put: fails for good"), (Ending::DeadLettered, Stands::Otherwise));
    assert_eq!(at("count: refuses + undo of put#2: times out, landed"), back);
    assert_eq!(at("count: refuses + undo of put: panics, not landed + crash after write 3"), back);
    assert_eq!(at("cancel after write 1"), back);
    assert!(report.cases.iter().all(|case| case.came), "{report:#}");
    assert!(report.not_run.is_empty(), "{report}");
    let mended = |name: &str| report.case(name).unwrap().then;
    assert_eq!(mended("thank: refuses"), Some(done));
    assert_eq!(mended("count: refuses + undo of put: fails for good"), Some(back));
}

#[tokio::test]
async fn a_right_saga_repeats_harmlessly() {
    let report = steps_repeat_harmlessly(right()).world(Purse::default).run().await;
    report.assert();
    let names: Vec<String> = report.cases.iter().map(|case| case.case.to_string()).collect();
    let back = "count: refuses + undo of";
    assert_eq!(
        names,
        [
            "undisturbed",
            "put: runs twice",
            "put#2: runs twice",
            "pay: runs twice",
            "thank: runs twice",
            &format!("{back} put#2: runs twice"),
            &format!("{back} put: runs twice"),
        ]
    );
    assert!(report.cases.iter().all(|case| case.came));
}

#[saga(undoable)]
async fn child(what: String) -> Result<(), Failure> {
    put(what).await?;
    count().await?;
    Ok(())
}

#[saga(deadline = "30d")]
async fn all_there_is(things: Vec<String>) -> Result<u32, Failure> {
    all(things.iter().map(|what| put(format!("each {what}"))))
        .await
        .map_err(|_| Failure::permanent("each"))?;
    child("child".into()).await?;
    for what in &things {
        put(format!("loop {what}")).await?;
    }
    sleep("7d").await;
    approve("Go on?").within("1d").await?;
    let more = signal::<u32>("more").within("1d").await?;
    signal::<u32>("at last").await;
    pay().await;
    Ok(more)
}

#[tokio::test]
async fn every_place_of_a_saga_has_something_go_wrong_at_it() {
    let things = vec!["x".to_owned(), "y".to_owned()];
    let report =
        purse(all_there_is(things)).signal("more", &3).signal("at last", &4).without_crashes().run().await;
    report.assert();
    assert!(report.cases.iter().all(|case| case.came), "{report}");
    let names: Vec<String> = report.cases.iter().map(|case| case.case.to_string()).collect();
    for place in [
        "all.0/put: panics, landed",
        "all.1/put: refuses",
        "child/put: times out, landed",
        "child/count: refuses",
        "put[0]: refuses",
        "put[1]: cancelled during it",
        "approve: denied",
        "approve: no answer comes",
        "signal: no signal comes",
        "pay: fails once",
    ] {
        assert!(names.iter().any(|name| name == place), "{place}\n{report}");
    }
    for undone in ["all.0/put", "all.1/put", "child/put", "put[0]", "put[1]"] {
        let name = format!("undo of {undone}: fails for good");
        assert!(names.iter().any(|n| n.ends_with(&name)), "{name}\n{report}");
    }
}

/// Gives something away at the end, in its middle: as it was meant, or not at all.
#[saga]
async fn with_a_commit(what: String) -> Result<usize, Failure> {
    put(what).await?;
    on_commit(thank()).await;
    put("second".into()).await?;
    Ok(count().await?)
}

#[tokio::test]
async fn faults_come_to_deferred_steps_as_well() {
    let report = purse(with_a_commit("first".into())).run().await;
    report.assert();
    let at = |name: &str| {
        let case = report.case(name).unwrap_or_else(|| panic!("no case {name:?}\n{report:#}"));
        (case.ending, case.stands)
    };
    let (done, back) = ((Ending::Completed, Stands::AsAfter), (Ending::RolledBack, Stands::AsBefore));
    assert_eq!(at("put#2: refuses"), back);
    assert_eq!(at("count: refuses"), back);
    assert_eq!(at("thank: fails once"), done);
    assert_eq!(at("thank: times out, landed"), done);
    assert_eq!(at("thank: panics, not landed"), done);
    // It is past the point of no return.
    assert_eq!(at("thank: cancelled during it"), done);
    assert_eq!(at("thank: refuses"), (Ending::DeadLettered, Stands::Otherwise));
    assert!(report.cases.iter().all(|case| case.came), "{report:#}");
    assert!(report.not_run.is_empty(), "{report}");
}

#[saga]
async fn hopeful() -> Result<(), Failure> {
    put("a".into()).await?;
    signal::<u32>("at last").await;
    Ok(())
}

#[tokio::test]
async fn a_saga_that_waits_for_ever_is_found() {
    let report = purse(hopeful()).run().await;
    assert_caught(&report, "undisturbed", "has not ended: after 365 days it is waiting at signal");
    assert_eq!(report.cases.len(), 1);
}

#[step(compensate = take(what))]
async fn put_elsewhere(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    purse.put_once(key, &what, 1);
    Ok(())
}

#[saga]
async fn another_way_round() -> Result<bool, Failure> {
    let first = put("a".into()).await;
    if first.is_err() {
        put_elsewhere("b".into()).await?;
    }
    Ok(first.is_ok())
}

#[tokio::test]
async fn another_way_round_a_failure_is_judged_by_its_author() {
    let report = purse(another_way_round()).run().await;
    assert_caught(&report, "put: refuses", "the world is not as after an undisturbed run");
    let judged = purse(another_way_round()).completes_with(|straight, seen| {
        let things: Vec<&str> = seen.keys().map(String::as_str).collect();
        things == if *straight { ["a"] } else { ["b"] }
    });
    let report = judged.run().await;
    report.assert();
    // A step that is reached only after a failure has its faults too.
    let further = report.case("put: refuses + put_elsewhere: times out, landed");
    assert_eq!(further.map(|case| case.ending), Some(Ending::Completed), "{report}");
    let wrong = purse(another_way_round()).completes_with(|straight, _| *straight).run().await;
    assert_caught(&wrong, "put: refuses", "the world is not as it was to be");
}

/// No error of this type can be made up: its text must be a number.
#[derive(Debug, PartialEq, Serialize, Deserialize, StepError, thiserror::Error)]
#[error("number {0}")]
#[permanent]
#[serde(try_from = "String", into = "String")]
struct Numbered(u32);

impl From<Numbered> for String {
    fn from(error: Numbered) -> Self {
        error.0.to_string()
    }
}

impl TryFrom<String> for Numbered {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Numbered)
    }
}

impl Clone for Numbered {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

#[step(idempotent, compensate = take(what))]
async fn put_numbered(purse: &Purse, what: String) -> Result<(), Numbered> {
    purse.open().coins.insert(what, 1);
    Ok(())
}

#[derive(Debug, Serialize, Deserialize, SagaError, thiserror::Error)]
enum NotPut {
    #[error("not put")]
    Numbered(#[source] StepFailure<Numbered>),
}

#[saga]
async fn numbered() -> Result<(), NotPut> {
    put_numbered("a".into()).await?;
    Ok(())
}

#[tokio::test]
async fn an_error_that_cannot_be_made_up_is_asked_for() {
    let report = purse(numbered()).run().await;
    report.assert();
    let [refuses, once] = report.not_run.as_slice() else { panic!("{report}") };
    assert!(
        refuses.starts_with("put_numbered: refuses: no such error of put_numbered is known"),
        "{refuses}"
    );
    assert!(once.starts_with("put_numbered: fails once"), "{once}");
    assert!(report.to_string().contains("not run: put_numbered: refuses"), "{report}");
    let report = purse(numbered()).error(Numbered(7)).run().await;
    assert!(report.case("put_numbered: refuses").is_some(), "{report}");
    assert_eq!(report.not_run.len(), 1);
}

#[saga]
async fn blind() -> Result<usize, Failure> {
    Ok(count().await?)
}

#[tokio::test]
async fn a_world_that_shows_nothing_is_found() {
    let report = purse(blind()).run().await;
    assert_caught(&report, "undisturbed", "shows nothing");
}

#[tokio::test]
async fn one_case_runs_alone_and_shows_its_journal() {
    let name = "count: refuses + undo of put: fails once + crash before write 4";
    let report = purse(right()).only(name).run().await;
    report.assert();
    assert_eq!(report.cases.len(), 2);
    assert_eq!(report.cases[1].case.to_string(), name);
    assert!(report.cases[1].came);
    let shown = report.to_string();
    assert!(shown.contains("RolledBack") && shown.contains("made up by the test"), "{shown}");
    assert!(!purse(right()).only("nowhere: refuses").run().await.cases[1].came);
}
