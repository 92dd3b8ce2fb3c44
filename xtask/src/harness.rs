//! `cargo xtask sim`, `cargo xtask kill` and `cargo xtask disk`: random sagas in a simulated world, and real faults.
//!
//! Only dispatches: the harnesses are programs of their own, which print their progress and how to repeat a failure. They
//! are built as CI builds the workspace, so that a build serves both.

use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use crate::{Outcome, cargo};

const BUILD: &[&str] = &[
    "build",
    "--quiet",
    "--profile",
    "ci",
    "--workspace",
    "--exclude",
    "unified",
    "--all-features",
    "--bin",
];

/// What is typed for a harness, which parses it.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Words {
    /// The options of the program; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    pub(crate) words: Vec<String>,
}

/// Runs the simulation.
pub(crate) fn sim(typed: &Words) -> Outcome {
    run("saga-sim", None, typed)
}

/// Kills worker processes.
pub(crate) fn kill(typed: &Words) -> Outcome {
    run("saga-faults", Some("kill"), typed)
}

/// Makes the disk fail.
pub(crate) fn disk(typed: &Words) -> Outcome {
    run("saga-faults", Some("disk"), typed)
}

fn run(name: &str, command: Option<&str>, typed: &Words) -> Outcome {
    let words: Vec<&str> = command.into_iter().chain(typed.words.iter().map(String::as_str)).collect();
    let status = start(name, &words)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a harness as a stage of CI.
pub(crate) fn check(name: &str, arguments: &[&str]) -> Result<(), String> {
    cargo::judge(start(name, arguments)?)
}

fn start(name: &str, arguments: &[&str]) -> Result<ExitStatus, String> {
    let program = built(name)?;
    let status = Command::new(&program).args(arguments).current_dir(cargo::root()?).status();
    status.map_err(|error| format!("`{}` cannot be started: {error}", program.display()))
}

/// Builds a program; returns its path.
fn built(name: &str) -> Result<PathBuf, String> {
    let mut build = cargo::program("cargo")?;
    build.args(BUILD).arg(name);
    if cargo::in_ci() {
        build.arg("--locked");
    }
    let status = build.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("`{name}` cannot be built ({status})"));
    }
    Ok(cargo::target()?.join("ci").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
