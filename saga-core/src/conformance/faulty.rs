//! A store that loses answers according to a script, for the suite's tests of repeats and for tests of runtimes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::delivery::Delivery;
use crate::store::{
    Append, AppendError, Claims, DeliverError, DeliveryId, Intercept, Purge, Store, StoreError, Wanted,
    WorkerId,
};
use crate::{Epoch, SagaId, Timestamp};

/// The fault of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The write is applied and answered.
    None,
    /// The write is not applied, and fails with [`StoreError::Unavailable`].
    Before,
    /// The write is applied, and fails with [`StoreError::Unavailable`].
    After,
    /// The write is not applied, and fails with [`StoreError::Corrupt`].
    Corrupt,
}

/// A store that fails writes (`commit`, `claim`, `deliver`, `renew`, `leave`, `purge`) according to a script.
///
/// ```
/// use std::sync::Arc;
/// use saga_core::{MemoryStore, conformance::{Fault, Faulty, block_on}, store::Store};
/// let store = Faulty::new(Arc::new(MemoryStore::new()));
/// store.script([Fault::After]);
/// block_on(async {
///     let worker = store.join("w", std::time::Duration::from_secs(9), Default::default()).await.unwrap();
///     assert!(store.leave(worker).await.is_err(), "done, but the answer is lost");
///     assert!(store.leave(worker).await.is_ok());
/// });
/// ```
pub struct Faulty {
    inner: Arc<dyn Store>,
    script: Mutex<VecDeque<Fault>>,
}

impl Faulty {
    /// Wraps `inner`, with an empty script.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, script: Mutex::default() }
    }

    /// Appends to the script one fault for each of the next writes. After the end of the script all writes succeed.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }

    fn next(&self) -> Fault {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(Fault::None)
    }

    async fn write<T, E: From<StoreError>>(&self, write: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let lost = |detail: &str| Err(StoreError::unavailable(detail).into());
        match self.next() {
            Fault::None => write.await,
            Fault::Before => lost("a fault before the write"),
            Fault::Corrupt => Err(StoreError::corrupt("a fault that no try mends").into()),
            Fault::After => {
                write.await?;
                lost("a fault after the write")
            }
        }
    }
}

#[async_trait]
impl Intercept for Faulty {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.write(self.inner.renew(worker, lease, now)).await
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.write(self.inner.leave(worker)).await
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        self.write(self.inner.commit(worker, batch, now)).await
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        self.write(self.inner.claim(worker, wanted, now)).await
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        self.write(self.inner.deliver(saga, delivery, now)).await
    }

    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError> {
        self.write(self.inner.purge(purge, now)).await
    }
}
