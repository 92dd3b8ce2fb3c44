//! Benchmark `compile`: how long the compiler takes to expand and type-check a saga of 50 different steps, each with its
//! compensation, and how long for the same code as plain async functions.
//!
//! Measured is `cargo check` of the one crate, its dependencies being done, not incremental. The sides take turns, and
//! the median of each is compared. An empty crate with the same dependencies shows what of it is cargo itself.

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::form::median;
use crate::cargo;
use program::{Outputs, Side, program};

const STEPS: usize = 50;
const ROUNDS: usize = 9;
/// The times of the plain functions that the saga may take.
const RATIO_MAX: f64 = 3.0;

/// A crate that is measured.
struct Subject {
    name: &'static str,
    text: String,
    seconds: Vec<f64>,
}

/// Runs the benchmark.
pub(super) fn run(json: bool) -> Result<(), String> {
    let folder = folder()?;
    let mut subjects = subjects();
    write_all(&folder, &subjects)?;
    if !json {
        println!("checking what both depend on, in {}", folder.display());
    }
    check(&folder, None)?;
    for _ in 0..ROUNDS {
        for subject in &mut subjects {
            write(&source(&folder, subject.name), &subject.text)?;
            let began = Instant::now();
            check(&folder, Some(subject.name))?;
            subject.seconds.push(began.elapsed().as_secs_f64());
        }
    }
    let seconds: Vec<f64> = subjects.iter_mut().map(|subject| median(&mut subject.seconds)).collect();
    let [empty, plain, saga, plain_shared, saga_shared] = seconds[..] else {
        return Err("every subject has a median".to_owned());
    };
    for figure in [
        Figure { bench: "compile", saga, plain, empty },
        Figure { bench: "compile-shared", saga: saga_shared, plain: plain_shared, empty },
    ] {
        println!("{}", if json { figure.json() } else { figure.text() });
    }
    if !json {
        println!(
            "\n`cargo check` of the crate alone, medians of {ROUNDS} rounds in turns; allowed: {RATIO_MAX} times. In\n\
             `compile` each step gives a struct of its own, in `compile-shared` all give the same. How many lines a\n\
             step adds to the expansion: cargo test -p saga-macros --lib -- --nocapture lines"
        );
    }
    Ok(())
}

fn subjects() -> Vec<Subject> {
    let subject = |name, text| Subject { name, text, seconds: Vec::new() };
    vec![
        subject("empty", "use {saga as _, serde as _, thiserror as _};\n".to_owned()),
        subject("plain", program(Side::Plain, Outputs::Own, STEPS)),
        subject("saga-of", program(Side::Saga, Outputs::Own, STEPS)),
        subject("plain-shared", program(Side::Plain, Outputs::Shared, STEPS)),
        subject("saga-of-shared", program(Side::Saga, Outputs::Shared, STEPS)),
    ]
}

/// One line of the result.
struct Figure {
    bench: &'static str,
    saga: f64,
    plain: f64,
    empty: f64,
}

impl Figure {
    fn ratio(&self) -> f64 {
        self.saga / self.plain
    }

    /// Of what the compiler has to do for the code itself.
    fn ratio_net(&self) -> f64 {
        (self.saga - self.empty) / (self.plain - self.empty)
    }

    fn json(&self) -> String {
        let Figure { bench, saga, plain, empty } = self;
        format!(
            "{{\"bench\":\"{bench}\",\"steps\":{STEPS},\"saga_s\":{saga:.3},\"plain_s\":{plain:.3},\
             \"empty_s\":{empty:.3},\"ratio\":{:.2},\"ratio_net\":{:.2}}}",
            self.ratio(),
            self.ratio_net()
        )
    }

    fn text(&self) -> String {
        let Figure { bench, saga, plain, empty } = self;
        format!(
            "{bench:<15} a saga of {STEPS} steps {saga:.2} s, plain functions {plain:.2} s: ratio {:.2}; \
             less an empty crate ({empty:.2} s): {:.2}",
            self.ratio(),
            self.ratio_net()
        )
    }
}

/// Returns where the crates are, and what was checked of their dependencies: kept, so that a second run begins at once.
fn folder() -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    Ok(cargo::root()?.join(target.unwrap_or_else(|| "target".into())).join("bench-compile"))
}

fn source(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("src/lib.rs")
}

/// Writes a workspace of its own, that has the crates of ours by their path and all others as we have them.
fn write_all(folder: &Path, subjects: &[Subject]) -> Result<(), String> {
    let root = cargo::root()?;
    let names: Vec<String> = subjects.iter().map(|subject| format!("{:?}", subject.name)).collect();
    write(
        &folder.join("Cargo.toml"),
        &format!("[workspace]\nmembers = [{}]\nresolver = \"3\"\n", names.join(", ")),
    )?;
    let lock = fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    write(&folder.join("Cargo.lock"), &lock)?;
    for subject in subjects {
        let manifest = format!(
            "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             saga = {{ package = \"saga-rs\", path = {root:?}, default-features = false }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\nthiserror = \"2\"\n",
            subject.name
        );
        write(&folder.join(subject.name).join("Cargo.toml"), &manifest)?;
        write(&source(folder, subject.name), &subject.text)?;
    }
    Ok(())
}

/// Writes it anew, also what is the same: to cargo it has changed.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

/// `cargo check`, of all of them or of one.
fn check(folder: &Path, package: Option<&str>) -> Result<(), String> {
    let mut command: Command = cargo::program("cargo")?;
    command.args(["check", "--quiet"]).current_dir(folder).stdin(Stdio::null());
    command.env("CARGO_INCREMENTAL", "0").env("CARGO_TARGET_DIR", folder.join("target"));
    match package {
        Some(package) => command.args(["--package", package]),
        None => command.arg("--workspace"),
    };
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("a program that is measured does not compile ({status})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_of_all_and_of_what_an_empty_crate_does_not_need() {
        let figure = Figure { bench: "compile", saga: 2.5, plain: 1.0, empty: 0.5 };
        assert!((figure.ratio() - 2.5).abs() < 1e-9 && (figure.ratio_net() - 4.0).abs() < 1e-9);
        assert!(figure.json().contains("\"ratio\":2.50,\"ratio_net\":4.00"), "{}", figure.json());
    }

    #[test]
    fn the_median_is_not_moved_by_one_slow_round() {
        assert!((median(&mut [9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
    }
}
