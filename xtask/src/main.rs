//! The project's own commands, typed as `cargo xtask <command>`.
//!
//! Not part of what users depend on: nothing here is published. Each command is a file of its own; this one
//! only chooses between them, and is where an error becomes text and an exit code.

// The commands measure how long they take; the clock that the rest of the project must inject is not meant.
#![allow(clippy::disallowed_methods)]

mod bench;
mod cargo;
mod editor;
mod errors;
mod kill;
mod nearest;
mod sim;
mod test;
mod tidy;

use std::process::ExitCode;

/// What a command answers: done, done but with something found wrong (which it has printed), or unable to run.
type Outcome = Result<ExitCode, String>;

struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    /// What else can be asked of it: each option, and what it does.
    options: &'static [(&'static str, &'static str)],
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        arguments: "[stage…]",
        about: "Runs everything CI runs: fmt, tidy, weight, clippy, tests, unified, newcomer, editor, sim, kill, disk, docs",
        options: &[],
        run: test::run,
    },
    Command {
        name: "tidy",
        arguments: "[--imports]",
        about: "Checks the rules of the architecture, and that the docs name what exists",
        options: &[("--imports", "prints files, imports and circles of each crate instead")],
        run: tidy::run,
    },
    Command {
        name: "errors",
        arguments: "",
        about: "Writes `docs/errors` from the fixtures of compile errors",
        options: &[],
        run: errors::run,
    },
    Command {
        name: "editor",
        arguments: "",
        about: "Asks rust-analyzer what it offers where steps and sagas are typed",
        options: &[],
        run: editor::run,
    },
    Command {
        name: "sim",
        arguments: "[--seeds N] [--from S]",
        about: "Runs random sagas in a simulated world, from seeds, and shrinks what fails",
        options: &[
            ("--journals", "with a failure, the journals of its sagas as well"),
            ("--mutant <name>", "with a bug put back, which has to be found"),
        ],
        run: sim::run,
    },
    Command {
        name: "kill",
        arguments: "[--rounds N] [--seed S]",
        about: "Kills and stops real workers with sagas under way, and audits what is left",
        options: &[
            ("--sagas <n>", "so many in each round, 200 if nothing is said"),
            ("--jobs <n>", "so many rounds at a time, 2 if nothing is said"),
            ("--dir <path>", "files go there, and stay; in memory if nothing is said"),
            ("--mutant <name>", "with a bug put into the worker, which has to be found"),
        ],
        run: kill::run,
    },
    Command {
        name: "disk",
        arguments: "[--seeds N] [--from S]",
        about: "Runs sagas on a disk that fails, loses its power and flips bits, and audits what is left",
        options: &[
            ("--flips <n>", "so many bits are flipped, each in a copy of a store, 20 if nothing is said"),
            ("--sagas <n>", "so many in each run, 24 if nothing is said"),
            ("--dir <path>", "files go there; in memory if nothing is said"),
            ("--mutant <name>", "with a bug put in, which has to be found"),
        ],
        run: kill::disk,
    },
    Command {
        name: "bench",
        arguments: "[--json|--markdown] [memory|w1|w2|recover|parked|compile|peers]",
        about: "Measures; prints ratios taken in one run",
        options: &[],
        run: bench::run,
    },
];

/// A way of calling `cargo xtask` that cannot be understood.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if is_help(name) || rest.first().is_some_and(|argument| is_help(argument)) {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("error: {}", nearest::unknown("command", name, &command_names()));
        return ExitCode::from(EXIT_USAGE);
    };
    match (command.run)(rest) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn is_help(argument: &str) -> bool {
    matches!(argument, "help" | "--help" | "-h")
}

/// Returns the names of all commands, in the order in which they are listed.
fn command_names() -> Vec<&'static str> {
    COMMANDS.iter().map(|command| command.name).collect()
}

fn help() -> String {
    let mut text = String::from("The project's own commands.\n\n");
    for command in COMMANDS {
        let call = format!("cargo xtask {} {}", command.name, command.arguments);
        text.push_str(&format!("  {call:<35} {}\n", command.about));
        for (option, about) in command.options {
            text.push_str(&format!("      {option:<31} {about}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_has_one_line_for_each_command() {
        let help = help();
        for command in COMMANDS {
            let lines = help.lines().filter(|line| line.contains(&format!("cargo xtask {} ", command.name)));
            assert_eq!(lines.count(), 1, "{}", command.name);
            assert!(help.contains(command.about));
            for (option, about) in command.options {
                assert!(help.lines().any(|line| line.contains(option) && line.ends_with(about)), "{option}");
            }
        }
        let stages: Vec<&str> = test::stages().collect();
        assert!(help.contains(&stages.join(", ")), "{stages:?}");
        assert!(help.contains("--journals") && help.contains("--mutant") && help.contains("--dir"));
    }
}
