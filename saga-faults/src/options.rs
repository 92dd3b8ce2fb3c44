//! What is asked for on the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::disk::{self, DiskSettings};
use crate::kill::{self, Settings};
use crate::mutant::Mutant;
use crate::worker::{self, Orders};

/// A command line that cannot be understood.
const EXIT_USAGE: u8 = 2;

/// Runs what the words ask for: `kill [--rounds N] [--seed S] [--sagas N] [--jobs N] [--dir D] [--mutant M]`, or
/// `disk [--seeds N] [--from S] [--sagas N] [--dir D] [--mutant M]`.
pub async fn run(words: &[String]) -> ExitCode {
    let ran = match words.split_first() {
        Some((command, rest)) if command == "worker" => match Orders::read(rest) {
            Ok(orders) => Ok(worker::run(orders).await),
            Err(message) => Err(message),
        },
        Some((command, rest)) if command == "kill" => match rounds(rest) {
            Ok(settings) => Ok(kill::run(settings).await),
            Err(message) => Err(message),
        },
        Some((command, rest)) if command == "disk" => match runs(rest) {
            Ok(settings) => Ok(disk::command(settings).await),
            Err(message) => Err(message),
        },
        _ => Err("commands: `kill`, `disk`".to_owned()),
    };
    ran.unwrap_or_else(|message| {
        eprintln!("error: {message}");
        ExitCode::from(EXIT_USAGE)
    })
}

/// Where files are that need not last. What a killed process leaves behind does not depend on the disk, and runs without
/// one are quicker.
pub fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

fn place() -> PathBuf {
    memory().join(format!("saga-faults-{}", std::process::id()))
}

fn rounds(words: &[String]) -> Result<Settings, String> {
    let mut settings = Settings { rounds: 20, seed: 1, sagas: 200, jobs: 2, dir: place(), mutant: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", String::as_str);
        match word.as_str() {
            "--rounds" => settings.rounds = number(word, value())?,
            "--seed" => settings.seed = number(word, value())?,
            "--sagas" => settings.sagas = count(word, value())?,
            "--jobs" => settings.jobs = count(word, value())?,
            "--dir" => settings.dir = PathBuf::from(value()),
            "--mutant" => settings.mutant = Some(Mutant::named(value())?),
            other => {
                let accepted = "`--rounds`, `--seed`, `--sagas`, `--jobs`, `--dir`, `--mutant`";
                return Err(format!("unknown option `{other}`: accepted: {accepted}"));
            }
        }
    }
    Ok(settings)
}

fn runs(words: &[String]) -> Result<DiskSettings, String> {
    let mut settings = DiskSettings { seeds: 20, from: 1, sagas: 24, dir: place(), mutant: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", String::as_str);
        match word.as_str() {
            "--seeds" => settings.seeds = number(word, value())?,
            "--from" => settings.from = number(word, value())?,
            "--sagas" => settings.sagas = count(word, value())?,
            "--dir" => settings.dir = PathBuf::from(value()),
            "--mutant" => settings.mutant = Some(Mutant::named(value())?),
            other => {
                let accepted = "`--seeds`, `--from`, `--sagas`, `--dir`, `--mutant`";
                return Err(format!("unknown option `{other}`: accepted: {accepted}"));
            }
        }
    }
    Ok(settings)
}

fn number(option: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("`{option}` takes a number, not {value:?}"))
}

fn count(option: &str, value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("`{option}` takes a number, not {value:?}"))
}
