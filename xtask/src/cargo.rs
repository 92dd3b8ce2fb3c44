//! Calling cargo, and other programs, from the root of the repository.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The directory that holds the workspace.
pub(crate) fn root() -> Result<PathBuf, String> {
    // Cargo sets the variable when it runs us; the compiled-in value serves whoever calls the binary itself.
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    match own.parent() {
        Some(root) => Ok(root.to_path_buf()),
        None => Err(format!("`{}` has no directory above it", own.display())),
    }
}

/// True on a machine of continuous integration, where the lock file must be right already.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// A program to be started in the repository's root, with nothing that cargo told *us* about our own package.
pub(crate) fn program(name: &str) -> Result<Command, String> {
    // The cargo that started us is the one to go on with: the first in `PATH` may be another.
    let name = match std::env::var_os("CARGO") {
        Some(cargo) if name == "cargo" => cargo,
        _ => name.into(),
    };
    let mut command = Command::new(name);
    command.current_dir(root()?);
    for (variable, _) in std::env::vars_os() {
        // Build scripts that watch these would otherwise see a change, and compile again.
        let told_to_us = variable.to_str().is_some_and(|variable| {
            variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
        });
        if told_to_us {
            command.env_remove(variable);
        }
    }
    Ok(command)
}

/// What a program printed on its standard output; when it fails, what it said of that.
pub(crate) fn output(name: &str, arguments: &[&str]) -> Result<String, String> {
    let shown = format!("{name} {}", arguments.join(" "));
    let output = program(name)?
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{shown}` cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{shown}` failed ({}):\n{}", output.status, said.trim_end()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{shown}` printed what is not UTF-8"))
}

/// True if the program starts and says its version.
pub(crate) fn has(name: &str, arguments: &[&str]) -> bool {
    output(name, arguments).is_ok()
}
