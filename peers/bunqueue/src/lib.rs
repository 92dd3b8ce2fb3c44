//! Runs the TypeScript programs on bun. The stories and the books of the companies are those of the harness; a life
//! replaces this process by bun, with the same environment.
//!
//! `rollback_crash.ts` and the others have the sagas, `trip.ts` what they share.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Error, Life, Story, error};

/// Runs a program of stories, whose lives are `src/{script}`.
///
/// # Errors
/// If a life cannot be started; the text says what is missing.
pub fn main(script: &str, stories: &[Story]) -> Result<(), Error> {
    match Life::here() {
        Some(_) => become_bun(script),
        None => harness::life::tell("bunqueue", stories, &[]),
    }
}

/// Replaces this process by bun with `src/{script}` and the arguments of this process. Returns only if that fails.
///
/// # Errors
/// If bun or bunqueue is not installed.
pub fn become_bun(script: &str) -> Result<(), Error> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bun = bun(here)?;
    let failed =
        Command::new(&bun).arg(here.join("src").join(script)).args(std::env::args_os().skip(1)).exec();
    Err(error(format!("{} cannot be started: {failed}", bun.display())))
}

/// Returns the path of the bun that npm installed: it comes as a package for this machine.
fn bun(here: &Path) -> Result<PathBuf, Error> {
    let missing =
        "missing: bun and bunqueue; npm install --ignore-scripts --no-package-lock --prefix peers/bunqueue";
    let packages = std::fs::read_dir(here.join("node_modules/@oven")).map_err(|_| error(missing))?;
    let programs = packages.filter_map(Result::ok).map(|package| package.path().join("bin/bun"));
    programs.into_iter().find(|program| program.is_file()).ok_or_else(|| error(missing))
}
