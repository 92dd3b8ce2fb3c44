//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::crash_loop::{self, Loop};
use crate::disk::{self, DiskSettings};
use crate::kill::{self, Settings};
use crate::place::Place;
use crate::worker::{self, Orders};

/// The exit code for a command line that cannot be parsed; that of clap as well.
const EXIT_USAGE: u8 = 2;
/// The exit code after an interrupt.
const EXIT_STOPPED: u8 = 130;

/// Real faults, under the real runtime and the real store.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Call {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Kills and stops real workers with sagas under way, and audits what is left.
    Kill(Placed<Settings>),
    /// Runs sagas on a disk that fails, loses its power and flips bits, and audits what is left.
    Disk(Placed<DiskSettings>),
    /// Kills a worker again and again, and shows which sagas are dead-lettered.
    Loop(Placed<Loop>),
    #[command(hide = true)]
    Worker { words: Vec<String> },
    #[command(hide = true)]
    LoopWorker { words: Vec<String> },
}

/// Settings, and the directory for the files.
#[derive(Debug, Args)]
struct Placed<S: Args> {
    #[command(flatten)]
    settings: S,
    /// The files go there, and stay; without it, they are in memory.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Runs what the command line asks for.
pub async fn run() -> ExitCode {
    let ran = match Call::parse().command {
        Command::Kill(Placed { mut settings, dir }) => {
            let mut place = Place::new(dir);
            settings.dir = place.dir().to_owned();
            Ok(unless_stopped(kill::run(settings, &mut place)).await)
        }
        Command::Disk(Placed { mut settings, dir }) => {
            let place = Place::new(dir);
            settings.dir = place.dir().to_owned();
            Ok(unless_stopped(disk::command(settings)).await)
        }
        Command::Loop(Placed { mut settings, dir }) => {
            let place = Place::new(dir);
            settings.dir = place.dir().join("loop");
            Ok(unless_stopped(crash_loop::run(settings)).await)
        }
        Command::Worker { words } => match Orders::read(&words) {
            Ok(orders) => Ok(worker::run(orders).await),
            Err(message) => Err(message),
        },
        Command::LoopWorker { words } => crash_loop::work(&words).await,
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
