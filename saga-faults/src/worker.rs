//! The worker program: opens the store, joins, and drives the sagas of the plan until its input ends or it is killed.
//! It prints `joined` once it works, and `held by …` if it may not.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use saga::StartError;
use saga::prelude::*;
use saga::store::StoreError;
use saga_sqlite::{Options, SqliteStore};
use tokio::io::AsyncReadExt as _;

use crate::crew;
use crate::deadly::Deadly;
use crate::mutant::{Mutant, of_worker};
use crate::plan;
use crate::port::{Kill, Port};
use crate::wire::Client;
use crate::world::{Way, World};

/// The exit code if another worker has the store.
pub(crate) const EXIT_HELD: u8 = 4;
/// Workers live for less than a second here, and the last one is to end soon.
const QUARANTINE_DELAY: std::time::Duration = std::time::Duration::from_millis(100);
/// The exit code after an error that no caller should ever get.
const EXIT_WRONG: u8 = 3;

/// The arguments of the program.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) store: PathBuf,
    pub(crate) ledger: PathBuf,
    pub(crate) seed: u64,
    pub(crate) sagas: usize,
    pub(crate) kill: Option<Kill>,
    pub(crate) mutant: Option<Mutant>,
}

impl Orders {
    /// Returns the arguments as words for the command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let mut words = vec!["worker".to_owned(), text(&self.store), text(&self.ledger)];
        words.extend([self.seed.to_string(), self.sagas.to_string()]);
        let (when, number) = match self.kill {
            None => ("never", 0),
            Some(Kill::Before(number)) => ("before", number),
            Some(Kill::After(number)) => ("after", number),
            Some(Kill::InFile(number)) => ("in-file", number),
        };
        words.extend([when.to_owned(), number.to_string()]);
        words.extend(self.mutant.map(|mutant| format!("{mutant:?}")));
        words
    }

    /// Parses the words of the command line.
    pub(crate) fn read(words: &[String]) -> Result<Self, String> {
        let [store, ledger, seed, sagas, when, number, rest @ ..] = words else {
            return Err("a worker is started by the harness".to_owned());
        };
        let read = |word: &String| word.parse::<u64>().map_err(|error| format!("{word:?}: {error}"));
        let number = read(number)?;
        let kill = match when.as_str() {
            "before" => Some(Kill::Before(number)),
            "after" => Some(Kill::After(number)),
            "in-file" => Some(Kill::InFile(number)),
            _ => None,
        };
        Ok(Self {
            store: PathBuf::from(store),
            ledger: PathBuf::from(ledger),
            seed: read(seed)?,
            sagas: usize::try_from(read(sagas)?).unwrap_or(0),
            kill,
            mutant: rest.first().map(|name| of_worker(name)).transpose()?,
        })
    }
}

/// Runs the program.
pub(crate) async fn run(orders: Orders) -> ExitCode {
    match work(orders).await {
        Ok(code) => code,
        Err(wrong) => {
            eprintln!("wrong: {wrong}");
            ExitCode::from(EXIT_WRONG)
        }
    }
}

async fn work(orders: Orders) -> Result<ExitCode, String> {
    let client = Client::connect(&orders.ledger).await;
    let client = client.map_err(|error| format!("the ledger cannot be reached: {error}"))?;
    let world = Arc::new(World::new(Way::Socket(client), orders.mutant));
    let store = open(&orders)?;
    let port = Port::new(Arc::new(store), orders.kill, orders.mutant);
    let runtime =
        match crew::signed_on(Runtime::builder(port).quarantine_delay(QUARANTINE_DELAY), world.clone())
            .start()
            .await
        {
            Ok(runtime) => runtime,
            Err(StartError::Store(StoreError::Held { holder })) => {
                say(&format!("held by {holder}"));
                return Ok(ExitCode::from(EXIT_HELD));
            }
            Err(error) => return Err(format!("the runtime does not start: {error}")),
        };
    say("joined");
    let mut sagas = tokio::task::JoinSet::new();
    for planned in plan::sagas(orders.seed, orders.sagas) {
        sagas.spawn(crew::follow(runtime.clone(), planned, world.clone()));
    }
    let all = async {
        while let Some(seen) = sagas.join_next().await {
            seen.map_err(|error| error.to_string())??;
        }
        std::future::pending::<Result<(), String>>().await
    };
    tokio::select! {
        wrong = all => wrong?,
        ended = input_ends() => ended.map_err(|error| format!("the input cannot be read: {error}"))?,
    }
    runtime.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn open(orders: &Orders) -> Result<SqliteStore, String> {
    let mut options = Options::default();
    if let Some(Kill::InFile(number)) = orders.kill {
        saga_vfs::register("deadly", Arc::new(Deadly::at(number))).map_err(|error| error.to_string())?;
        options = options.vfs("deadly");
    }
    options.open(&orders.store).map_err(|error| error.to_string())
}

/// Waits until the harness closes its end of the input.
async fn input_ends() -> std::io::Result<()> {
    let input = std::io::stdin().as_fd().try_clone_to_owned()?;
    let mut input = tokio::net::unix::pipe::Receiver::from_owned_fd(input)?;
    input.read_to_end(&mut Vec::new()).await.map(drop)
}

/// Prints a line for the harness.
fn say(line: &str) {
    // The harness may have gone.
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}
