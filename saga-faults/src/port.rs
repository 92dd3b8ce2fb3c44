//! The store as a worker that is to die reaches it: the process is killed before or after a chosen durable write. And the
//! bug of a store that answers before it has written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use saga::machine::Delivery;
use saga::store::{
    Append, AppendError, Claims, DeliverError, DeliveryId, Intercept, Store, StoreError, Wanted, WorkerId,
};
use saga::{SagaId, Timestamp, journal::Epoch};
use tokio::sync::mpsc;

use crate::mutant::Mutant;

/// Where the process dies: the number of something, the first being 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Instead of a durable write.
    Before(u64),
    /// Once a durable write is on disk.
    After(u64),
    /// At an operation on the store's files, in the midst of a transaction.
    InFile(u64),
}

/// A batch that was answered and is not written.
struct Owed {
    worker: WorkerId,
    batch: Vec<Append>,
    now: Timestamp,
}

/// A store, and where the process dies. What counts is what changes the file: commits, claims and deliveries.
pub(crate) struct Port<S> {
    store: Arc<S>,
    kill: Option<Kill>,
    writes: AtomicU64,
    owed: Option<mpsc::UnboundedSender<Owed>>,
}

impl<S: Store> Port<S> {
    pub(crate) fn new(store: Arc<S>, kill: Option<Kill>, mutant: Option<Mutant>) -> Self {
        let owed = (mutant == Some(Mutant::AnswersTooEarly)).then(|| {
            let (owed, mut inbox) = mpsc::unbounded_channel::<Owed>();
            let store = store.clone();
            tokio::spawn(async move {
                while let Some(Owed { worker, batch, now }) = inbox.recv().await {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    drop(store.commit(worker, &batch, now).await);
                }
            });
            owed
        });
        Self { store, kill, writes: AtomicU64::new(0), owed }
    }

    async fn write<T>(&self, write: impl Future<Output = T>) -> T {
        let number = self.writes.fetch_add(1, Ordering::AcqRel) + 1;
        if self.kill == Some(Kill::Before(number)) {
            kill_itself();
        }
        let written = write.await;
        if self.kill == Some(Kill::After(number)) {
            kill_itself();
        }
        written
    }
}

/// Nothing is flushed, closed or dropped: the kernel ends the process.
pub(crate) fn kill_itself() -> ! {
    if let Err(error) = kill_process(getpid(), Signal::KILL) {
        eprintln!("the process cannot kill itself: {error}");
    }
    std::process::abort()
}

#[async_trait::async_trait]
impl<S: Store> Intercept for Port<S> {
    fn inner(&self) -> &dyn Store {
        &*self.store
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        let epochs: Option<Vec<_>> = batch.iter().map(|append| append.epoch.map(Ok)).collect();
        if let (Some(owed), Some(epochs)) = (&self.owed, epochs) {
            drop(owed.send(Owed { worker, batch: batch.to_vec(), now }));
            return Ok(epochs);
        }
        self.write(self.store.commit(worker, batch, now)).await
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        self.write(self.store.claim(worker, wanted, now)).await
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        self.write(self.store.deliver(saga, delivery, now)).await
    }

    /// Returns true with the bug: callers then look every half second, as in a fleet. The only worker of a store wakes
    /// its callers, which look every 60 s themselves. With the bug, the driver may wake a caller for an end that the
    /// store has acknowledged and not written; the caller reads the store, and finds the saga running; then the store
    /// writes the end, and wakes no caller. The round would end by its patience, not by what the audit says.
    fn takes_many_workers(&self) -> bool {
        self.owed.is_some() || self.store.takes_many_workers()
    }
}
