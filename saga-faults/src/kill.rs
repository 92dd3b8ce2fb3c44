//! Rounds of killing: real worker processes are killed and stopped while sagas are under way. A ledger survives them;
//! after each round it is compared with the journals.

mod death;
mod people;
mod process;
mod round;
mod tally;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::mutant::{Mutant, of_worker};
use crate::place::Place;
pub(crate) use people::{Operator, patience};
pub(crate) use tally::Tally;

/// The settings of the rounds.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Settings {
    /// The number of rounds.
    #[arg(long, default_value_t = 20)]
    pub(crate) rounds: u64,
    /// The seed of the first round; each later round adds 1.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The number of sagas in each round.
    #[arg(long, default_value_t = 200)]
    pub(crate) sagas: usize,
    /// The number of rounds that run at the same time.
    #[arg(long, default_value_t = 2)]
    pub(crate) jobs: usize,
    /// The directory for the files of the rounds.
    #[arg(skip)]
    pub(crate) dir: PathBuf,
    /// The bug to put into the worker, which has to be found.
    #[arg(long, value_parser = of_worker)]
    pub(crate) mutant: Option<Mutant>,
}

/// A round in which something was wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) seed: u64,
    pub(crate) wrongs: Vec<String>,
    /// The directory with the store's file, the ledger and the output of the workers.
    pub(crate) kept: PathBuf,
}

/// The number of findings of a round that are shown.
const SHOWN: usize = 12;

/// Runs the rounds, and prints progress and the result.
pub(crate) async fn run(settings: Settings, place: &mut Place) -> ExitCode {
    let began = tokio::time::Instant::now();
    let bar = std::io::stderr().is_terminal();
    let places = Arc::new(Semaphore::new(settings.jobs.max(1)));
    let settings = Arc::new(settings);
    let mut rounds = JoinSet::new();
    for number in 0..settings.rounds {
        let (settings, places) = (settings.clone(), places.clone());
        rounds.spawn(async move {
            // The semaphore is never closed.
            let _place = places.acquire().await;
            round::run(&settings, settings.seed + number).await
        });
    }
    let mut tally = Tally::default();
    while let Some(round) = rounds.join_next().await {
        match round {
            Ok(Ok(of_round)) => tally.add(of_round),
            Ok(Err(failure)) => {
                rounds.shutdown().await;
                place.keep(failure.kept.clone());
                return explain(&failure, &settings);
            }
            Err(error) => {
                eprintln!("\nerror: a round could not be run: {error}");
                return ExitCode::FAILURE;
            }
        }
        tell(tally.rounds, settings.rounds, bar, began.elapsed());
    }
    println!("{tally}");
    println!("{:.1} s; nothing twice, nothing forgotten", began.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

fn tell(done: u64, of: u64, bar: bool, took: Duration) {
    let mut out = std::io::stderr().lock();
    let written = if bar {
        let full = usize::try_from(done * 40 / of.max(1)).unwrap_or(0);
        let end = if done == of { "\n" } else { "" };
        let rest = " ".repeat(40 - full.min(40));
        write!(out, "\r[{}{rest}] {done} of {of} rounds{end}", "=".repeat(full))
    } else if done == of || done.is_multiple_of((of / 20).max(1)) {
        writeln!(out, "{done} of {of} rounds, {:.0} s", took.as_secs_f64())
    } else {
        Ok(())
    };
    // Output is optional.
    drop(written.and_then(|()| out.flush()));
}

fn explain(failure: &Failure, settings: &Settings) -> ExitCode {
    println!("\nthe round of seed {} is wrong:", failure.seed);
    failure.wrongs.iter().take(SHOWN).for_each(|wrong| println!("  {wrong}"));
    if failure.wrongs.len() > SHOWN {
        println!("  and {} more", failure.wrongs.len() - SHOWN);
    }
    println!("kept: {}", failure.kept.display());
    let mutant = settings.mutant.map(|mutant| format!(" --mutant {mutant:?}")).unwrap_or_default();
    let with = format!("--seed {} --sagas {}{mutant}", failure.seed, settings.sagas);
    println!("to repeat its plan: cargo xtask kill --rounds 1 {with}");
    ExitCode::FAILURE
}
