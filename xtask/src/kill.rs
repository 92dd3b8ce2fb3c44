//! `cargo xtask kill [--rounds N] [--seed S]` and `cargo xtask disk [--seeds N] [--from S]`: real faults, under the
//! real runtime and the real store.
//!
//! Only dispatches: the harness is a program of its own, which prints its progress and how to repeat a failure.

use std::process::ExitCode;

use crate::{Outcome, cargo};

/// Kills worker processes.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    harness("kill", arguments)
}

/// Makes the disk fail.
pub(crate) fn disk(arguments: &[String]) -> Outcome {
    harness("disk", arguments)
}

fn harness(what: &str, arguments: &[String]) -> Outcome {
    let status = cargo::program("cargo")?
        .args(command(what, arguments, cargo::in_ci()))
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the arguments of cargo that run it.
fn command<'a>(what: &'a str, arguments: &'a [String], in_ci: bool) -> Vec<&'a str> {
    let mut command = vec!["run", "--quiet", "--profile", "sim", "--package", "saga-faults", "--", what];
    command.extend(arguments.iter().map(String::as_str));
    if in_ci {
        command.insert(1, "--locked");
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_handed_on() {
        let typed = ["--rounds".to_owned(), "5".to_owned()];
        assert!(command("kill", &typed, false).ends_with(&["saga-faults", "--", "kill", "--rounds", "5"]));
        assert!(command("disk", &[], true).contains(&"--locked"));
    }
}
