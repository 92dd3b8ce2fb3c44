//! `docs/testing.md` is true: its code is that of the example, and its output that of the examples. Also the crash
//! matrix of the trip, as its users run it.

use std::path::Path;

use crate::example::Example;

static TESTING: Example = Example::named("testing");
static CRASH_MATRIX: Example = Example::named("crash_matrix");

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the blocks of that language in the page.
fn blocks(language: &str) -> Vec<String> {
    let page = read("docs/testing.md");
    let fence = format!("```{language}\n");
    let blocks: Vec<String> = page
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect();
    assert!(blocks.len() > 1, "{language}");
    blocks
}

#[test]
fn the_code_of_the_page_is_that_of_the_example() {
    let trimmed = |text: &str| text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    let example = trimmed(&read("examples/testing.rs"));
    for block in blocks("rust") {
        assert!(example.contains(&trimmed(&block)), "not in examples/testing.rs:\n{block}");
    }
}

#[test]
fn the_output_of_the_page_is_that_of_the_example() {
    let ran = TESTING.run(&[]);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{ran}");
    for line in blocks("text").iter().flat_map(|block| block.lines()) {
        let is_shown = line.starts_with("$ ") || line == "…" || ran.out.lines().any(|l| l == line);
        assert!(is_shown, "the page shows {line:?}, and the example says\n{}", ran.out);
    }
}

#[test]
fn the_matrix_of_the_trip_has_many_cases_and_nothing_wrong_in_any() {
    let ran = CRASH_MATRIX.run(&[]);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{ran}");
    let summary = ran.out.lines().last().unwrap_or_default();
    let cases = summary.strip_prefix("book_trip, ").and_then(|rest| rest.split_once(" cases: "));
    let (count, counts) = cases.unwrap_or_else(|| panic!("{ran}"));
    assert!(count.parse::<u32>().is_ok_and(|count| count >= 150), "{summary}");
    assert!(counts.ends_with("; nothing wrong"), "{summary}");
    // Each case is counted once.
    let numbers = counts.split([' ', '(']).filter_map(|word| word.parse::<u32>().ok()).take(3);
    assert_eq!(numbers.sum::<u32>().to_string(), count, "{summary}");
    let page = read("docs/testing.md");
    assert!(page.contains(&format!("the saga of the trip: {count} cases")), "{summary}");

    let all = CRASH_MATRIX.run(&["all"]);
    assert!(all.out.contains("\ncharge_card: refuses + crash after write 3 "), "{all}");
    assert!(all.out.ends_with(&format!("{summary}\n")), "{all}");
}

#[test]
fn one_case_of_the_trip_runs_alone() {
    let ran = CRASH_MATRIX.run(&["charge_card: refuses"]);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{ran}");
    assert!(ran.out.contains("RollbackStarted") && ran.out.contains("book_trip, 2 cases"), "{ran}");
    let ran = CRASH_MATRIX.run(&["charge_card: explodes"]);
    assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran}");
    assert!(ran.err.contains("is not what goes wrong in any case"), "{ran}");
}
