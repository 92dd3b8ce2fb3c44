//! `cargo xtask test [stage…]`: runs everything CI runs, in stages, and reports each result.
//!
//! A failed stage does not stop the next: one run shows every failure. The cheap stages come first.
//!
//! Stages that compile run beside stages that run what was built: real processes, which mostly wait, and tests with one
//! long case at their end. Cargo's lock on the target directory keeps them from compiling at the same time.
//!
//! All stages compile with all features, without `RUSTFLAGS`, in the profile `ci`. Features and flags of dependencies are
//! therefore equal: clippy and docs share checks, tests and harnesses share crates, and all stages share macros and build
//! scripts (the bundled SQLite is the expensive one).

mod deny;
mod mcp;
mod newcomer;
mod prepare;
mod stage;
mod weight;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::{Outcome, cargo};
use stage::{STAGES, Stage};

/// The result of one stage.
struct Report {
    stage: &'static Stage,
    failure: Option<String>,
    took: Duration,
}

/// Runs the command. A run of all stages has two lanes; what is named runs one after the other.
pub(crate) fn run(names: &[String]) -> Outcome {
    let stages = choose(names);
    prepare::prepare(&stages)?;
    let began = Instant::now();
    let (beside, first): (Vec<_>, Vec<_>) =
        stages.iter().copied().partition(|stage| stage.beside && names.is_empty());
    let mut reports = std::thread::scope(|scope| {
        let beside = scope.spawn(move || reports(&beside, Stage::run_apart));
        let mut reports = reports(&first, Stage::run);
        reports.extend(beside.join().expect("a stage that fails does not panic"));
        reports
    });
    reports.sort_by_key(|report| stages.iter().position(|stage| stage.name == report.stage.name));
    let (summary, code) = summary(&reports, began.elapsed(), cargo::in_ci());
    say(&summary);
    Ok(code)
}

/// Runs stages one after the other.
fn reports(stages: &[&'static Stage], run: fn(&Stage) -> Result<(), String>) -> Vec<Report> {
    let report = |stage: &&'static Stage| {
        say(&format!("{}: {}", stage.name, stage.shown(cargo::in_ci())));
        let began = Instant::now();
        let failure = run(stage).err();
        let report = Report { stage, failure, took: began.elapsed() };
        say(&format!("{}: {}", stage.name, verdict(&report)));
        report
    };
    stages.iter().map(report).collect()
}

/// Returns the names of all stages, in their order.
pub(crate) fn stages() -> impl Iterator<Item = &'static str> {
    STAGES.iter().map(|stage| stage.name)
}

/// Returns the named stages in their usual order, or all.
fn choose(names: &[String]) -> Vec<&'static Stage> {
    let wanted = |stage: &&Stage| names.is_empty() || names.iter().any(|name| name == stage.name);
    STAGES.iter().filter(wanted).collect()
}

fn verdict(report: &Report) -> String {
    let seconds = report.took.as_secs_f64();
    match &report.failure {
        None => format!("ok, {seconds:.1} s"),
        Some(failure) => format!("FAILED, {seconds:.1} s: {failure}"),
    }
}

/// Returns the summary text, and the exit code.
fn summary(reports: &[Report], took: Duration, in_ci: bool) -> (String, ExitCode) {
    let mut text = format!("\nsummary, {:.1} s:\n", took.as_secs_f64());
    for report in reports {
        let verdict = if report.failure.is_some() { "FAILED" } else { "ok" };
        text.push_str(&format!(
            "  {:<8} {verdict:<6} {:>7.1} s\n",
            report.stage.name,
            report.took.as_secs_f64()
        ));
    }
    let failed: Vec<&Report> = reports.iter().filter(|report| report.failure.is_some()).collect();
    if failed.is_empty() {
        text.push_str("all passed");
        return (text, ExitCode::SUCCESS);
    }
    text.push_str("to repeat what failed:");
    for report in failed {
        text.push_str(&format!("\n  {}", report.stage.shown(in_ci)));
    }
    (text, ExitCode::FAILURE)
}

/// Prints a line of progress at once: output of the stages comes between.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The reader may have closed its end; the exit code still reports the result.
    let _closed = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(stage: &'static Stage, failure: Option<&str>) -> Report {
        Report { stage, failure: failure.map(str::to_owned), took: Duration::from_millis(1500) }
    }

    #[test]
    fn without_names_all_stages_are_chosen() {
        assert_eq!(choose(&[]).len(), STAGES.len());
    }

    #[test]
    fn named_stages_come_in_their_usual_order() {
        let chosen = choose(&["docs".into(), "fmt".into()]);
        assert_eq!(chosen.iter().map(|stage| stage.name).collect::<Vec<_>>(), ["fmt", "docs"]);
    }

    #[test]
    fn a_failure_is_in_the_summary_with_its_command() {
        let reports = [report(&STAGES[0], None), report(&STAGES[3], Some("exit status 1"))];
        let (text, code) = summary(&reports, Duration::from_secs(3), false);
        assert_eq!(code, ExitCode::FAILURE);
        assert!(text.ends_with(&format!("to repeat what failed:\n  {}", STAGES[3].shown(false))), "{text}");
        assert!(!text.contains(&STAGES[0].shown(false)), "{text}");
    }

    #[test]
    fn when_all_pass_the_summary_says_so() {
        let (text, code) = summary(&[report(&STAGES[0], None)], Duration::from_secs(2), false);
        assert_eq!(code, ExitCode::SUCCESS);
        assert!(text.ends_with("all passed"), "{text}");
    }
}
