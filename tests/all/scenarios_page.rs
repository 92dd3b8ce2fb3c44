//! `docs/scenarios.md` lists every scenario and all its tests, and every name in it is that of a test.
#![allow(clippy::unwrap_used)]

use std::path::Path;

const PAGE: &str = include_str!("../../docs/scenarios.md");

/// Scenarios about agents: those for which there are tests.
const AGENTS: [u32; 5] = [35, 36, 37, 42, 44];

/// The beginnings of the rows of crash points and invariants.
const ROWS: [&str; 17] = [
    "before the intent is durable",
    "after the intent, before the effect",
    "after the effect, before its outcome",
    "the lease ends while the worker stalls, which then wakes",
    "a cancel arrives during an effect",
    "during a compensation, before or after its effect",
    "between the last compensation and the end",
    "during an operator's act",
    "the store is full, read-only, locked or lost",
    "the clock jumps, either way",
    "every effect is matched by its undo or listed",
    "no effect and no undo without an intent",
    "no undo before that of what depends on it",
    "nothing is unwound past the point of no return",
    "nothing is written by a fenced worker",
    "each saga ends, or is a dead letter that can be seen",
    "`rollback` says what the ledger says",
];

/// Files that contain only tests of rows.
const WHOLE: [&str; 14] = [
    "saga-runtime/tests/all/crash_points.rs",
    "saga-runtime/tests/all/rollback.rs",
    "saga-runtime/tests/all/throttled_compensations.rs",
    "saga-runtime/tests/all/due_times.rs",
    "saga-runtime/tests/all/recovery.rs",
    "saga-runtime/tests/all/outcomes.rs",
    "saga-runtime/tests/all/clock_jumps.rs",
    "saga-runtime/tests/all/store_outages.rs",
    "saga-runtime/tests/all/damaged_records.rs",
    "saga-sqlite/tests/all/damage.rs",
    "saga-sqlite/tests/all/places.rs",
    "saga-runtime/tests/all/while_down.rs",
    "saga-runtime/tests/all/ended_sagas.rs",
    "saga-faults/tests/all/kill.rs",
];

/// Returns the tests that a text names, as file and function.
fn named(text: &str) -> Vec<(&str, &str)> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter_map(|span| span.split_once("::").filter(|(file, _)| file.ends_with(".rs"))).collect()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_default()
}

/// Returns the tests in a file: functions with the attribute, names given to a macro as `name: Mutant`, and each
/// promise of a store, which is a test for every store.
fn tests_in(file: &str) -> Vec<String> {
    let text = read(file);
    let mut tests = Vec::new();
    let (mut attribute, mut mutants) = (false, false);
    for line in text.lines() {
        let line = line.trim();
        let is_promise = file.starts_with("saga-core/src/conformance/") && line.starts_with("pub async fn ");
        if let Some((_, rest)) = line.split_once("fn ").filter(|_| attribute || is_promise) {
            tests.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
        }
        let is_mutant = |name: &&str| mutants && !name.contains(' ');
        tests.extend(line.split_once(": ").map(|(name, _)| name).filter(is_mutant).map(str::to_owned));
        attribute = line.starts_with("#[test]")
            || line.starts_with("#[tokio::test")
            || (attribute && line.starts_with("#["));
        mutants = line == "caught! {" || (mutants && line != "}");
    }
    tests
}

/// Returns the named tests that do not exist.
fn missing(text: &str) -> Vec<(&str, &str)> {
    named(text).into_iter().filter(|(file, name)| !tests_in(file).iter().any(|test| test == name)).collect()
}

#[test]
fn every_test_that_is_named_is_one() {
    assert!(named(PAGE).len() > 60);
    assert_eq!(missing(PAGE), []);
    // A test that does not exist; a function that is not a test.
    assert_eq!(missing("`tests/all/scenarios_page.rs::nobody_wrote_this`").len(), 1);
    assert_eq!(missing("`tests/all/scenarios_page.rs::tests_in`").len(), 1);
}

#[test]
fn every_scenario_has_a_row() {
    let numbers = (1..=34).chain(AGENTS).chain(57..=62);
    let numbers = numbers.map(|number: u32| number.to_string());
    for row in numbers.chain(ROWS.map(str::to_owned)) {
        let line = PAGE.lines().find(|line| line.starts_with(&format!("| {row} | ")));
        let line = line.unwrap_or_else(|| panic!("{row}: there is no such row"));
        assert!(!named(line).is_empty(), "{row}: no test is named");
    }
}

#[test]
fn every_test_of_a_scenario_is_named() {
    let on_page = named(PAGE);
    for file in WHOLE {
        let tests = tests_in(file);
        assert!(!tests.is_empty(), "{file}");
        for test in tests {
            assert!(on_page.contains(&(file, test.as_str())), "{file}::{test} is on no row");
        }
    }
}
