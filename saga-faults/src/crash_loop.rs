//! A crash loop with real processes: a worker is killed again and again while its sagas are in a step, or one of its sagas
//! aborts it. Afterwards only a saga that aborts may be dead-lettered.
//!
//! `cargo run --profile ci -p saga-faults -- loop` kills once a second for a minute, over 50 sagas in a step of five
//! seconds; with `--killers 1` and `--kills 0` one of the sagas aborts the process instead.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use saga::Phase;
use saga::prelude::*;
use saga::store::{Query, Store as _};
use saga_sqlite::SqliteStore;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The maximum number of restarts until all sagas have settled.
const RESTARTS_MAX: u32 = 100;
/// The longest life of a worker without an outcome.
const PATIENCE: Duration = Duration::from_secs(600);

/// One loop.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Loop {
    /// The number of kills.
    #[arg(long, default_value_t = 60)]
    pub(crate) kills: u64,
    /// The time between two kills.
    #[arg(long, default_value_t = 1000)]
    pub(crate) period_ms: u64,
    /// The number of sagas.
    #[arg(long, default_value_t = 50)]
    pub(crate) sagas: usize,
    /// The duration of their step.
    #[arg(long, default_value_t = 5000)]
    pub(crate) step_ms: u64,
    /// The number of sagas that abort the process.
    #[arg(long, default_value_t = 0)]
    pub(crate) killers: usize,
    /// The time for which a process must live before it runs a suspect.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) delay_ms: u64,
    #[arg(skip)]
    pub(crate) dir: PathBuf,
}

/// Takes so long.
#[step(irreversible, idempotent)]
async fn takes(ms: u64) -> Result<(), Failure> {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Ok(())
}

/// Aborts the process.
#[step(irreversible, idempotent)]
async fn aborts() -> Result<(), Failure> {
    std::process::abort()
}

/// A saga that harms no process.
#[saga]
async fn innocent(ms: u64) -> Result<(), Failure> {
    takes(ms).await?;
    Ok(())
}

/// A saga that aborts the process each time.
#[saga]
async fn killer() -> Result<(), Failure> {
    aborts().await?;
    Ok(())
}

impl Loop {
    fn store(&self) -> PathBuf {
        self.dir.join("loop.db")
    }

    /// Returns the arguments of a worker as words for the command line.
    fn words(&self) -> Vec<String> {
        let store = self.store().to_string_lossy().into_owned();
        let numbers = [self.sagas as u64, self.step_ms, self.killers as u64, self.delay_ms];
        let mut words = vec!["loop-worker".to_owned(), store];
        words.extend(numbers.map(|number| number.to_string()));
        words
    }

    fn start(&self) -> Result<Child, String> {
        let failed = |error: std::io::Error| format!("a worker cannot be started: {error}");
        let program = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(program);
        command.args(self.words()).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        command.spawn().map_err(failed)
    }

    /// Kills the worker again and again, lets it end, and returns the ids of the dead letters.
    async fn play(&self) -> Result<Vec<String>, String> {
        let failed = |error: std::io::Error| format!("a worker cannot be waited for: {error}");
        for _ in 0..self.kills {
            let mut worker = self.start()?;
            if timeout(Duration::from_millis(self.period_ms), worker.wait()).await.is_err() {
                worker.kill().await.map_err(failed)?;
            }
        }
        let mut aborts = 0;
        loop {
            let ended = timeout(PATIENCE, self.start()?.wait()).await;
            let ended = ended.map_err(|_| format!("a worker has not ended within {PATIENCE:?}"))?;
            if ended.map_err(failed)?.success() {
                break;
            }
            aborts += 1;
            if aborts > RESTARTS_MAX {
                return Err(format!("the sagas have not settled after {RESTARTS_MAX} restarts"));
            }
        }
        let dead_lettered = dead_letters(&self.store()).await?;
        let Loop { kills, period_ms, sagas, killers, .. } = self;
        println!(
            "{kills} kills, one each {period_ms} ms, then {aborts} aborts; {sagas} sagas, and {killers} that abort \
             the process; dead-lettered: {}",
            if dead_lettered.is_empty() { "none".to_owned() } else { dead_lettered.join(", ") }
        );
        Ok(dead_lettered)
    }
}

async fn dead_letters(path: &Path) -> Result<Vec<String>, String> {
    let store = SqliteStore::open(path).map_err(|error| error.to_string())?;
    let query = Query { phases: vec![Phase::DeadLettered], limit: 1000, ..Query::default() };
    let page = store.query(&query).await.map_err(|error| error.to_string())?;
    let mut ids: Vec<_> = page.sagas.iter().map(|saga| saga.id.to_string()).collect();
    ids.sort();
    Ok(ids)
}

/// Runs a loop; fails unless exactly the sagas that abort the process are dead-lettered.
pub(crate) async fn run(of: Loop) -> ExitCode {
    let made = std::fs::create_dir_all(&of.dir).map_err(|error| error.to_string());
    let played = match made {
        Ok(()) => of.play().await,
        Err(error) => Err(error),
    };
    let guilty: Vec<_> = (0..of.killers).map(|number| format!("killer-{number}")).collect();
    match played {
        Ok(dead_lettered) if dead_lettered == guilty => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a worker until all its sagas have settled.
pub(crate) async fn work(words: &[String]) -> Result<ExitCode, String> {
    let [store, numbers @ ..] = words else { return Err("a worker is started by the harness".to_owned()) };
    let numbers: Result<Vec<u64>, _> = numbers.iter().map(|word| word.parse()).collect();
    let Ok([sagas, step_ms, killers, delay_ms]) = numbers.as_deref() else {
        return Err("a worker is started by the harness".to_owned());
    };
    let store = SqliteStore::open(store).map_err(|error| error.to_string())?;
    let builder = Runtime::builder(store).quarantine_delay(Duration::from_millis(*delay_ms));
    let runtime = builder.saga::<innocent>().saga::<killer>().start().await;
    let runtime = runtime.map_err(|error| error.to_string())?;
    for number in 0..*sagas {
        runtime.run(format!("innocent-{number}"), innocent(*step_ms)).await.map_err(|e| e.to_string())?;
    }
    let mut handles = Vec::new();
    for number in 0..*killers {
        handles.push(runtime.run(format!("killer-{number}"), killer()).await.map_err(|e| e.to_string())?);
    }
    for handle in handles {
        drop(handle.outcome().await.map_err(|error| error.to_string())?);
    }
    for number in 0..*sagas {
        let handle = runtime.run(format!("innocent-{number}"), innocent(*step_ms)).await;
        drop(handle.map_err(|e| e.to_string())?.outcome().await.map_err(|error| error.to_string())?);
    }
    runtime.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
