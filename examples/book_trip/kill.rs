//! A store that kills the process at a chosen durable write, to show the recovery.

use std::sync::atomic::{AtomicU64, Ordering};

use saga::machine::Delivery;
use saga::store::{Append, AppendError, DeliverError, DeliveryId, Intercept, Store, StoreError, WorkerId};
use saga::{SagaId, Timestamp, journal::Epoch};

use super::options::Kill;
use super::timeline::name_of;

/// A store with the write at which the process dies. Only writes to a saga's history or inbox are counted.
pub struct Killing<S> {
    store: S,
    kill: Option<Kill>,
    last_words: Box<dyn Fn(&str) + Send + Sync>,
    writes: AtomicU64,
}

impl<S: Store> Killing<S> {
    /// Wraps a store that kills the process at `kill`. Before that, it passes the records of the write to `last_words`.
    pub fn at(kill: Option<Kill>, store: S, last_words: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { store, kill, last_words: Box::new(last_words), writes: AtomicU64::new(0) }
    }

    /// Returns true if the batch has no records, or only the creation of an existing saga.
    async fn adds_nothing(&self, batch: &[Append]) -> Result<bool, StoreError> {
        for append in batch.iter().filter(|append| !append.entries.is_empty()) {
            if append.epoch.is_some() || self.store.summary(&append.saga).await?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn write<T>(&self, what: impl FnOnce() -> String, write: impl Future<Output = T> + Send) -> T {
        let number = self.writes.fetch_add(1, Ordering::Relaxed) + 1;
        let die = |when: &str| -> ! {
            (self.last_words)(&format!("{when} durable write {number}: {}", what()));
            std::process::abort()
        };
        if self.kill == Some(Kill::Before(number)) {
            die("before");
        }
        let written = write.await;
        if self.kill == Some(Kill::At(number)) {
            die("after");
        }
        written
    }
}

/// Returns the names of a batch's records: `done hold_flight, intent charge_card`.
fn records_of(batch: &[Append]) -> String {
    let records: Vec<String> = batch.iter().flat_map(|append| &append.entries).map(name_of).collect();
    records.join(", ")
}

#[async_trait::async_trait]
impl<S: Store> Intercept for Killing<S> {
    fn inner(&self) -> &dyn Store {
        &self.store
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        let commit = self.store.commit(worker, batch, now);
        if self.adds_nothing(batch).await? {
            return commit.await;
        }
        self.write(|| records_of(batch), commit).await
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        self.write(|| "an answer, into the inbox".to_owned(), self.store.deliver(saga, delivery, now)).await
    }
}
