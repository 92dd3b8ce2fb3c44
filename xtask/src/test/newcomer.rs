//! The stage `newcomer`: a new user's path, with the crates as they would be published.
//!
//! Packages each crate that is published, and checks that they can be published one after the other. Then builds
//! `tests/beside` outside of the workspace, from the packages: saga beside sqlx, sea-orm and diesel, in one build with
//! one native SQLite. Each program runs; the example of the README is killed, and resumes.

mod console;
mod packages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use packages::Packaged;

/// The programs, and the line that each prints.
const PROGRAMS: &[&str] = &["beside-diesel", "beside-sea-orm", "beside-sqlx"];
const PRINTED: &str = "completed; reserved: 1";

/// The program that the README shows.
const EXAMPLE: &str = "examples/hello/src/main.rs";

/// How `tests/beside` depends on the workspace.
const BY_PATH: &str = "saga-rs = { path = \"../..\"";

/// Runs the stage.
pub(super) fn check() -> Result<(), String> {
    let target = cargo::target()?;
    let place = target.join("newcomer");
    clear(&place)?;
    let packaged = packages::package(&target, &place.join("packages"))?;
    println!("in the order of publication: {}", names(&packaged));

    let outside = place.join("beside");
    lay_out(&outside, &packaged)?;
    println!("fetches what it does not have, and builds: saga beside sqlx, sea-orm and diesel");
    build(&outside, &target)?;
    let (programs, run) = (target.join("ci"), place.join("run"));
    for program in PROGRAMS {
        runs(&programs.join(program), &run.join(program))?;
    }
    console::follow(&readme()?, &programs.join("readme"), &run.join("readme"))
}

fn names(packaged: &[Packaged]) -> String {
    packaged.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Copies `tests/beside`; in the copy, saga comes from the packages.
fn lay_out(outside: &Path, packaged: &[Packaged]) -> Result<(), String> {
    copy(&cargo::root()?.join("tests/beside"), outside)?;
    let manifest = outside.join("Cargo.toml");
    let text = read(&manifest)?;
    let facade = packaged.iter().find(|it| it.name == "saga-rs").ok_or("`saga-rs` is not published")?;
    if !text.contains(BY_PATH) {
        return Err(format!("`tests/beside/Cargo.toml` does not have `{BY_PATH}`"));
    }
    let mut text = text.replace(BY_PATH, &format!("saga-rs = {{ version = \"{}\"", facade.version));
    text.push_str("\n[patch.crates-io]\n");
    // What builds on the facade is not in the graph, and a patch that is not used does not fit the lock file.
    let facade = packaged.iter().position(|it| it.name == facade.name).unwrap_or_default();
    for it in &packaged[..=facade] {
        text.push_str(&format!("{} = {{ path = \"../packages/{}\" }}\n", it.name, it.directory()));
    }
    write(&manifest, &text)?;
    let readme = readme()?;
    let program = console::program(&readme)?;
    let example = cargo::root()?.join(EXAMPLE);
    if !read(&example)?.ends_with(program) {
        return Err(format!("`README.md` shows another program than `{EXAMPLE}`"));
    }
    // Beside sqlx.
    write(&outside.join("sqlx/src/bin/readme.rs"), program)
}

fn readme() -> Result<String, String> {
    read(&cargo::root()?.join("README.md"))
}

fn build(outside: &Path, target: &Path) -> Result<(), String> {
    let mut cargo = cargo::program("cargo")?;
    // In the same directory: what has the same version and features as in the workspace is built once.
    cargo.args(["build", "--locked", "--profile", "ci", "--target-dir"]).arg(target).current_dir(outside);
    run(&mut cargo).map(drop)
}

/// Runs a program on files in a new directory.
fn runs(program: &Path, directory: &Path) -> Result<(), String> {
    create(directory)?;
    let printed = run(Command::new(program).arg(directory))?;
    if printed.trim() == PRINTED {
        return Ok(());
    }
    Err(format!("`{}` printed {printed:?}, and {PRINTED:?} is expected", program.display()))
}

/// Runs a program that must succeed; returns its standard output.
fn run(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let ran = command.stderr(std::process::Stdio::inherit()).output();
    let ran = ran.map_err(|error| format!("{shown} cannot be started: {error}"))?;
    if !ran.status.success() {
        return Err(format!("{shown} failed ({})", ran.status));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    create(to)?;
    for entry in fs::read_dir(from).map_err(|error| at(from, &error))? {
        let path = entry.map_err(|error| at(from, &error))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| at(&path, &error))?;
        }
    }
    Ok(())
}

fn clear(directory: &PathBuf) -> Result<(), String> {
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(|error| at(directory, &error))?;
    }
    create(directory)
}

fn create(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| at(directory, &error))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| at(path, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    create(path.parent().unwrap_or(path))?;
    fs::write(path, text).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
