//! Runs cargo and other programs in the root of the repository.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// Returns the root directory of the workspace.
pub(crate) fn root() -> Result<PathBuf, String> {
    // Cargo sets the variable when it runs us. The compiled-in value serves direct calls of the binary.
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    match own.parent() {
        Some(root) => Ok(root.to_path_buf()),
        None => Err(format!("`{}` has no directory above it", own.display())),
    }
}

/// Returns the directory that cargo builds in.
pub(crate) fn target() -> Result<PathBuf, String> {
    #[derive(serde::Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let json = output("cargo", &["metadata", "--format-version=1", "--no-deps"])?;
    let metadata: Metadata = serde_json::from_str(&json)
        .map_err(|error| format!("`cargo metadata` is not understood: {error}"))?;
    Ok(metadata.target_directory)
}

/// Returns an error that says how a program ended, if it did not succeed.
pub(crate) fn judge(status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

/// Returns true in continuous integration, where the lock file must already be right.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Returns a command in the repository's root, without the variables that cargo set for our own package.
pub(crate) fn program(name: &str) -> Result<Command, String> {
    // The cargo that started us is used again: the first in `PATH` may be another.
    let name = match std::env::var_os("CARGO") {
        Some(cargo) if name == "cargo" => cargo,
        _ => name.into(),
    };
    let mut command = Command::new(name);
    command.current_dir(root()?);
    for (variable, _) in std::env::vars_os() {
        // Build scripts that watch these variables would see a change, and recompile.
        let told_to_us = variable.to_str().is_some_and(|variable| {
            variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
        });
        if told_to_us {
            command.env_remove(variable);
        }
    }
    Ok(command)
}

/// Returns the standard output of a program; if it fails, its standard error.
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

/// Returns true if the program starts and prints its version.
pub(crate) fn has(name: &str, arguments: &[&str]) -> bool {
    output(name, arguments).is_ok()
}
