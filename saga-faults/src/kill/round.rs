//! One round: workers start and die, the last one runs until every saga has ended, and the audit follows.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use saga::store::Store as _;
use saga::{Phase, SagaId, SqliteStore, state::State};
use tokio::time::{Instant, sleep};

use super::death::{Death, deaths};
use super::people::{self, Operator};
use super::process::Process;
use super::tally::Tally;
use super::{Failure, Settings};
use crate::audit;
use crate::draw::Draw;
use crate::ledger::Ledger;
use crate::plan::{self, Planned};
use crate::port::Kill;
use crate::wire;
use crate::worker::{EXIT_HELD, Orders};

/// The time after which a worker is killed if it makes no further durable write at which to die.
const WRITES_WITHIN: Duration = Duration::from_millis(400);

/// Runs the round of that seed.
pub(crate) async fn run(settings: &Settings, seed: u64) -> Result<Tally, Failure> {
    let dir = settings.dir.join(format!("round-{seed}"));
    let failed = |wrongs: Vec<String>| Failure { seed, wrongs, kept: dir.clone() };
    let round = Round::prepare(settings, seed, &dir).map_err(|wrong| failed(vec![wrong]))?;
    let began = Instant::now();
    let mut tally = Tally::default();
    let ran = round.run(&mut tally).await;
    tally.round(began.elapsed());
    let wrongs = match ran {
        Ok(wrongs) => wrongs,
        Err(wrong) => vec![wrong],
    };
    // The socket ends with its task; a file that is left does no harm.
    drop(std::fs::remove_file(&round.orders.ledger));
    if wrongs.is_empty() {
        drop(std::fs::remove_dir_all(&dir));
        return Ok(tally);
    }
    let mut kept = failed(wrongs);
    if let Err(error) = std::fs::write(dir.join("ledger.txt"), round.ledger_as_text()) {
        kept.wrongs.push(format!("the ledger cannot be kept: {error}"));
    }
    Err(kept)
}

struct Round {
    seed: u64,
    ledger: Ledger,
    server: tokio::task::JoinHandle<()>,
    sagas: Vec<Planned>,
    orders: Orders,
    errors: PathBuf,
}

impl Drop for Round {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Round {
    fn prepare(settings: &Settings, seed: u64, dir: &Path) -> Result<Self, String> {
        if dir.exists() {
            std::fs::remove_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        }
        std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let ledger = Ledger::new(seed);
        // The path of a socket must be short.
        let socket = std::env::temp_dir().join(format!("saga-{}-{seed}.sock", std::process::id()));
        let server = wire::serve(&socket, &ledger)
            .map_err(|error| format!("the ledger cannot be served at {}: {error}", socket.display()))?;
        let orders = Orders {
            store: dir.join("sagas.db"),
            ledger: socket,
            seed,
            sagas: settings.sagas,
            kill: None,
            mutant: settings.mutant,
        };
        let sagas = plan::sagas(seed, settings.sagas);
        Ok(Self { seed, ledger, server, sagas, orders, errors: dir.join("worker.txt") })
    }

    /// Returns what is wrong; an error is what kept the round from its end.
    async fn run(&self, tally: &mut Tally) -> Result<Vec<String>, String> {
        let acts = plan::acts(self.seed, &self.sagas);
        let people = tokio::spawn(people::act(self.orders.store.clone(), self.sagas.clone(), acts));
        for (number, death) in deaths(self.seed).into_iter().enumerate() {
            self.worker_dies(death, number == 0, tally).await?;
        }
        let mut last = Process::start(&self.orders, &self.errors)?;
        let joined = last.joined().await?.ok_or("the last worker died")?;
        tally.recovery(joined);
        tally.deliveries = people.await.map_err(|error| error.to_string())?;
        {
            let store = SqliteStore::open(&self.orders.store).map_err(|error| error.to_string())?;
            let (ledger, sagas) = (&self.ledger, self.sagas.len());
            let patience = people::patience(self.orders.mutant);
            let operator = Operator { store: &store, ledger, sagas, deaths: tally.kills(), patience };
            tokio::select! {
                biased;
                status = last.exits() => {
                    return Err(format!("the last worker ended with {}; {}", status?, self.said()));
                }
                ended = operator.see_to_the_end(tally) => ended?,
            }
            tally.everything_ended(last.started.elapsed());
        }
        if Draw::of(self.seed, &["last"]).chance(50) {
            last.close();
            let status = last.end().await?;
            if !status.success() {
                return Err(format!("the last worker ended with {status}; {}", self.said()));
            }
        } else {
            last.kill().await?;
        }
        self.audit(tally).await
    }

    /// Returns the workers' standard error.
    fn said(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }

    async fn worker_dies(&self, death: Death, is_first: bool, tally: &mut Tally) -> Result<(), String> {
        let kill = match death {
            Death::AtWrite(kill) => Some(kill),
            _ => None,
        };
        let orders = Orders { kill, ..self.orders.clone() };
        let mut worker = Process::start(&orders, &self.errors)?;
        let under_way = || self.ledger.books().under_way();
        if let Death::Starting(after) = death {
            sleep(after).await;
            tally.kill("while starting", under_way());
            return worker.kill().await;
        }
        if let Some(joined) = worker.joined().await? {
            tally.recovery(joined);
        }
        if is_first && Draw::of(self.seed, &["begins"]).chance(85) {
            self.all_begin(&mut worker).await?;
        }
        let kind = match death {
            Death::Starting(_) => "while starting",
            Death::Working(after) => {
                sleep(after).await;
                "at any moment"
            }
            Death::AtWrite(kill) => match worker.end_within(WRITES_WITHIN).await? {
                Some(status) if status.signal() == Some(Signal::KILL.as_raw()) => match kill {
                    Kill::Before(_) => "before a durable write",
                    Kill::After(_) => "after a durable write",
                    Kill::InFile(_) => "in the midst of writing to the file",
                },
                Some(status) => return Err(format!("a worker ended with {status}; {}", self.said())),
                None => "at any moment",
            },
            Death::Stopped { after, time, rival, wakes } => {
                sleep(after).await;
                worker.signal(Signal::STOP);
                tally.stop();
                sleep(time).await;
                if rival {
                    self.rival_is_refused(&worker).await?;
                    tally.refuse();
                }
                match wakes {
                    Some(more) => {
                        worker.signal(Signal::CONT);
                        sleep(more).await;
                        "after it was stopped and woken"
                    }
                    None => "while it was stopped",
                }
            }
        };
        tally.kill(kind, under_way());
        worker.kill().await
    }

    /// Waits until most sagas are under way, or the worker has died.
    async fn all_begin(&self, worker: &mut Process) -> Result<(), String> {
        while self.ledger.books().under_way() < self.sagas.len() * 9 / 10 {
            if worker.end_within(Duration::from_millis(2)).await?.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Checks that a second worker is refused, with the holder's process number, and exits.
    async fn rival_is_refused(&self, holder: &Process) -> Result<(), String> {
        let Some(pid) = holder.pid() else { return Ok(()) };
        let mut rival = Process::start(&self.orders, &self.errors)?;
        let said = rival.line().await?.unwrap_or_default();
        let status = rival.end().await?;
        let expected = format!("held by process {pid} (");
        match said.starts_with(&expected) && status.code() == Some(i32::from(EXIT_HELD)) {
            true => Ok(()),
            false => Err(format!("a rival of process {pid} says {said:?} and ends with {status}")),
        }
    }

    async fn audit(&self, tally: &mut Tally) -> Result<Vec<String>, String> {
        let said = self.said();
        let mut wrongs: Vec<String> =
            said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let store = SqliteStore::open_read_only(&self.orders.store).map_err(|error| error.to_string())?;
        let mut journals = Vec::new();
        for planned in &self.sagas {
            let saga = SagaId::new(&planned.id).map_err(|error| error.to_string())?;
            let journal = store.load(&saga, 0, usize::MAX).await;
            let journal = journal.map_err(|error| format!("{saga} cannot be read: {error}"))?;
            journals.push((saga, journal));
        }
        wrongs.extend(people::left_in_inboxes(&self.orders.store, &self.sagas).await?);
        let books = self.ledger.books();
        wrongs.extend(books.wrongs().iter().cloned());
        for (saga, journal) in &journals {
            wrongs.extend(audit::of_end(&books, saga, journal));
            tally.end(match State::of(saga.clone(), journal).map(|state| state.phase()) {
                Ok(Phase::Completed) => "completed",
                Ok(Phase::RolledBack) => "rolled back",
                _ => "neither",
            });
        }
        tally.sagas = journals.len() as u64;
        tally.effects = books.effects().iter().filter(|e| e.role == saga::journal::Role::Do).count() as u64;
        tally.undone = books.effects().iter().filter(|e| e.undone_by.is_some()).count() as u64;
        Ok(wrongs)
    }

    fn ledger_as_text(&self) -> String {
        let books = self.ledger.books();
        let mut text = String::new();
        for (number, effect) in books.effects().iter().enumerate() {
            let undone = effect.undone_by.map(|by| format!(", undone by {by}")).unwrap_or_default();
            let attempt = format!("attempt {}, key {}", effect.attempt, effect.key);
            text += &format!(
                "{number} at {}: {} {} {} by {}, {attempt}, known as {}{undone}\n",
                effect.at_ms, effect.saga, effect.site, effect.role, effect.step, effect.id
            );
        }
        text
    }
}
