//! The stage `mcp`: clients that are not ours list and call the tools of a server, are killed and come back.
//!
//! The clients are pinned in `saga-mcp/tests/clients` and installed below the target directory. Without Python, or without
//! a network when they are not installed yet, that is said, and nothing is checked; without npm, the inspector is left
//! out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;

/// The checks, and what they need.
const CLIENTS: &str = "saga-mcp/tests/clients";

/// The inspector, below `node_modules`.
const INSPECTOR: &str = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";

/// Runs the stage.
pub(super) fn check() -> Result<(), String> {
    let (target, clients) = (cargo::target()?, cargo::root()?.join(CLIENTS));
    let Some(python) = python(&clients, &target.join("mcp/python"))? else { return Ok(()) };
    let modules = modules(&clients, &target.join("mcp/node"))?;
    let build = ["build", "--profile", "ci", "--package", "saga-mcp", "--example", "desk"];
    cargo::judge(status(cargo::program("cargo")?.args(build))?)?;
    let mut checks = Command::new(python);
    checks.arg(clients.join("checks.py")).arg(target.join("ci/examples/desk"));
    if let Some(modules) = modules {
        checks.arg(modules.join("node/bin/node")).arg(modules.join(INSPECTOR));
    }
    cargo::judge(status(&mut checks)?)
}

/// Installs the Python clients if need be; returns the interpreter that has them. `None` if they cannot be had here.
fn python(clients: &Path, place: &Path) -> Result<Option<PathBuf>, String> {
    let (wanted, interpreter) = (clients.join("requirements.txt"), place.join("bin/python"));
    if is_installed(&wanted, place)? {
        return Ok(Some(interpreter));
    }
    if !answers(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place)) {
        println!("skipped: there is no Python on this machine that makes a virtual environment");
        return Ok(None);
    }
    println!("installs the clients in `{}`", place.display());
    let pip = |words: &[&str]| {
        let mut pip = Command::new(&interpreter);
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]).args(words);
        pip
    };
    if answers(pip(&["install", "--requirement"]).arg(&wanted)) {
        installed(&wanted, place)?;
        return Ok(Some(interpreter));
    }
    // The index always has pip itself: if that cannot be had, the network is missing.
    if answers(
        pip(&["download", "--no-deps", "--no-cache-dir", "--dest"]).arg(place.join("probe")).arg("pip"),
    ) {
        return Err(format!("`{CLIENTS}/requirements.txt` cannot be installed"));
    }
    println!("skipped: the clients are not installed, and Python's package index does not answer");
    Ok(None)
}

/// Installs the Node clients if need be; returns where. `None` if there is no npm.
fn modules(clients: &Path, place: &Path) -> Result<Option<PathBuf>, String> {
    let (wanted, modules) = (clients.join("package.json"), place.join("node_modules"));
    if is_installed(&wanted, place)? {
        return Ok(Some(modules));
    }
    if !answers(Command::new("npm").arg("--version").stdout(Stdio::null())) {
        println!("the inspector is left out: there is no npm on this machine");
        return Ok(None);
    }
    fs::create_dir_all(place).map_err(|error| at(place, &error))?;
    fs::copy(&wanted, place.join("package.json")).map_err(|error| at(&wanted, &error))?;
    let install = ["install", "--silent", "--no-audit", "--no-fund"];
    if !answers(Command::new("npm").args(install).current_dir(place).stdout(Stdio::null())) {
        return Err(format!("`{CLIENTS}/package.json` cannot be installed"));
    }
    installed(&wanted, place)?;
    Ok(Some(modules))
}

/// The copy of what was installed, by which that is known.
fn stamp(place: &Path) -> PathBuf {
    place.join("installed")
}

fn is_installed(wanted: &Path, place: &Path) -> Result<bool, String> {
    let wanted = fs::read(wanted).map_err(|error| at(wanted, &error))?;
    Ok(fs::read(stamp(place)).is_ok_and(|installed| installed == wanted))
}

fn installed(wanted: &Path, place: &Path) -> Result<(), String> {
    fs::copy(wanted, stamp(place)).map(drop).map_err(|error| at(wanted, &error))
}

/// Runs a program; returns true if it could be started and succeeded.
fn answers(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn status(command: &mut Command) -> Result<std::process::ExitStatus, String> {
    command.stdin(Stdio::null()).status().map_err(|error| format!("{command:?} cannot be started: {error}"))
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("`{}`: {error}", path.display())
}
