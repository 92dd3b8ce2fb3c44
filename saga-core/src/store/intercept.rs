//! Stores in front of other stores.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    Append, AppendError, Claim, Claims, DeliverError, DeliveryId, Page, Purge, Query, Store, StoreError,
    Summary, Waiting, Wanted, WorkerId,
};
use crate::machine::Delivery;
use crate::{Entry, Epoch, KeyNamespace, SagaId, Seq, Timestamp};

/// A store in front of another, which measures it, or makes it fail on purpose: it has those methods of [`Store`] that it
/// changes, and all others go to the store behind it. Each `Intercept` is a [`Store`].
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use saga_core::{MemoryStore, SagaId};
/// use saga_core::store::{Intercept, Store, StoreError, Summary};
///
/// /// Counts the questions for a summary.
/// struct Counted(MemoryStore, AtomicU64);
///
/// #[async_trait::async_trait]
/// impl Intercept for Counted {
///     fn inner(&self) -> &dyn Store {
///         &self.0
///     }
///     async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
///         self.1.fetch_add(1, Ordering::Relaxed);
///         self.inner().summary(saga).await
///     }
/// }
/// ```
#[async_trait]
pub trait Intercept: Send + Sync + 'static {
    /// Returns the store behind this one.
    fn inner(&self) -> &dyn Store;

    /// As [`Store::key_namespace`].
    async fn key_namespace(&self, given: Option<&KeyNamespace>) -> Result<Option<KeyNamespace>, StoreError> {
        self.inner().key_namespace(given).await
    }

    /// As [`Store::join`].
    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        self.inner().join(name, lease, now).await
    }

    /// As [`Store::renew`].
    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.inner().renew(worker, lease, now).await
    }

    /// As [`Store::leave`].
    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.inner().leave(worker).await
    }

    /// As [`Store::commit`].
    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        self.inner().commit(worker, batch, now).await
    }

    /// As [`Store::claim`].
    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        self.inner().claim(worker, wanted, now).await
    }

    /// As [`Store::held`].
    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError> {
        self.inner().held(worker).await
    }

    /// As [`Store::load`].
    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner().load(saga, from, limit).await
    }

    /// As [`Store::summary`].
    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
        self.inner().summary(saga).await
    }

    /// As [`Store::query`].
    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        self.inner().query(query).await
    }

    /// As [`Store::deliver`].
    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        self.inner().deliver(saga, delivery, now).await
    }

    /// As [`Store::inbox`].
    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        self.inner().inbox(worker).await
    }

    /// As [`Store::undelivered`].
    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError> {
        self.inner().undelivered(saga).await
    }

    /// As [`Store::wait_for_work`].
    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.inner().wait_for_work(worker).await
    }

    /// As [`Store::purge`].
    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError> {
        self.inner().purge(purge, now).await
    }

    /// As [`Store::takes_many_workers`].
    fn takes_many_workers(&self) -> bool {
        self.inner().takes_many_workers()
    }

    /// As [`Store::trouble`].
    fn trouble(&self) -> Option<String> {
        self.inner().trouble()
    }
}

#[async_trait]
impl<I: Intercept> Store for I {
    async fn key_namespace(&self, given: Option<&KeyNamespace>) -> Result<Option<KeyNamespace>, StoreError> {
        Intercept::key_namespace(self, given).await
    }

    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        Intercept::join(self, name, lease, now).await
    }

    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError> {
        Intercept::renew(self, worker, lease, now).await
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        Intercept::leave(self, worker).await
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        Intercept::commit(self, worker, batch, now).await
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        Intercept::claim(self, worker, wanted, now).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError> {
        Intercept::held(self, worker).await
    }

    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        Intercept::load(self, saga, from, limit).await
    }

    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
        Intercept::summary(self, saga).await
    }

    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        Intercept::query(self, query).await
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        Intercept::deliver(self, saga, delivery, now).await
    }

    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        Intercept::inbox(self, worker).await
    }

    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError> {
        Intercept::undelivered(self, saga).await
    }

    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError> {
        Intercept::wait_for_work(self, worker).await
    }

    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError> {
        Intercept::purge(self, purge, now).await
    }

    fn takes_many_workers(&self) -> bool {
        Intercept::takes_many_workers(self)
    }

    fn trouble(&self) -> Option<String> {
        Intercept::trouble(self)
    }
}
