//! Threads that read, each on a connection of its own, so that neither the writer nor an async runtime waits for
//! them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures_channel::oneshot;
use rusqlite::Connection;
use saga_core::store::StoreError;

use crate::error::Error;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The threads; they end when this is dropped, after what they are at.
pub(crate) struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// A thread for each connection.
    pub(crate) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::new();
        for connection in connections {
            let waiting = waiting.clone();
            let thread = std::thread::Builder::new().name("saga-sqlite-read".to_owned());
            threads.push(thread.spawn(move || read(connection, &waiting))?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Runs `work` on one of the connections.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have gone.
        let job: Job =
            Box::new(move |connection| drop(answer.send(work(connection).map_err(StoreError::from))));
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(StoreError::Closed);
        }
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

fn read(mut connection: Connection, waiting: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is let go before the job is begun.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut connection),
            Err(_) => return,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            drop(thread.join());
        }
    }
}
