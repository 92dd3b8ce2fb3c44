//! `cargo xtask sim [--seeds N] [--from S] [--journals] [--mutant M]`: runs the simulation, compiled fast and with
//! every assertion.
//!
//! Only dispatches: the simulation is a program of its own, which prints its progress and how to repeat a failure.

use std::process::ExitCode;

use crate::{Outcome, cargo};

/// Runs the command.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let status = cargo::program("cargo")?
        .args(command(arguments, cargo::in_ci()))
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the arguments of cargo that run it.
fn command(arguments: &[String], in_ci: bool) -> Vec<&str> {
    let mut command = vec!["run", "--quiet", "--profile", "sim", "--package", "saga-sim", "--"];
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
        let typed = ["--seeds".to_owned(), "5".to_owned()];
        assert!(command(&typed, false).ends_with(&["--package", "saga-sim", "--", "--seeds", "5"]));
        assert!(command(&typed, true).contains(&"--locked"));
    }
}
