//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::crash_loop::{self, Loop};
use crate::disk::{self, DiskSettings};
use crate::kill::{self, Settings};
use crate::mutant::Mutant;
use crate::place::Place;
use crate::worker::{self, Orders};

/// The exit code for a command line that cannot be parsed.
const EXIT_USAGE: u8 = 2;
/// The exit code after an interrupt.
const EXIT_STOPPED: u8 = 130;

/// Runs what the words ask for: `kill [--rounds N] [--seed S] [--sagas N] [--jobs N] [--dir D] [--mutant M]`, or `disk
/// [--seeds N] [--flips N] [--from S] [--sagas N] [--dir D] [--mutant M]`, or `loop [--kills N] [--period-ms N] [--sagas N]
/// [--step-ms N] [--killers N] [--delay-ms N] [--dir D]`.
pub async fn run(words: &[String]) -> ExitCode {
    let ran = match words.split_first() {
        Some((command, rest)) if command == "worker" => match Orders::read(rest) {
            Ok(orders) => Ok(worker::run(orders).await),
            Err(message) => Err(message),
        },
        Some((command, rest)) if command == "kill" => match rounds(rest) {
            Ok((settings, mut place)) => Ok(unless_stopped(kill::run(settings, &mut place)).await),
            Err(message) => Err(message),
        },
        Some((command, rest)) if command == "loop-worker" => crash_loop::work(rest).await,
        Some((command, rest)) if command == "loop" => match crash_loop_of(rest) {
            Ok((of, _place)) => Ok(unless_stopped(crash_loop::run(of)).await),
            Err(message) => Err(message),
        },
        Some((command, rest)) if command == "disk" => match runs(rest) {
            Ok((settings, _place)) => Ok(unless_stopped(disk::command(settings)).await),
            Err(message) => Err(message),
        },
        _ => Err("commands: `kill`, `disk`, `loop`".to_owned()),
    };
    ran.unwrap_or_else(|message| {
        eprintln!("error: {message}");
        ExitCode::from(EXIT_USAGE)
    })
}

/// Runs the harness until a signal stops it; dropping it cleans up.
async fn unless_stopped(harness: impl Future<Output = ExitCode>) -> ExitCode {
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return harness.await };
    tokio::select! {
        code = harness => code,
        Ok(()) = tokio::signal::ctrl_c() => ExitCode::from(EXIT_STOPPED),
        Some(()) = terminated.recv() => ExitCode::from(EXIT_STOPPED),
    }
}

fn rounds(words: &[String]) -> Result<(Settings, Place), String> {
    let dir = PathBuf::new();
    let mut settings = Settings { rounds: 20, seed: 1, sagas: 200, jobs: 2, dir, mutant: None };
    let mut asked = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", String::as_str);
        match word.as_str() {
            "--rounds" => settings.rounds = number(word, value())?,
            "--seed" => settings.seed = number(word, value())?,
            "--sagas" => settings.sagas = count(word, value())?,
            "--jobs" => settings.jobs = count(word, value())?,
            "--dir" => asked = Some(PathBuf::from(value())),
            "--mutant" => settings.mutant = Some(Mutant::named(value())?),
            other => {
                let accepted = "`--rounds`, `--seed`, `--sagas`, `--jobs`, `--dir`, `--mutant`";
                return Err(format!("unknown option `{other}`: accepted: {accepted}"));
            }
        }
    }
    let place = Place::new(asked);
    settings.dir = place.dir().to_owned();
    Ok((settings, place))
}

fn runs(words: &[String]) -> Result<(DiskSettings, Place), String> {
    let mut settings =
        DiskSettings { seeds: 20, flips: 20, from: 1, sagas: 24, dir: PathBuf::new(), mutant: None };
    let mut asked = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", String::as_str);
        match word.as_str() {
            "--seeds" => settings.seeds = number(word, value())?,
            "--flips" => settings.flips = number(word, value())?,
            "--from" => settings.from = number(word, value())?,
            "--sagas" => settings.sagas = count(word, value())?,
            "--dir" => asked = Some(PathBuf::from(value())),
            "--mutant" => settings.mutant = Some(Mutant::named(value())?),
            other => {
                let accepted = "`--seeds`, `--flips`, `--from`, `--sagas`, `--dir`, `--mutant`";
                return Err(format!("unknown option `{other}`: accepted: {accepted}"));
            }
        }
    }
    let place = Place::new(asked);
    settings.dir = place.dir().to_owned();
    Ok((settings, place))
}

fn crash_loop_of(words: &[String]) -> Result<(Loop, Place), String> {
    let dir = PathBuf::new();
    let mut of =
        Loop { kills: 60, period_ms: 1000, sagas: 50, step_ms: 5000, killers: 0, delay_ms: 10_000, dir };
    let mut asked = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", String::as_str);
        match word.as_str() {
            "--kills" => of.kills = number(word, value())?,
            "--period-ms" => of.period_ms = number(word, value())?,
            "--sagas" => of.sagas = count(word, value())?,
            "--step-ms" => of.step_ms = number(word, value())?,
            "--killers" => of.killers = count(word, value())?,
            "--delay-ms" => of.delay_ms = number(word, value())?,
            "--dir" => asked = Some(PathBuf::from(value())),
            other => {
                let accepted =
                    "`--kills`, `--period-ms`, `--sagas`, `--step-ms`, `--killers`, `--delay-ms`, `--dir`";
                return Err(format!("unknown option `{other}`: accepted: {accepted}"));
            }
        }
    }
    let place = Place::new(asked);
    of.dir = place.dir().join("loop");
    Ok((of, place))
}

fn number(option: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("`{option}` takes a number, not {value:?}"))
}

fn count(option: &str, value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("`{option}` takes a number, not {value:?}"))
}
