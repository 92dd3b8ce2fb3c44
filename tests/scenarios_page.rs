//! `docs/scenarios.md` names tests that exist, and leaves out no scenario.
#![allow(clippy::unwrap_used)]

use std::path::Path;

const PAGE: &str = include_str!("../docs/scenarios.md");

/// Of agents, who come later.
const LATER: [u32; 2] = [14, 15];

/// The tests that the page names, as file and function.
fn named(page: &str) -> Vec<(&str, &str)> {
    let spans = page.split('`').skip(1).step_by(2);
    spans.filter_map(|span| span.split_once("::").filter(|(file, _)| file.ends_with(".rs"))).collect()
}

/// Those that do not exist.
fn missing(page: &str) -> Vec<(&str, &str)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let exists = |file: &str, name: &str| {
        let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        text.contains(&format!("fn {name}("))
    };
    named(page).into_iter().filter(|(file, name)| !exists(file, name)).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    assert!(named(PAGE).len() > 60);
    assert_eq!(missing(PAGE), []);
    let gone = "`tests/scenarios_page.rs::nobody_wrote_this`";
    assert_eq!(missing(gone).len(), 1);
}

#[test]
fn every_scenario_has_a_row() {
    for number in (1..=34).filter(|number| !LATER.contains(number)) {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| {number} | ")));
        let row = row.unwrap_or_else(|| panic!("scenario {number} has no row"));
        assert!(!named(row).is_empty(), "scenario {number} has no test");
    }
}
