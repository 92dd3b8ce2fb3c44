//! Runs on a failing disk: sagas in this process, on the real store and the real runtime. Writes come short, there is
//! no room, syncs and reads fail, and the power goes. After each power loss, and in the end, the ledger is compared
//! with the journals.

mod flips;
mod platter;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use saga::prelude::*;
use saga::store::Store as _;
use saga_sqlite::{Options, SqliteStore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::audit;
use crate::crew;
use crate::draw::Draw;
use crate::kill::{Operator, Tally, patience};
use crate::ledger::Ledger;
use crate::mutant::Mutant;
use crate::plan::{self, Planned};
use crate::port::Port;
use crate::world::{Way, World};
pub use flips::FlipReport;
use platter::{Platter, Weather};

/// The settings of the runs.
#[derive(Debug, Clone, clap::Args)]
pub struct DiskSettings {
    /// The number of runs.
    #[arg(long, default_value_t = 20)]
    pub seeds: u64,
    /// The number of bits to flip, each in a copy of a store.
    #[arg(long, default_value_t = 20)]
    pub flips: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// The number of sagas in each run.
    #[arg(long, default_value_t = 24)]
    pub sagas: usize,
    /// The directory for the files.
    #[arg(skip)]
    pub dir: PathBuf,
    /// The bug to put in, which has to be found.
    #[arg(long)]
    pub mutant: Option<Mutant>,
}

/// The result of all runs.
#[derive(Debug, Default)]
pub struct DiskReport {
    /// The number of runs.
    pub runs: u64,
    /// The number of power losses.
    pub power_losses: u64,
    /// The number of failed operations, by kind of failure.
    pub faults: BTreeMap<String, u64>,
    /// The number of sagas that ended.
    pub sagas: u64,
    /// The number of times that a worker waited for the store.
    pub pauses: u64,
    /// The number of times that the store reopened its file after an I/O failure.
    pub opened_anew: u64,
    /// The number of checkpoints made by another connection.
    pub checkpoints: u64,
    /// The result of the bit flips.
    pub flips: FlipReport,
}

/// The first run in which something was wrong.
#[derive(Debug)]
pub struct DiskFailure {
    /// Its seed.
    pub seed: u64,
    /// What was wrong.
    pub wrongs: Vec<String>,
}

/// The longest time that a process may take to close its files after a power loss.
const LET_GO_MAX: Duration = Duration::from_secs(20);

/// Runs the command.
pub(crate) async fn command(settings: DiskSettings) -> ExitCode {
    let began = Instant::now();
    match disk_runs(&settings).await {
        Ok(report) => {
            println!("{} runs, {} sagas, {} power losses", report.runs, report.sagas, report.power_losses);
            let faults: Vec<String> =
                report.faults.iter().map(|(what, count)| format!("{count} {what}")).collect();
            println!("failed operations: {}", faults.join(", "));
            println!("{} checkpoints by another connection", report.checkpoints);
            println!("the runtime waited for its store {} times, and went on each time", report.pauses);
            println!("the store opened its file anew {} times", report.opened_anew);
            let FlipReport { flips, refused, of_the_store, of_sagas, harmless } = report.flips;
            println!(
                "{flips} bits flipped: {of_sagas} damaged sagas, which were named; {of_the_store} damaged SQLite's own pages; \
                 {refused} files were refused; {harmless} did no harm"
            );
            println!("{:.1} s; nothing acknowledged is lost", began.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("the run of seed {} is wrong:", failure.seed);
            failure.wrongs.iter().take(12).for_each(|wrong| println!("  {wrong}"));
            let mutant = settings.mutant.map(|mutant| format!(" --mutant {mutant:?}")).unwrap_or_default();
            let with = format!("--from {} --sagas {}{mutant}", failure.seed, settings.sagas);
            println!("to repeat its plan: cargo xtask disk --seeds 1 {with}");
            ExitCode::FAILURE
        }
    }
}

/// Performs the runs one after the other, and stops at the first wrong one.
///
/// # Errors
/// [`DiskFailure`].
pub async fn disk_runs(settings: &DiskSettings) -> Result<DiskReport, DiskFailure> {
    let mut report = DiskReport::default();
    watch_for_panics();
    for seed in settings.from..settings.from + settings.seeds {
        let failed = |wrongs| DiskFailure { seed, wrongs };
        let dir = settings.dir.join(format!("disk-{}-{seed}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|error| failed(vec![error.to_string()]))?;
        let run = Run::new(settings, seed, &dir).map_err(|wrong| failed(vec![wrong]))?;
        let ran = run.run(&mut report).await;
        // The files are not needed: the run can be repeated from its seed.
        drop(std::fs::remove_dir_all(&dir));
        let mut wrongs = ran.unwrap_or_else(|wrong| vec![wrong]);
        let panics = PANICS.swap(0, Ordering::AcqRel);
        if panics > 0 {
            wrongs.push(format!("{panics} panics"));
        }
        if !wrongs.is_empty() {
            return Err(failed(wrongs));
        }
        report.runs += 1;
    }
    let flipped = flips::run(settings.from, settings.flips, settings.sagas, &settings.dir).await;
    let panics = PANICS.swap(0, Ordering::AcqRel);
    let panicked = (panics > 0).then(|| vec![format!("{panics} panics while bits were flipped")]);
    let failed = |wrongs| DiskFailure { seed: settings.from, wrongs };
    report.flips = match panicked {
        Some(wrongs) => return Err(failed(wrongs)),
        None => flipped.map_err(failed)?,
    };
    Ok(report)
}

/// The number of panics of any thread since the last run.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Counts panics, and prints them as usual: nothing here panics on purpose. A test that fails beside this one, in a
/// process of many, is not what is looked for.
fn watch_for_panics() {
    static WATCHES: std::sync::Once = std::sync::Once::new();
    WATCHES.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let of_a_test = panic.location().is_some_and(|at| at.file().contains("saga-faults/tests"));
            if !of_a_test {
                PANICS.fetch_add(1, Ordering::AcqRel);
            }
            usual(panic);
        }));
    });
}

struct Run {
    seed: u64,
    path: PathBuf,
    dir: PathBuf,
    platter: Arc<Platter>,
    vfs: String,
    ledger: Ledger,
    sagas: Vec<Planned>,
    mutant: Option<Mutant>,
}

/// The part of this process that stands for one process.
struct Life {
    store: Arc<SqliteStore>,
    runtime: Runtime,
    sagas: JoinSet<Result<(), String>>,
}

impl Run {
    fn new(settings: &DiskSettings, seed: u64, dir: &Path) -> Result<Self, String> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let platter = Arc::new(Platter::new(seed, settings.mutant));
        // A VFS name can be registered only once in a process.
        let vfs = format!("platter-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        saga_vfs::register(&vfs, platter.clone()).map_err(|error| error.to_string())?;
        Ok(Self {
            seed,
            path: dir.join("sagas.db"),
            dir: dir.to_owned(),
            platter,
            vfs,
            ledger: Ledger::new(seed),
            sagas: plan::sagas(seed, settings.sagas),
            mutant: settings.mutant,
        })
    }

    async fn run(&self, report: &mut DiskReport) -> Result<Vec<String>, String> {
        let mut draw = Draw::of(self.seed, &["power"]);
        for _ in 0..draw.between(1, 3) {
            if draw.chance(15) {
                self.lose_power_while_opening(&mut draw).await?;
            } else {
                self.lose_power_while_working(&mut draw, report).await?;
            }
            report.power_losses += 1;
            self.platter.power_on(&self.dir).map_err(|error| format!("the disk: {error}"))?;
            let wrongs = self.audit(audit::of_any).await?;
            if !wrongs.is_empty() {
                return Ok(wrongs);
            }
        }
        let mut life = self.live().await?;
        self.weather(&mut draw, Duration::from_millis(150), &mut life, report).await?;
        let (ledger, sagas) = (&self.ledger, self.sagas.len());
        let patience = patience(self.mutant);
        let operator = Operator { store: &life.store, ledger, sagas, deaths: u64::MAX, patience };
        let mut tally = Tally::default();
        tokio::select! {
            biased;
            wrong = first_wrong(&mut life.sagas) => return Err(wrong),
            ended = operator.see_to_the_end(&mut tally) => ended?,
        }
        if let Some(trouble) = life.runtime.store_trouble() {
            return Err(format!("the disk is well, and the runtime says: {trouble}"));
        }
        life.runtime.shutdown().await;
        report.opened_anew += life.store.stats().opened_anew;
        self.end(life).await?;
        let wrongs = self.audit(audit::of_end).await?;
        report.sagas += sagas as u64;
        for (weather, count) in self.platter.faults() {
            *report.faults.entry(format!("{weather:?}")).or_default() += count;
        }
        Ok(wrongs)
    }

    /// Opens the store, with retries until it succeeds.
    async fn open(&self) -> Result<SqliteStore, String> {
        let began = Instant::now();
        loop {
            match Options::default().vfs(&self.vfs).open(&self.path) {
                Ok(store) => return Ok(store),
                Err(error) if began.elapsed() > LET_GO_MAX => {
                    return Err(format!("it cannot be opened: {error}"));
                }
                Err(_) => sleep(Duration::from_millis(5)).await,
            }
        }
    }

    async fn live(&self) -> Result<Life, String> {
        let world = Arc::new(World::new(Way::Here(self.ledger.clone()), self.mutant));
        let began = Instant::now();
        let (store, runtime) = loop {
            let store = Arc::new(self.open().await?);
            let port = Port::new(store.clone(), None, self.mutant);
            match crew::signed_on(Runtime::builder(port), world.clone()).start().await {
                Ok(runtime) => break (store, runtime),
                Err(error) if began.elapsed() > LET_GO_MAX => {
                    return Err(format!("it does not start: {error}"));
                }
                Err(_) => sleep(Duration::from_millis(5)).await,
            }
        };
        let mut sagas = JoinSet::new();
        for planned in &self.sagas {
            sagas.spawn(crew::follow(runtime.clone(), planned.clone(), world.clone()));
        }
        Ok(Life { store, runtime, sagas })
    }

    async fn lose_power_while_opening(&self, draw: &mut Draw) -> Result<(), String> {
        let open = {
            let (vfs, path) = (self.vfs.clone(), self.path.clone());
            tokio::task::spawn_blocking(move || drop(Options::default().vfs(&vfs).open(path)))
        };
        sleep(Duration::from_micros(draw.between(0, 20_000))).await;
        self.platter.power_off();
        open.await.map_err(|error| format!("opening: {error}"))
    }

    async fn lose_power_while_working(&self, draw: &mut Draw, report: &mut DiskReport) -> Result<(), String> {
        let mut life = self.live().await?;
        let time = Duration::from_millis(draw.between(0, 150));
        self.weather(draw, time, &mut life, report).await?;
        let checkpoint = draw.chance(50).then(|| self.checkpoint(draw));
        sleep(Duration::from_micros(draw.between(0, 3000))).await;
        self.platter.power_off();
        if let Some(checkpoint) = checkpoint {
            report.checkpoints += u64::from(checkpoint.await.unwrap_or(false));
        }
        report.opened_anew += life.store.stats().opened_anew;
        self.end(life).await
    }

    /// Checkpoints the write-ahead log from another connection; returns whether that worked.
    fn checkpoint(&self, draw: &mut Draw) -> tokio::task::JoinHandle<bool> {
        let how = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"][usize::try_from(draw.below(4)).unwrap_or(0)];
        let (path, vfs) = (self.path.clone(), self.vfs.clone());
        tokio::task::spawn_blocking(move || {
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
            let done =
                rusqlite::Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()).and_then(|db| {
                    db.busy_timeout(Duration::from_millis(20))?;
                    db.execute_batch(&format!(
                        "PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_checkpoint({how})"
                    ))
                });
            done.is_ok()
        })
    }

    /// Lets faults come and go for a while; then ends them.
    async fn weather(
        &self,
        draw: &mut Draw,
        time: Duration,
        life: &mut Life,
        report: &mut DiskReport,
    ) -> Result<(), String> {
        let began = Instant::now();
        let mut checkpoints = Vec::new();
        while began.elapsed() < time {
            if draw.chance(35) {
                checkpoints.push(self.checkpoint(draw));
            }
            let bad = Weather::BAD[usize::try_from(draw.below(5)).unwrap_or(0)];
            let weather = if draw.chance(55) { bad } else { Weather::Fine };
            let percent = [5, 30, 100][usize::try_from(draw.below(3)).unwrap_or(0)];
            self.platter.set(weather, percent);
            let spell = Duration::from_millis(draw.between(1, 40)).min(time);
            tokio::select! {
                biased;
                wrong = first_wrong(&mut life.sagas) => return Err(wrong),
                () = sleep(spell) => {}
            }
            report.pauses += u64::from(life.runtime.store_trouble().is_some());
        }
        self.platter.set(Weather::Fine, 0);
        for checkpoint in checkpoints {
            report.checkpoints += u64::from(checkpoint.await.unwrap_or(false));
        }
        Ok(())
    }

    /// Ends a process: drops everything at once, and closes its files.
    async fn end(&self, life: Life) -> Result<(), String> {
        let Life { store, runtime, mut sagas } = life;
        sagas.shutdown().await;
        drop(runtime);
        let began = Instant::now();
        let mut store = store;
        loop {
            match Arc::try_unwrap(store) {
                Ok(store) => {
                    // Waits for the store's threads to end what they are doing.
                    let closed = tokio::task::spawn_blocking(move || drop(store)).await;
                    return closed.map_err(|error| format!("closing: {error}"));
                }
                Err(shared) if began.elapsed() > LET_GO_MAX => {
                    drop(shared);
                    return Err("the runtime has not let its store go".to_owned());
                }
                Err(shared) => store = shared,
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Returns what is wrong on the disk.
    async fn audit(
        &self,
        of: fn(&crate::ledger::Books, &SagaId, &[saga::record::Entry]) -> Vec<String>,
    ) -> Result<Vec<String>, String> {
        let mut wrongs = Vec::new();
        // Audits a copy: opening a SQLite file after a crash repairs it.
        let copy = self.dir.with_extension("copy");
        let path = copy.join("sagas.db");
        let copied = std::fs::create_dir_all(&copy).and_then(|()| {
            for end in ["", "-wal", "-journal"] {
                let name = format!("sagas.db{end}");
                match std::fs::copy(self.dir.join(&name), copy.join(&name)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        });
        copied.map_err(|error| format!("the files cannot be copied: {error}"))?;
        same_file(&self.path, &path).map_err(|error| format!("the lock cannot be copied: {error}"))?;
        let store = SqliteStore::open(&path).map_err(|error| format!("after a power loss: {error}"))?;
        for planned in &self.sagas {
            let saga = SagaId::new(&planned.id).map_err(|error| error.to_string())?;
            let journal = store.load(&saga, 0, usize::MAX).await.map_err(|error| error.to_string())?;
            wrongs.extend(of(&self.ledger.books(), &saga, &journal));
        }
        wrongs.extend(self.ledger.books().wrongs().iter().cloned());
        drop(store);
        // This comes last: opening and closing the copy moves its log into it.
        {
            let db = rusqlite::Connection::open(&path).map_err(|error| error.to_string())?;
            let check = db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
            match check {
                Ok(check) if check == "ok" => {}
                Ok(check) => wrongs.push(format!("the file is spoilt: {check}")),
                Err(error) => wrongs.push(format!("the file is spoilt: {error}")),
            }
        }
        std::fs::remove_dir_all(&copy).map_err(|error| format!("the copy cannot go: {error}"))?;
        Ok(wrongs)
    }
}

/// Writes the lock file of `path` beside `copy` as if that were the same file: nothing tells a file after a power loss from
/// one that was copied, but that a worker has named it.
fn same_file(path: &Path, copy: &Path) -> std::io::Result<()> {
    let lock = |path: &Path| path.with_extension("db.lock");
    let number = |path: &Path| Ok::<u64, std::io::Error>(std::fs::metadata(path)?.ino());
    match std::fs::read_to_string(lock(path)) {
        Ok(text) => {
            let named = text.replace(&format!("file {}", number(path)?), &format!("file {}", number(copy)?));
            std::fs::write(lock(copy), named)
        }
        // No worker has come so far.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Returns the first error that no caller should ever get; never returns otherwise.
async fn first_wrong(sagas: &mut JoinSet<Result<(), String>>) -> String {
    while let Some(seen) = sagas.join_next().await {
        match seen {
            Ok(Ok(())) => {}
            Ok(Err(wrong)) => return wrong,
            Err(error) => return error.to_string(),
        }
    }
    std::future::pending().await
}
