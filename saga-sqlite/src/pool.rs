//! Threads for reading, each with its own connection. Neither the writer nor an async runtime waits for them.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures_channel::oneshot;
use rusqlite::Connection;
use saga_core::store::StoreError;

use crate::error::Error;
use crate::file::Look;
use crate::schema::{self, How};

type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// The threads. Dropping the pool ends them after their present jobs.
pub(crate) struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

/// A connection for reading.
pub(crate) struct Reader {
    connection: Connection,
    /// Set if the connection is reopened when another file, or another writer, appears; `None` if never.
    follows: Option<Follows>,
}

/// The state of a reader without a writer in its process.
struct Follows {
    path: PathBuf,
    how: How,
    as_it_lies: bool,
    /// The file as it was when the connection was opened; `None` if it must be reopened.
    seen: Option<Look>,
}

impl Reader {
    /// Opens a reader of the present file.
    pub(crate) fn open(path: &Path, how: &How) -> Result<Self, crate::OpenError> {
        let (connection, _) = schema::open_read_only(path, how)?;
        Ok(Self { connection, follows: None })
    }

    /// Opens a reader of whichever file has that name at the time of a read.
    pub(crate) fn follow(path: &Path, how: &How) -> Result<Self, crate::OpenError> {
        let (connection, as_it_lies) = schema::open_read_only(path, how)?;
        let seen = Look::at(path, as_it_lies).ok();
        let follows = Some(Follows { path: path.to_owned(), how: how.clone(), as_it_lies, seen });
        Ok(Self { connection, follows })
    }

    fn read<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, StoreError> {
        let Some(follows) = &mut self.follows else { return Ok(work(&mut self.connection)?) };
        if !follows.is_same() {
            let (connection, as_it_lies) = schema::open_read_only(&follows.path, &follows.how)?;
            (self.connection, follows.as_it_lies) = (connection, as_it_lies);
            follows.seen = Look::at(&follows.path, as_it_lies).ok();
        }
        let done = work(&mut self.connection);
        if follows.as_it_lies && !follows.is_same() {
            // SQLite assumed that there is no writer, and may have mixed two states of the file.
            follows.seen = None;
            let detail = format!("{} was written to while it was read", follows.path.display());
            return Err(StoreError::Unavailable { detail, source: None });
        }
        if done.is_err() {
            follows.seen = None;
        }
        Ok(done?)
    }
}

impl Follows {
    fn is_same(&self) -> bool {
        self.seen.is_some() && Look::at(&self.path, self.as_it_lies).ok() == self.seen
    }
}

impl Pool {
    /// Starts one thread for each reader.
    pub(crate) fn start(readers: Vec<Reader>) -> std::io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::new();
        for reader in readers {
            let waiting = waiting.clone();
            let thread = std::thread::Builder::new().name("saga-sqlite-read".to_owned());
            threads.push(thread.spawn(move || read(reader, &waiting))?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Runs `work` on one of the connections.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        // The caller may have gone.
        let job: Job = Box::new(move |reader| drop(answer.send(reader.read(work))));
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(StoreError::Closed);
        }
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

fn read(mut reader: Reader, waiting: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is released before the job begins.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut reader),
            Err(_) => return,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has reported it.
            drop(thread.join());
        }
    }
}
