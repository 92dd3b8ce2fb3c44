//! `cargo xtask bench [--json | --markdown] [name…]`: runs the workspace's benchmarks. Without names it runs all but
//! those with long builds.
//!
//! Only dispatches. A benchmark is a section of the bench target `speed`, or a module here if it measures the compiler.
//! It prints its own report: text, JSON alone with `--json`, or the text for the documentation with `--markdown`.

mod compile;
mod form;
mod peers;

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;

use crate::{Outcome, cargo};
use form::Form;

/// What can be asked for.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Runs only these.
    #[arg(value_parser = PossibleValuesParser::new(BENCHES.iter().map(|bench| bench.name)))]
    names: Vec<String>,
    /// Prints JSON alone.
    #[arg(long)]
    json: bool,
    /// Prints the text for the documentation.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

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
    Bench { name: "released", work: Work::Speed },
    Bench { name: "scale", work: Work::Speed },
    Bench { name: "compile", work: Work::Own { run: compile::run } },
    Bench { name: "peers", work: Work::OnlyNamed { run: peers::run } },
];

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let chosen = choose(&arguments.names, BENCHES);
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
fn form(arguments: &Arguments, chosen: &[&Bench]) -> Result<Form, String> {
    match chosen.iter().find(|bench| matches!(bench.work, Work::Own { .. })) {
        Some(bench) if arguments.markdown => {
            Err(format!("`{}` has no `--markdown`; name the others", bench.name))
        }
        _ if arguments.markdown => Ok(Form::Markdown),
        _ if arguments.json => Ok(Form::Json),
        _ => Ok(Form::Text),
    }
}

/// Returns the benchmarks of these names. Without names, returns all that need not be named.
fn choose<'a>(names: &[String], benches: &'a [Bench]) -> Vec<&'a Bench> {
    let is_chosen = |bench: &&Bench| match bench.work {
        Work::OnlyNamed { .. } if names.is_empty() => false,
        _ => names.is_empty() || names.iter().any(|name| name == bench.name),
    };
    benches.iter().filter(is_chosen).collect()
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

    fn chosen(names: &[&str]) -> Vec<&'static str> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        choose(&names, THREE).iter().map(|bench| bench.name).collect()
    }

    #[test]
    fn without_a_name_all_run_and_with_names_only_those() {
        assert_eq!(chosen(&[]), ["w1", "w2"]);
        assert_eq!(chosen(&["w2"]), ["w2"]);
        assert_eq!(chosen(&["big"]), ["big"]);
    }

    #[test]
    fn markdown_is_asked_for_of_those_that_have_it() {
        let markdown = Arguments { markdown: true, ..Arguments::default() };
        assert_eq!(form(&Arguments::default(), &[&THREE[2]]), Ok(Form::Text));
        assert_eq!(form(&markdown, &[&THREE[2], &THREE[0]]), Ok(Form::Markdown));
        let refused = form(&markdown, &choose(&["compile".to_owned()], BENCHES));
        assert_eq!(refused, Err("`compile` has no `--markdown`; name the others".to_owned()));
    }

    #[test]
    fn the_form_is_handed_on() {
        assert!(command(&["w1", "w2"], Form::Json).ends_with(&["--", "w1", "w2", "--json"]));
        assert!(command(&["w1"], Form::Markdown).ends_with(&["--", "w1", "--markdown"]));
        assert_eq!(command(&["w1"], Form::Text).last(), Some(&"w1"));
    }
}
