//! `cargo xtask bench [--json | --markdown] [name…]`: runs the workspace's benchmarks. Without names it runs all but
//! those with long builds.
//!
//! Only dispatches. A benchmark is a section of the bench target `speed`, or a module here if it measures the compiler.
//! It prints its own report: text, JSON alone with `--json`, or the text for the documentation with `--markdown`.

mod compile;
mod form;
mod peers;

use std::process::ExitCode;

use crate::{Outcome, cargo, nearest};
use form::Form;

struct Bench {
    /// The name on the command line.
    name: &'static str,
    work: Work,
}

enum Work {
    /// The section of that name in the target `speed`.
    Speed,
    /// A function of this program. Its argument is true for JSON.
    Own { run: fn(bool) -> Result<(), String> },
    /// Like `Own`, but runs only when named. Its argument is the form of the report.
    OnlyNamed { run: fn(Form) -> Result<(), String> },
}

const BENCHES: &[Bench] = &[
    Bench { name: "memory", work: Work::Speed },
    Bench { name: "w1", work: Work::Speed },
    Bench { name: "w2", work: Work::Speed },
    Bench { name: "recover", work: Work::Speed },
    Bench { name: "parked", work: Work::Speed },
    Bench { name: "scale", work: Work::Speed },
    Bench { name: "compile", work: Work::Own { run: compile::run } },
    Bench { name: "peers", work: Work::OnlyNamed { run: peers::run } },
];

const OPTIONS: &[&str] = &["--json", "--markdown"];

/// Runs the command.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let chosen = choose(arguments, BENCHES)?;
    let form = form(arguments, &chosen)?;
    let is_section = |bench: &&&Bench| matches!(bench.work, Work::Speed);
    let sections: Vec<&str> = chosen.iter().filter(is_section).map(|bench| bench.name).collect();
    if !sections.is_empty() {
        let command = command(&sections, form);
        let status = cargo::program("cargo")?
            .args(&command)
            .status()
            .map_err(|error| format!("cargo cannot be started: {error}"))?;
        if !status.success() {
            eprintln!("a benchmark failed; to repeat it: cargo {}", command.join(" "));
            return Ok(ExitCode::FAILURE);
        }
    }
    for bench in chosen {
        match bench.work {
            Work::Speed => {}
            Work::Own { run } => run(form == Form::Json)?,
            Work::OnlyNamed { run } => run(form)?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the form of the report that the arguments select.
fn form(arguments: &[String], chosen: &[&Bench]) -> Result<Form, String> {
    let is_asked_for = |option: &str| arguments.iter().any(|argument| argument == option);
    match (is_asked_for("--json"), is_asked_for("--markdown")) {
        (false, false) => Ok(Form::Text),
        (true, false) => Ok(Form::Json),
        (false, true) => match chosen.iter().find(|bench| matches!(bench.work, Work::Own { .. })) {
            Some(bench) => Err(format!("`{}` has no `--markdown`; name the others", bench.name)),
            None => Ok(Form::Markdown),
        },
        (true, true) => Err("either `--json` or `--markdown`".to_owned()),
    }
}

/// Returns the benchmarks that the arguments name. Without names, returns all that need not be named.
fn choose<'a>(arguments: &[String], benches: &'a [Bench]) -> Result<Vec<&'a Bench>, String> {
    let mut chosen = Vec::new();
    for argument in arguments.iter().filter(|argument| !OPTIONS.contains(&argument.as_str())) {
        if argument.starts_with('-') {
            return Err(nearest::unknown("option", argument, OPTIONS));
        }
        let Some(bench) = benches.iter().find(|bench| bench.name == argument) else {
            let names: Vec<&str> = benches.iter().map(|bench| bench.name).collect();
            return Err(nearest::unknown("benchmark", argument, &names));
        };
        chosen.push(bench);
    }
    let need_no_name = benches.iter().filter(|bench| !matches!(bench.work, Work::OnlyNamed { .. }));
    Ok(if chosen.is_empty() { need_no_name.collect() } else { chosen })
}

/// Returns the arguments of cargo that run these sections in one process.
fn command<'a>(sections: &[&'a str], form: Form) -> Vec<&'a str> {
    let mut arguments = vec!["bench", "-p", "saga-benches", "--bench", "speed", "--"];
    arguments.extend(sections);
    match form {
        Form::Text => {}
        Form::Json => arguments.push("--json"),
        Form::Markdown => arguments.push("--markdown"),
    }
    if form != Form::Text {
        // Cargo's own messages go to the error stream; a reader of the report does not need them.
        arguments.insert(1, "--quiet");
    }
    if cargo::in_ci() {
        arguments.insert(1, "--locked");
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &[Bench] = &[
        Bench { name: "w1", work: Work::Speed },
        Bench { name: "w2", work: Work::Speed },
        Bench { name: "big", work: Work::OnlyNamed { run: |_| Ok(()) } },
    ];

    fn chosen(arguments: &[&str]) -> Result<Vec<&'static str>, String> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        Ok(choose(&arguments, THREE)?.iter().map(|bench| bench.name).collect())
    }

    #[test]
    fn without_a_name_all_run_and_with_names_only_those() {
        assert_eq!(chosen(&[]), Ok(vec!["w1", "w2"]));
        assert_eq!(chosen(&["--json"]), Ok(vec!["w1", "w2"]));
        assert_eq!(chosen(&["w2", "--json"]), Ok(vec!["w2"]));
        assert_eq!(chosen(&["big"]), Ok(vec!["big"]));
    }

    #[test]
    fn an_unknown_name_is_told_the_accepted() {
        let error = chosen(&["latency"]).expect_err("there is no such benchmark");
        assert_eq!(error, "unknown benchmark `latency`: accepted: `w1`, `w2`, `big`");
    }

    #[test]
    fn an_unknown_option_is_refused() {
        let error = chosen(&["--jsn"]).expect_err("there is no such option");
        assert!(error.contains("did you mean `--json`"), "{error}");
    }

    #[test]
    fn one_form_is_asked_for_and_by_those_that_have_it() {
        let form_of = |arguments: &[&str], benches| {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            form(&arguments, &choose(&arguments, benches).expect("they are known"))
        };
        assert_eq!(form_of(&["big"], THREE), Ok(Form::Text));
        assert_eq!(form_of(&["big", "--json"], THREE), Ok(Form::Json));
        assert_eq!(form_of(&["big", "w1", "--markdown"], THREE), Ok(Form::Markdown));
        assert!(form_of(&["big", "--markdown", "--json"], THREE).is_err());
        let refused = form_of(&["compile", "--markdown"], BENCHES);
        assert_eq!(refused, Err("`compile` has no `--markdown`; name the others".to_owned()));
    }

    #[test]
    fn the_form_is_handed_on() {
        assert!(command(&["w1", "w2"], Form::Json).ends_with(&["--", "w1", "w2", "--json"]));
        assert!(command(&["w1"], Form::Markdown).ends_with(&["--", "w1", "--markdown"]));
        assert_eq!(command(&["w1"], Form::Text).last(), Some(&"w1"));
    }
}
