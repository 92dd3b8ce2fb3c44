//! The store itself: passes writes to the writer's thread, and reads to the readers' threads.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use futures_channel::oneshot;
use saga_core::machine::Delivery;
use saga_core::store::{
    Append, AppendError, Claim, Claims, DeliverError, DeliveryId, Page, Purge, Query, Store, StoreError,
    Summary, Waiting, Wanted, WorkerId,
};
use saga_core::{Entry, Epoch, KeyNamespace, SagaId, Seq, Timestamp};

use crate::backup::{self, BackupError};
use crate::encode::Encoded;
use crate::error::{OpenError, corrupt};
use crate::file;
use crate::options::Options;
use crate::pool::{Pool, Reader};
use crate::reader::{self, Trails, Whose};
use crate::schema;
use crate::shared::Shared;
use crate::stats::Stats;
use crate::writer::request::{Appended, Commit, Deliver};
use crate::writer::{Job, Writer};

/// The number of connections for reading.
const READERS: usize = 2;
impl Options {
    /// Opens the file. Creates a missing file, and migrates an older one.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let path = path.as_ref();
        let failed = |e: std::io::Error| OpenError::of_io(path, e);
        let file = resolved(path)?;
        let connection = schema::open(&file, &self.how)?;
        let shared = Arc::new(Shared::default());
        let readers = (0..READERS).map(|_| Reader::open(&file, &self.how)).collect::<Result<_, _>>()?;
        let pool = Pool::start(readers).map_err(failed)?;
        let writer = Writer::new(connection, shared.clone(), file, &self).map_err(failed)?;
        let writer = Arc::new(Mutex::new(writer));
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new().name("saga-sqlite-write".to_owned());
        let thread = {
            let (writer, shared) = (writer.clone(), shared.clone());
            thread.spawn(move || Writer::run(&writer, &shared, &waiting)).map_err(failed)?
        };
        let writer = Some(Handle { jobs: Some(jobs), thread: Some(thread), writer });
        let (path, in_place) = (path.to_owned(), self.in_place);
        Ok(SqliteStore { path, shared, writer, pool, trails: Arc::default(), in_place })
    }

    /// Opens an existing file, and never writes to it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_read_only(self, path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let path = path.as_ref();
        let file = resolved(path)?;
        let readers = (0..READERS).map(|_| Reader::follow(&file, &self.how)).collect::<Result<_, _>>()?;
        let pool = Pool::start(readers).map_err(|e| OpenError::of_io(path, e))?;
        let (shared, trails) = (Arc::default(), Arc::default());
        Ok(SqliteStore { path: path.to_owned(), shared, writer: None, pool, trails, in_place: false })
    }
}

/// Resolves all links in the path.
fn resolved(path: &Path) -> Result<PathBuf, OpenError> {
    file::resolve(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let directory = path.parent().unwrap_or(Path::new("")).to_owned();
            OpenError::NoDirectory { path: path.to_owned(), directory }
        }
        _ => OpenError::of_io(path, error),
    })
}

/// Sagas in a SQLite file. See the [crate's documentation](crate) for its guarantees.
///
/// Dropping it ends its threads. If a worker has joined through it, its lock is released, and the sagas it held count
/// one more death.
///
/// ```no_run
/// use saga_sqlite::SqliteStore;
/// let store = SqliteStore::open("orders.db")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteStore {
    path: PathBuf,
    shared: Arc<Shared>,
    /// Dropped before the writer: the last connection to close tidies the file, and only the writer's may write to it.
    pool: Pool,
    /// `None` for a store opened read-only.
    writer: Option<Handle>,
    trails: Arc<Trails>,
    in_place: bool,
}

/// The writer and its thread.
struct Handle {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    writer: Arc<Mutex<Writer>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has reported it.
            drop(thread.join());
        }
    }
}

impl SqliteStore {
    /// Opens the file. Creates a missing file, and migrates an older one. A worker that joins is the file's only
    /// worker; other processes can read and deliver without joining.
    ///
    /// # Errors
    /// [`OpenError`]; the file is not changed.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Options::default().open(path)
    }

    /// Opens an existing file for reading: nothing can be written or delivered.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Options::default().open_read_only(path)
    }

    /// Returns the path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the counters of this handle.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("trips.db");
    /// let store = saga_sqlite::SqliteStore::open(&path)?;
    /// assert_eq!(store.stats().transactions, 0);
    /// # Ok::<(), saga_sqlite::OpenError>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// Writes a copy of the store's present state to `path`, where no file may exist. The worker is not blocked. The
    /// copy is one complete file, which is opened like any other. For copies by hand see the [crate's
    /// documentation](crate#backups).
    ///
    /// During the copy the write-ahead log is not truncated, and grows with every write.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let (path, copy) = (dir.path().join("trips.db"), dir.path().join("copy.db"));
    /// # saga_core::conformance::block_on(async {
    /// let store = saga_sqlite::SqliteStore::open(&path)?;
    /// store.backup(&copy).await?;
    /// saga_sqlite::SqliteStore::open(&copy)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`BackupError`]; then there is no file at `path`.
    pub async fn backup(&self, path: impl AsRef<Path>) -> Result<(), BackupError> {
        let path = path.as_ref().to_owned();
        backup::is_free(&path)?;
        let partial = backup::partial(&path);
        // A leftover of an interrupted backup.
        drop(std::fs::remove_file(&partial));
        let made = self.pool.run(move |connection| {
            let made = backup::write(connection, &partial);
            if made.is_err() {
                drop(std::fs::remove_file(&partial));
            }
            made
        });
        made.await?;
        backup::name(&path)
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let Some(writer) = &self.writer else {
            let detail = format!("{} was opened only to be read", self.path.display());
            return Err(StoreError::read_only(detail));
        };
        self.shared.queued.fetch_add(1, Ordering::AcqRel);
        let sent = writer.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if sent { Ok(()) } else { Err(StoreError::Closed) }
    }

    /// Writes a single append on this thread, if no job is queued and the disk is fast; returns it otherwise.
    fn write_now(&self, commit: Commit) -> Result<Appended, Commit> {
        let alone =
            self.in_place && commit.batch.len() == 1 && self.shared.queued.load(Ordering::Acquire) == 0;
        match &self.writer {
            Some(handle) if alone && self.shared.is_brisk() => match handle.writer.try_lock() {
                Ok(mut writer) => writer.write_now(commit),
                Err(_) => Err(commit),
            },
            _ => Err(commit),
        }
    }

    /// Runs a job on the writer, in its own transaction.
    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        // The caller may have gone.
        self.send(Job::Alone(Box::new(move |writer| drop(answer.send(work(writer))))))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Returns readable deliveries, and sets unreadable ones aside.
    async fn deliveries(&self, whose: Whose) -> Result<Vec<Waiting>, StoreError> {
        let (waiting, unreadable) =
            self.pool.run(move |connection| reader::inbox(connection, &whose)).await?;
        if !unreadable.is_empty() && self.writer.is_some() {
            self.alone(move |writer| writer.put_aside(&unreadable)).await?;
        }
        Ok(waiting)
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn key_namespace(&self, given: Option<&KeyNamespace>) -> Result<Option<KeyNamespace>, StoreError> {
        match given.cloned() {
            Some(given) => self.alone(move |writer| writer.give_key_namespace(&given)).await,
            None => self.pool.run(|connection| reader::key_namespace(connection)).await,
        }
    }

    async fn join(&self, name: &str, _lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        let name = name.to_owned();
        self.alone(move |writer| writer.join(&name, now)).await
    }

    async fn renew(&self, worker: WorkerId, _lease: Duration, _now: Timestamp) -> Result<(), StoreError> {
        // The lock is the lease: it lasts as long as the process.
        if self.shared.is_joined(worker) { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.alone(move |writer| {
            writer.leave(worker);
            Ok(())
        })
        .await
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        let batch = batch.iter().map(Encoded::of).collect::<Result<Vec<_>, _>>()?;
        let commit = match self.write_now(Commit { worker, batch, now }) {
            Ok(written) => return written,
            Err(commit) => commit,
        };
        let (answer, answered) = oneshot::channel();
        self.send(Job::Commit(commit, answer))?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        let wanted = wanted.clone();
        self.alone(move |writer| writer.claim(worker, &wanted, now)).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError> {
        if !self.shared.is_joined(worker) {
            return Err(StoreError::LeaseLost);
        }
        let held: Vec<_> = self.shared.held().iter().map(|(epoch, held)| (*epoch, held.num)).collect();
        self.pool.run(move |connection| reader::claims(connection, &held)).await
    }

    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let (saga, shared, trails) = (saga.clone(), self.shared.clone(), self.trails.clone());
        let name = format!("saga {saga}");
        let loaded = self
            .pool
            .run(move |connection| reader::load(connection, &shared, &trails, &saga, from, limit))
            .await;
        if let Err(StoreError::Corrupt { detail, .. }) = &loaded {
            self.shared.damaged(&name, detail.strip_prefix(&format!("{name}: ")).unwrap_or(detail));
        }
        loaded
    }

    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
        let (saga, shared) = (saga.clone(), self.shared.clone());
        self.pool.run(move |connection| reader::summary(connection, &shared, &saga)).await
    }

    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        let query = query.clone();
        self.pool.run(move |connection| reader::query(connection, &query)).await
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        let body = serde_json::to_string(&delivery)
            .map_err(|e| corrupt(format!("a delivery to saga {saga} has no JSON form: {e}")))?;
        let (answer, answered) = oneshot::channel();
        self.send(Job::Deliver(Deliver { saga: saga.clone(), body, now }, answer))?;
        answered.await.unwrap_or(Err(StoreError::Closed.into()))
    }

    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        self.deliveries(Whose::Worker(worker)).await
    }

    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError> {
        self.deliveries(Whose::Saga(saga.clone())).await
    }

    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError> {
        if !self.shared.is_joined(worker) {
            return Err(StoreError::LeaseLost);
        }
        self.shared.bell.rung().await;
        Ok(())
    }

    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError> {
        let mut progress = crate::writer::Purged::default();
        while !progress.done {
            progress = self.alone(move |writer| writer.purge(&purge, now, progress)).await?;
        }
        Ok(progress.purged)
    }

    fn takes_many_workers(&self) -> bool {
        false
    }

    fn trouble(&self) -> Option<String> {
        self.shared.trouble()
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use rusqlite::Connection;
    use saga_core::conformance::block_on;

    use super::*;

    /// Returns an append without content, which is refused in the same words on every path.
    fn nothing() -> [Append; 1] {
        let saga = SagaId::new("a").unwrap();
        [Append {
            next: None,
            saga,
            epoch: Some(Epoch(1)),
            entries: vec![],
            status: None,
            taken: vec![],
            release: false,
        }]
    }

    #[test]
    fn an_append_that_meets_another_process_in_place_is_handed_over_and_waits() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("sagas.db")).unwrap();
        let worker = block_on(store.join("worker", Duration::ZERO, Timestamp(0))).unwrap();
        (0..100).for_each(|_| store.shared.note_pace(Duration::from_micros(1)));
        assert!(store.shared.is_brisk());
        let mut cx = Context::from_waker(Waker::noop());
        let commit = |batch| store.commit(worker, batch, Timestamp(0));
        let batch = nothing();
        // The writer's thread may still be busy with an earlier job.
        let is_in_place = (0..1000).any(|_| {
            let mut answer = commit(&batch);
            answer.as_mut().poll(&mut cx).is_ready() || block_on(answer).is_err()
        });
        assert!(is_in_place, "nobody else writes: it is done in place");

        let shell = Connection::open(store.path()).unwrap();
        shell.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut waits = commit(&batch);
        assert!(waits.as_mut().poll(&mut cx).is_pending());
        shell.execute_batch("ROLLBACK").unwrap();
        let answers = block_on(waits).unwrap();
        assert!(matches!(answers[..], [Err(AppendError::NoSuchSaga { .. })]), "{answers:?}");
    }

    #[test]
    fn a_slow_disk_is_left_to_the_writer() {
        let shared = Shared::default();
        assert!(!shared.is_brisk(), "nothing is known yet");
        (0..100).for_each(|_| shared.note_pace(Duration::from_micros(100)));
        assert!(shared.is_brisk());
        (0..100).for_each(|_| shared.note_pace(Duration::from_millis(3)));
        assert!(!shared.is_brisk());
    }
}
