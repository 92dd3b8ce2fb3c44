//! The crates that benchmark `compile` measures: a workspace of its own, that has the crates of ours by their path and
//! all others as we have them, and what cargo does with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::cargo;

/// A crate that is measured.
pub(super) struct Subject {
    pub(super) name: &'static str,
    /// The text of each file, by its path in the crate.
    files: Vec<(String, String)>,
    pub(super) seconds: Vec<f64>,
}

impl Subject {
    pub(super) fn new(name: &'static str, files: Vec<(String, String)>) -> Self {
        Self { name, files, seconds: Vec::new() }
    }
}

/// What cargo does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// `cargo check`, not incremental.
    Check,
    /// `cargo check`, incremental as it is by default.
    CheckIncremental,
    /// `cargo build`, incremental as it is by default, without optimization.
    Build,
}

impl Task {
    fn arguments(self) -> [&'static str; 2] {
        match self {
            Self::Check | Self::CheckIncremental => ["check", "--quiet"],
            Self::Build => ["build", "--quiet"],
        }
    }

    fn incremental(self) -> &'static str {
        match self {
            Self::Check => "0",
            Self::CheckIncremental | Self::Build => "1",
        }
    }
}

/// Where the crates are.
pub(super) struct Workspace(PathBuf);

impl Workspace {
    /// Writes the crates. What was compiled of their dependencies is kept, so that a second run begins at once.
    pub(super) fn write<'a>(subjects: impl Iterator<Item = &'a Subject> + Clone) -> Result<Self, String> {
        let root = cargo::root()?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let folder = root.join(target.unwrap_or_else(|| "target".into())).join("bench-compile");
        let names: Vec<String> = subjects.clone().map(|subject| format!("{:?}", subject.name)).collect();
        write(
            &folder.join("Cargo.toml"),
            &format!("[workspace]\nmembers = [{}]\nresolver = \"3\"\n", names.join(", ")),
        )?;
        let lock =
            fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
        write(&folder.join("Cargo.lock"), &lock)?;
        let workspace = Self(folder);
        for subject in subjects {
            let manifest = format!(
                "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                 saga = {{ package = \"saga-rs\", path = {root:?}, default-features = false }}\n\
                 serde = {{ version = \"1\", features = [\"derive\"] }}\nthiserror = \"2\"\n\
                 tokio = {{ version = \"1\", features = [\"rt\", \"time\"] }}\n",
                subject.name
            );
            write(&workspace.0.join(subject.name).join("Cargo.toml"), &manifest)?;
            workspace.rewrite(subject)?;
        }
        Ok(workspace)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// Writes the files of a crate anew: to cargo they have changed.
    pub(super) fn rewrite(&self, subject: &Subject) -> Result<(), String> {
        for (path, text) in &subject.files {
            write(&self.0.join(subject.name).join(path), text)?;
        }
        Ok(())
    }

    /// Puts a line before all others of one file, as an edit does that moves what stands below it.
    pub(super) fn edit(&self, subject: &Subject, path: &str, line: &str) -> Result<(), String> {
        let text = subject.files.iter().find(|(known, _)| known == path).map(|(_, text)| text);
        let text = text.ok_or_else(|| format!("{} has no file {path}", subject.name))?;
        write(&self.0.join(subject.name).join(path), &format!("{line}\n{text}"))
    }

    /// Forgets what was compiled of that crate.
    pub(super) fn clean(&self, subject: &Subject) -> Result<(), String> {
        let mut command: Command = cargo::program("cargo")?;
        command.args(["clean", "--quiet", "--package", subject.name]);
        self.complete(command)
    }

    /// Runs cargo on all crates or on one of them; gives the seconds that it took.
    pub(super) fn run(&self, task: Task, package: Option<&str>) -> Result<f64, String> {
        let mut command: Command = cargo::program("cargo")?;
        command.args(task.arguments()).env("CARGO_INCREMENTAL", task.incremental());
        match package {
            Some(package) => command.args(["--package", package]),
            None => command.arg("--workspace"),
        };
        let began = Instant::now();
        self.complete(command)?;
        Ok(began.elapsed().as_secs_f64())
    }

    fn complete(&self, mut command: Command) -> Result<(), String> {
        command.current_dir(&self.0).stdin(Stdio::null()).env("CARGO_TARGET_DIR", self.0.join("target"));
        // What a user has without a profile of their own.
        command.env_remove("CARGO_PROFILE_DEV_DEBUG");
        let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("a program that is measured does not compile ({status})"))
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
