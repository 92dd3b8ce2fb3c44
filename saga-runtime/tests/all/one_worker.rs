//! On a store for one worker, a task that waits for a saga is woken, and does not poll the store. A thousand handles on
//! released sagas should cost nothing.
//!
//! Mutant seen to fail here: polled every half second, as on a store where another worker may act.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::acts::{HOUR, InTime as _};
use crate::support::kit::*;
use async_trait::async_trait;
use saga_core::machine::Delivery;
use saga_core::store::{
    Append, AppendError, Claim, Claims, DeliverError, DeliveryId, Page, Purge, Query, Store, StoreError,
    Summary, Waiting, Wanted, WorkerId,
};
use saga_core::{Entry, Epoch, SagaId, Seq, Timestamp};

saga!(sleeper, |cx, input| [a, s, b] {
    a.at(&cx, 1, &[], set("bed")).await?;
    s.at(&cx, 1, &[], sleep("2h")).await;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("awake".to_owned())
});

/// A store in memory for one worker, which counts queries of a saga's status.
#[derive(Default)]
struct Alone {
    store: MemoryStore,
    summaries: AtomicU64,
}

type Stored<T> = Result<T, StoreError>;

#[async_trait]
impl Store for Alone {
    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Stored<WorkerId> {
        self.store.join(name, lease, now).await
    }
    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Stored<()> {
        self.store.renew(worker, lease, now).await
    }
    async fn leave(&self, worker: WorkerId) -> Stored<()> {
        self.store.leave(worker).await
    }
    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Stored<Vec<Result<Epoch, AppendError>>> {
        self.store.commit(worker, batch, now).await
    }
    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Stored<Claims> {
        self.store.claim(worker, wanted, now).await
    }
    async fn held(&self, worker: WorkerId) -> Stored<Vec<Claim>> {
        self.store.held(worker).await
    }
    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Stored<Vec<Entry>> {
        self.store.load(saga, from, limit).await
    }
    async fn summary(&self, saga: &SagaId) -> Stored<Option<Summary>> {
        self.summaries.fetch_add(1, Ordering::Relaxed);
        self.store.summary(saga).await
    }
    async fn query(&self, query: &Query) -> Stored<Page> {
        self.store.query(query).await
    }
    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        self.store.deliver(saga, delivery, now).await
    }
    async fn inbox(&self, worker: WorkerId) -> Stored<Vec<Waiting>> {
        self.store.inbox(worker).await
    }
    async fn undelivered(&self, saga: &SagaId) -> Stored<Vec<Waiting>> {
        self.store.undelivered(saga).await
    }
    async fn wait_for_work(&self, worker: WorkerId) -> Stored<()> {
        self.store.wait_for_work(worker).await
    }
    async fn purge(&self, purge: Purge) -> Stored<u64> {
        self.store.purge(purge).await
    }
    fn takes_many_workers(&self) -> bool {
        false
    }
    fn trouble(&self) -> Option<String> {
        self.store.trouble()
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_and_hardly_asks() {
    let (world, store) = (World::new(), Arc::new(Alone::default()));
    let clock = Arc::new(SystemClock::at(saga_runtime::test::BEGINNING));
    let builder = Runtime::builder_shared(store.clone()).resource(world.clone()).clock(clock);
    let runtime = builder.saga::<sleeper>().start().await.unwrap();
    let handle = runtime.run("a", sleeper::call()).await.unwrap();
    let began = runtime.now();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    let late = runtime.now().since(began) - 2 * HOUR;
    assert!(late < Duration::from_secs(1), "it was told {late:?} late");
    let asked = store.summaries.load(Ordering::Relaxed);
    assert!(asked < 200, "asked {asked} times in two hours");
}
