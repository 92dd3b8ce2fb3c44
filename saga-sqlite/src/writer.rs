//! The one thread that writes. Whatever waits for it when it is free goes into one transaction, with one sync.

mod append;
mod claim;
mod join;
mod keys;
mod log;
mod mark;
mod purge;
pub(crate) mod request;
mod seat;
mod tail;
mod transaction;
mod trust;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};
use saga_core::Epoch;
use saga_core::store::{AppendError, DeliverError, DeliveryId, StoreError};

use crate::error::Error;
use crate::file::Opened;
use crate::options::Options;
use crate::schema::How;
use crate::shared::Shared;
use crate::stopwatch::Stopwatch;
use append::Batch;
use log::Log;
use mark::Mark;
pub(crate) use purge::Progress as Purged;
use request::{Answer, Appended, Commit, Deliver};
use seat::Seat;
use transaction::{Transaction, data_version};

/// How often the worker looks for what other processes delivered.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// While there is no pause, it looks after so many transactions.
const LOOK_AFTER: u32 = 16;
/// No more than so many jobs go into one transaction.
const GROUP_MAX: usize = 1024;

/// What the writer is asked to do.
pub(crate) enum Job {
    Commit(Commit, Answer<Appended>),
    Deliver(Deliver, Answer<Result<DeliveryId, DeliverError>>),
    /// Anything that has a transaction of its own.
    Alone(Box<dyn FnOnce(&mut Writer) + Send>),
}

/// What goes into a transaction with others.
enum Grouped {
    Commit(Commit, Answer<Appended>),
    Deliver(Deliver, Answer<Result<DeliveryId, DeliverError>>),
}

enum Outcome {
    Commit(Vec<Result<Epoch, AppendError>>),
    Deliver(Option<DeliveryId>),
}

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    shared: Arc<Shared>,
    path: PathBuf,
    /// If a worker has joined.
    seat: Option<Seat>,
    /// What the file's `data_version` was.
    seen: i64,
    /// Appends after which the ends of running sagas are written down.
    tail_max: i64,
    how: How,
    /// Whether I/O has failed on the connection.
    is_suspect: bool,
    opened: Opened,
    /// Whether the file is not there any more under its name.
    is_lost: bool,
    log: Log,
    mark: Mark,
}

impl Writer {
    /// Returns a writer on the file at `path`, which is behind all links.
    pub(crate) fn new(
        connection: Connection,
        shared: Arc<Shared>,
        path: PathBuf,
        options: &Options,
    ) -> std::io::Result<Self> {
        let (tail_max, how) = (options.tail_max, options.how.clone());
        let (opened, log) = (Opened::at(&path)?, Log::of(&path, options.log_bytes_max));
        let (seat, seen, is_suspect, is_lost) = (None, 0, false, false);
        let mark = Mark::default();
        Ok(Self {
            connection,
            shared,
            path,
            seat,
            seen,
            tail_max,
            how,
            is_suspect,
            opened,
            is_lost,
            log,
            mark,
        })
    }

    /// Works until the store is dropped.
    pub(crate) fn run(writer: &Mutex<Self>, shared: &Shared, jobs: &Receiver<Job>) {
        let lock = || writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = VecDeque::new();
        let mut since_look = 0;
        loop {
            let looks = lock().seat.is_some();
            let first = if looks {
                jobs.recv_timeout(LOOK_EVERY)
            } else {
                jobs.recv().map_err(RecvTimeoutError::from)
            };
            match first {
                Ok(job) => waiting.push_back(job),
                Err(RecvTimeoutError::Timeout) => since_look = LOOK_AFTER,
                Err(RecvTimeoutError::Disconnected) => return,
            }
            waiting.extend(jobs.try_iter().take(GROUP_MAX));
            let mut writer = lock();
            let jobs = waiting.len();
            writer.work_off(&mut waiting);
            shared.queued.fetch_sub(jobs, Ordering::AcqRel);
            since_look += 1;
            if since_look >= LOOK_AFTER {
                since_look = 0;
                writer.look();
            }
        }
    }

    /// Writes at once, on the caller's thread; gives the job back if another process writes at this moment.
    pub(crate) fn write_now(&mut self, commit: Commit) -> Result<Appended, Commit> {
        // Neither fails: they set a number in the connection.
        if self.is_suspect || self.connection.busy_timeout(Duration::ZERO).is_err() {
            return Err(commit);
        }
        let written = self.in_batch(|batch| batch.commit(&commit));
        let patient = self.connection.busy_timeout(self.how.busy_timeout);
        match written {
            Err(Error::Sql(e)) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Err(commit),
            written => Ok(patient.map_err(Error::from).and(written).map_err(StoreError::from)),
        }
    }

    fn work_off(&mut self, waiting: &mut VecDeque<Job>) {
        let mut group = Vec::new();
        for job in waiting.drain(..) {
            match job {
                Job::Commit(commit, answer) => group.push(Grouped::Commit(commit, answer)),
                Job::Deliver(deliver, answer) => group.push(Grouped::Deliver(deliver, answer)),
                Job::Alone(job) => {
                    self.write(std::mem::take(&mut group));
                    job(self);
                }
            }
        }
        self.write(group);
    }

    /// Writes a group in one transaction, or, if that fails, each by itself, so that each is told why.
    fn write(&mut self, mut group: Vec<Grouped>) {
        if group.len() > 1
            && let Ok(outcomes) = self.write_together(&group)
        {
            return group.into_iter().zip(outcomes).for_each(|(job, outcome)| job.answer(Ok(outcome)));
        }
        for job in group.drain(..) {
            let outcomes = self.write_together(std::slice::from_ref(&job)).map_err(StoreError::from);
            job.answer(outcomes.map(|mut outcomes| outcomes.remove(0)));
        }
    }

    fn write_together(&mut self, group: &[Grouped]) -> Result<Vec<Outcome>, Error> {
        self.in_batch(|batch| {
            let outcome = |job: &Grouped| match job {
                Grouped::Commit(commit, _) => Ok(Outcome::Commit(batch.commit(commit)?)),
                Grouped::Deliver(deliver, _) => Ok(Outcome::Deliver(batch.deliver(deliver)?)),
            };
            group.iter().map(outcome).collect()
        })
    }

    fn in_batch<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.trusting(|writer| writer.batch(work))
    }

    fn batch<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let stopwatch = Stopwatch::start();
        let before = self.connection.total_changes();
        let mut batch = Batch::begin(&self.connection, &self.shared, self.seat.as_mut(), self.tail_max)?;
        if let Some(seat) = &mut batch.seat {
            seat.is_the_last(&self.connection)?;
        }
        let done = work(&mut batch)?;
        let (appends, records) = batch.end()?;
        if self.connection.total_changes() != before {
            self.shared.counters.committed(appends, records);
            self.shared.note_pace(stopwatch.elapsed());
        }
        Ok(done)
    }

    /// Checks whether another process has changed the file since the last look (there may be deliveries), and what may
    /// be wrong with the files.
    fn look(&mut self) {
        let Some(seat) = &mut self.seat else { return };
        let worker = seat.worker;
        let mut troubles: Vec<String> = Vec::new();
        match seat.lock.keep() {
            Ok(()) => {}
            Err(StoreError::Held { .. }) => return self.vacate(worker),
            Err(error) => troubles.push(error.to_string()),
        }
        troubles.extend(self.still_there().err().map(|error| error.to_string()));
        troubles.extend(self.opened.trouble());
        troubles.extend(self.log.look(&self.connection));
        self.shared.set_trouble(troubles);
        // A look that fails is made again soon.
        if let Ok(version) = data_version(&self.connection)
            && version != self.seen
        {
            self.seen = version;
            self.shared.counters.saw_a_change();
            self.shared.bell.ring();
        }
    }

    /// Runs `work` in a transaction of its own.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection, Option<&mut Seat>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.trusting(|writer| {
            let before = writer.connection.total_changes();
            let transaction = Transaction::begin(&writer.connection)?;
            if let Some(seat) = &mut writer.seat {
                seat.is_the_last(&writer.connection)?;
            }
            let result = work(&writer.connection, writer.seat.as_mut())?;
            transaction.commit()?;
            if writer.connection.total_changes() != before {
                writer.shared.counters.committed(0, 0);
            }
            Ok(result)
        })
    }

    /// Puts deliveries aside that cannot be read, with the reason.
    pub(crate) fn put_aside(&mut self, unreadable: &[(DeliveryId, String)]) -> Result<(), StoreError> {
        self.transaction(|connection, _| {
            let mut put =
                connection.prepare_cached("UPDATE stored_deliveries SET unreadable = ?2 WHERE id = ?1")?;
            for (id, why) in unreadable {
                put.execute(params![id.0.cast_signed(), why])?;
            }
            Ok(())
        })
        .map_err(StoreError::from)
    }
}

impl Grouped {
    fn answer(self, outcome: Result<Outcome, StoreError>) {
        // The caller may no longer wait.
        match (self, outcome) {
            (Grouped::Commit(_, answer), Ok(Outcome::Commit(answers))) => drop(answer.send(Ok(answers))),
            (Grouped::Commit(_, answer), Err(error)) => drop(answer.send(Err(error))),
            (Grouped::Deliver(deliver, answer), Ok(Outcome::Deliver(id))) => {
                drop(answer.send(id.ok_or(DeliverError::NoSuchSaga { saga: deliver.saga })));
            }
            (Grouped::Deliver(_, answer), Err(error)) => drop(answer.send(Err(error.into()))),
            // An outcome of the other kind is never made.
            (Grouped::Commit(..) | Grouped::Deliver(..), Ok(_)) => {}
        }
    }
}
