//! The project's own commands, typed as `cargo xtask <command>`.
//!
//! Not part of what users depend on: nothing here is published. Each command is a file of its own; this one
//! only chooses between them, and is where an error becomes text and an exit code.

// The commands measure how long they take; the clock that the rest of the project must inject is not meant.
#![allow(clippy::disallowed_methods)]

mod api;
mod bench;
mod cargo;
mod editor;
mod errors;
mod harness;
mod nearest;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{CommandFactory as _, Parser, Subcommand};

/// What a command answers: done, done but with something found wrong (which it has printed), or unable to run.
type Outcome = Result<ExitCode, String>;

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs everything CI runs.
    Test {
        /// Runs only these.
        #[arg(value_parser = PossibleValuesParser::new(test::stages()))]
        stages: Vec<String>,
    },
    /// Checks the rules of the architecture, and that the docs name what exists.
    Tidy {
        /// Prints files, imports and circles of each crate instead.
        #[arg(long)]
        imports: bool,
    },
    /// Writes `docs/errors` from the fixtures of compile errors.
    Errors,
    /// Writes the public items of the published crates to `docs/api.txt`.
    Api,
    /// Asks rust-analyzer what it offers where steps and sagas are typed.
    Editor,
    /// Runs random sagas in a simulated world, from seeds, and shrinks what fails.
    Sim(harness::Words),
    /// Kills and stops real workers with sagas under way, and audits what is left.
    Kill(harness::Words),
    /// Runs sagas on a disk that fails, loses its power and flips bits, and audits what is left.
    Disk(harness::Words),
    /// Measures; prints ratios taken in one run.
    Bench(bench::Arguments),
}

/// The exit code of a command that cannot run, and that of clap for a call that it cannot parse.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        None => {
            Arguments::command().print_help().map(|()| ExitCode::SUCCESS).map_err(|error| error.to_string())
        }
        Some(Command::Test { stages }) => test::run(&stages),
        Some(Command::Tidy { imports }) => tidy::run(imports),
        Some(Command::Errors) => errors::run(),
        Some(Command::Api) => api::write().map(|()| ExitCode::SUCCESS),
        Some(Command::Editor) => editor::check().map(|()| ExitCode::SUCCESS),
        Some(Command::Sim(words)) => harness::sim(&words),
        Some(Command::Kill(words)) => harness::kill(&words),
        Some(Command::Disk(words)) => harness::disk(&words),
        Some(Command::Bench(arguments)) => bench::run(&arguments),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("error: {message}");
        ExitCode::from(EXIT_USAGE)
    })
}

/// Returns the names of all commands, in the order in which they are listed.
fn command_names() -> Vec<String> {
    Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &[&str]) -> String {
        let words = std::iter::once("xtask").chain(words.iter().copied());
        Arguments::try_parse_from(words).expect_err("it cannot be parsed").to_string()
    }

    #[test]
    fn commands_and_stages_are_listed() {
        let help = |of: &mut clap::Command| of.render_help().to_string();
        let mut all = Arguments::command();
        all.clone().debug_assert();
        for command in command_names() {
            assert!(help(&mut all).contains(&format!("  {command} ")), "{command}");
        }
        let stages: Vec<&str> = test::stages().collect();
        let test = help(all.find_subcommand_mut("test").expect("it is a command"));
        assert!(test.contains(&stages.join(", ")), "{test}");
    }

    #[test]
    fn an_unknown_word_is_told_the_nearest() {
        for (words, said) in [
            (&["tset"][..], "'test'"),
            (&["test", "doc"], "'docs'"),
            (&["bench", "--jsn"], "'--json'"),
            (&["bench", "w3"], "w1, w2"),
            (&["bench", "--json", "--markdown"], "cannot be used with"),
            (&["errors", "now"], "'now'"),
        ] {
            assert!(refused(words).contains(said), "{}", refused(words));
        }
    }

    #[test]
    fn what_is_typed_for_a_harness_is_handed_on() {
        let words = ["xtask", "kill", "--rounds", "5", "--help"];
        let parsed = Arguments::try_parse_from(words).expect("the harness parses it").command;
        let Some(Command::Kill(words)) = parsed else { panic!("{parsed:?}") };
        assert_eq!(words.words, ["--rounds", "5", "--help"]);
    }
}
