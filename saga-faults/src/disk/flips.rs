//! Bit flips: in a copy of a store with sagas under way, one bit of the file is flipped. The copy is opened, read,
//! driven and acted upon. Each read must return what was written, or an error that names the saga; other sagas go on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use saga::prelude::*;
use saga::store::{Query, Store as _, StoreError};
use saga::{SagaId, record::Entry};
use saga_sqlite::SqliteStore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::crew;
use crate::draw::Draw;
use crate::ledger::Ledger;
use crate::plan::{self, Planned};
use crate::world::{Way, World};

/// The number of flips in one store before another is made.
const OF_ONE_STORE: u64 = 25;
/// The longest time for an answer of the store.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// The longest time until all sagas have ended.
const END_MAX: Duration = Duration::from_secs(60);

/// The result of the flips.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FlipReport {
    /// The number of flips.
    pub flips: u64,
    /// The number of files that could not be opened, with an error that says why.
    pub refused: u64,
    /// The number of flips in SQLite's own pages: the store reported the error for more than one saga.
    pub of_the_store: u64,
    /// The number of flips after which sagas were reported as damaged, by name, and all others ended.
    pub of_sagas: u64,
    /// The number of flips that were not found and did no harm.
    pub harmless: u64,
}

/// The journals of a store as they were written.
type Journals = BTreeMap<SagaId, Vec<Entry>>;

/// Flips bits, one at a time.
///
/// # Errors
/// What was wrong, and after which flip.
pub(super) async fn run(seed: u64, flips: u64, sagas: usize, dir: &Path) -> Result<FlipReport, Vec<String>> {
    let mut report = FlipReport::default();
    while report.flips < flips {
        let seed = seed + report.flips / OF_ONE_STORE;
        let here = dir.join(format!("flips-{}-{seed}", std::process::id()));
        let made = make(seed, sagas, &here).await;
        let (path, truth) = made.map_err(|wrong| vec![format!("the store of seed {seed}: {wrong}")])?;
        let mut draw = Draw::of(seed, &["flips"]);
        for number in 0..OF_ONE_STORE.min(flips - report.flips) {
            let flip = Flip::draw(&path, &mut draw).map_err(|wrong| vec![wrong])?;
            let wrongs = match flip.made(&path, &here.join(format!("{number}.db"))) {
                Ok(copy) => see(seed, &copy, &truth, &mut report).await,
                Err(wrong) => vec![wrong],
            };
            if !wrongs.is_empty() {
                return Err(wrongs
                    .into_iter()
                    .map(|wrong| format!("seed {seed}, {flip:?}: {wrong}"))
                    .collect());
            }
            report.flips += 1;
        }
        // The files can be made again from the seed.
        drop(std::fs::remove_dir_all(&here));
    }
    Ok(report)
}

/// Makes a store in which some sagas have ended and others are under way.
async fn make(seed: u64, sagas: usize, dir: &Path) -> Result<(PathBuf, Journals), String> {
    std::fs::create_dir_all(dir).map_err(|error| error.to_string())?;
    let path = dir.join("sagas.db");
    let planned = plan::sagas(seed, sagas);
    let mut life = Life::begin(&path, seed).await?;
    for planned in &planned {
        let (runtime, world) = (life.runtime.clone(), life.world.clone());
        life.tasks.spawn(crew::follow(runtime, planned.clone(), world));
    }
    sleep(Duration::from_millis(Draw::of(seed, &["time"]).between(60, 300))).await;
    life.end().await?;
    let store = SqliteStore::open(&path).map_err(|error| error.to_string())?;
    let mut truth = Journals::new();
    for Planned { id, .. } in planned {
        let saga = SagaId::new(&id).map_err(|error| error.to_string())?;
        let journal = store.load(&saga, 0, usize::MAX).await.map_err(|error| error.to_string())?;
        if !journal.is_empty() {
            truth.insert(saga, journal);
        }
    }
    Ok((path, truth))
}

/// The position of one bit.
#[derive(Debug, Clone, Copy)]
struct Flip {
    byte: u64,
    bit: u32,
}

impl Flip {
    fn draw(path: &Path, draw: &mut Draw) -> Result<Self, String> {
        let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        Ok(Self { byte: draw.below(length), bit: u32::try_from(draw.below(8)).unwrap_or(0) })
    }

    /// Makes a copy in which the bit is flipped.
    fn made(&self, path: &Path, copy: &Path) -> Result<PathBuf, String> {
        let mut bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let byte = usize::try_from(self.byte).unwrap_or(0);
        bytes[byte] ^= 1 << self.bit;
        std::fs::write(copy, bytes).map_err(|error| error.to_string())?;
        Ok(copy.to_owned())
    }
}

/// The part of this process that stands for one process.
struct Life {
    store: Arc<SqliteStore>,
    runtime: Runtime,
    world: Arc<World>,
    tasks: JoinSet<Result<(), String>>,
}

impl Life {
    async fn begin(path: &Path, seed: u64) -> Result<Self, String> {
        let store = Arc::new(SqliteStore::open(path).map_err(|error| error.to_string())?);
        let world = Arc::new(World::new(Way::Here(Ledger::new(seed)), None));
        let builder = crew::signed_on(Runtime::builder(store.clone()), world.clone());
        let runtime = timeout(ANSWER_MAX, builder.start()).await.map_err(|_| "it hangs".to_owned())?;
        let runtime = runtime.map_err(|error| error.to_string())?;
        Ok(Self { store, runtime, world, tasks: JoinSet::new() })
    }

    async fn end(self) -> Result<(), String> {
        let Life { store, runtime, mut tasks, .. } = self;
        tasks.shutdown().await;
        drop(runtime);
        let mut store = store;
        let closes = async {
            loop {
                match Arc::try_unwrap(store) {
                    Ok(store) => return tokio::task::spawn_blocking(move || drop(store)).await,
                    Err(shared) => store = shared,
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        let closed = timeout(ANSWER_MAX, closes).await.map_err(|_| "the store is not closed".to_owned())?;
        closed.map_err(|error| error.to_string())
    }
}

/// Drives a copy; returns what is wrong.
async fn see(seed: u64, path: &Path, truth: &Journals, report: &mut FlipReport) -> Vec<String> {
    let mut life = match Life::begin(path, seed).await {
        Ok(life) => life,
        Err(error) if error == "it hangs" => return vec![error],
        Err(_) => {
            report.refused += 1;
            return Vec::new();
        }
    };
    let mut seen = Seen::default();
    let mut wrongs = seen.read(&life.store, truth, "opened").await;
    for saga in truth.keys() {
        let (runtime, saga) = (life.runtime.clone(), saga.clone());
        life.tasks.spawn(async move { act(&runtime, &saga).await });
    }
    while let Some(done) = life.tasks.join_next().await {
        wrongs.extend(done.map_err(|error| error.to_string()).and_then(|acted| acted).err());
    }
    let drives = seen.drives(&life, truth);
    match timeout(END_MAX, drives).await {
        Ok(()) => {}
        Err(_) if seen.is_of_the_store(&life) => {}
        Err(_) => wrongs.push(seen.still_open(&life, truth).await),
    }
    wrongs.extend(seen.read(&life.store, truth, "driven").await);
    if seen.is_of_the_store(&life) {
        report.of_the_store += 1;
    } else if seen.damaged.is_empty() {
        report.harmless += 1;
    } else {
        report.of_sagas += 1;
    }
    wrongs.extend(life.end().await.err());
    wrongs
}

/// Cancels the saga as an operator: any answer is right, but there must be one.
async fn act(runtime: &Runtime, saga: &SagaId) -> Result<(), String> {
    let acts = async {
        if let Ok(Some(handle)) = runtime.find(saga).await {
            // A refusal, a late answer and damage are all answers.
            drop(handle.cancel(By::new("somebody", "to see what comes of it")).await);
        }
    };
    timeout(ANSWER_MAX, acts).await.map_err(|_| format!("{saga}: a cancel gets no answer"))
}

/// The errors seen in a copy.
#[derive(Default)]
struct Seen {
    /// The sagas that an error named.
    damaged: BTreeSet<SagaId>,
    /// Errors that name no saga.
    of_the_store: Vec<String>,
}

impl Seen {
    /// Reads everything; returns what is neither right nor an error that names its saga.
    async fn read(&mut self, store: &SqliteStore, truth: &Journals, when: &str) -> Vec<String> {
        let mut wrongs = Vec::new();
        for (saga, written) in truth {
            match timeout(ANSWER_MAX, store.load(saga, 0, usize::MAX)).await {
                Err(_) => wrongs.push(format!("{when}: reading {saga} hangs")),
                Ok(Ok(read)) if read.starts_with(written) => {}
                Ok(Ok(read)) => {
                    let (read, written) = (read.len(), written.len());
                    wrongs.push(format!(
                        "{when}: {saga} has {read} records, and other than the {written} that were written"
                    ));
                }
                Ok(Err(StoreError::Corrupt { detail, .. })) if detail.contains(saga.as_str()) => {
                    self.damaged.insert(saga.clone());
                }
                Ok(Err(error)) => wrongs.push(format!("{when}: {saga} is not named: {error}")),
            }
        }
        match timeout(ANSWER_MAX, store.query(&Query { limit: 1000, ..Query::default() })).await {
            Err(_) => wrongs.push(format!("{when}: the list hangs")),
            Ok(Err(error)) => self.of_the_store.push(error.to_string()),
            Ok(Ok(page)) => {
                let listed = page.sagas.len() + page.damaged.len();
                if listed < truth.len() {
                    wrongs.push(format!("{when}: {listed} sagas are listed, of {}", truth.len()));
                }
            }
        }
        wrongs
    }

    /// Waits until every saga that is not damaged has ended, or is dead-lettered.
    async fn drives(&mut self, life: &Life, truth: &Journals) {
        for saga in truth.keys() {
            while !self.is_over(life, saga).await {
                sleep(Duration::from_millis(5)).await;
            }
        }
    }

    async fn is_over(&mut self, life: &Life, saga: &SagaId) -> bool {
        match life.store.summary(saga).await {
            Ok(Some(summary)) => {
                let phase = summary.status.phase;
                phase.is_settled()
            }
            Ok(None) => false,
            Err(_) => {
                self.damaged.insert(saga.clone());
                true
            }
        }
    }

    async fn still_open(&mut self, life: &Life, truth: &Journals) -> String {
        let mut open = Vec::new();
        for saga in truth.keys() {
            if !self.is_over(life, saga).await {
                open.push(saga.as_str());
            }
        }
        let trouble = life.runtime.store_trouble();
        format!("{} have not ended, and the store says {trouble:?}", open.join(", "))
    }

    /// Returns true if SQLite itself reported damage to the file, which may concern more than one saga.
    fn is_of_the_store(&self, life: &Life) -> bool {
        let trouble = life.runtime.store_trouble().unwrap_or_default();
        let says = |text: &str| text.contains("malformed") || text.contains("the indexes of");
        says(&trouble) || self.of_the_store.iter().any(|error| says(error))
    }
}
