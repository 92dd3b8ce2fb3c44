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
use saga_core::SagaId;
use saga_core::store::{Intercept, Store, StoreError, Summary};

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
impl Intercept for Alone {
    fn inner(&self) -> &dyn Store {
        &self.store
    }

    async fn summary(&self, saga: &SagaId) -> Stored<Option<Summary>> {
        self.summaries.fetch_add(1, Ordering::Relaxed);
        self.store.summary(saga).await
    }

    fn takes_many_workers(&self) -> bool {
        false
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_and_hardly_asks() {
    let (world, store) = (World::new(), Arc::new(Alone::default()));
    let clock = Arc::new(SystemClock::at(saga_runtime::test::BEGINNING));
    let builder = Runtime::builder(store.clone()).resource(world.clone()).clock(clock);
    let runtime = builder.saga::<sleeper>().start().await.unwrap();
    let handle = runtime.run("a", sleeper::call()).await.unwrap();
    let began = runtime.now();
    assert!(handle.outcome().in_time().await.unwrap().is_completed());
    let late = runtime.now().since(began) - 2 * HOUR;
    assert!(late < Duration::from_secs(1), "it was told {late:?} late");
    let asked = store.summaries.load(Ordering::Relaxed);
    assert!(asked < 200, "asked {asked} times in two hours");
}

saga!(other, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], set("bed")).await?)
});

/// The store fails at the moment at which the saga is to be claimed and closed: the next look tries again.
#[tokio::test(start_paused = true)]
async fn a_request_to_close_outlives_a_failure_of_the_store() {
    let (world, store) = (World::new(), Arc::new(Alone::default()));
    let started = |store: Arc<dyn Store>| Runtime::builder(store).resource(world.clone());
    let runtime = started(store.clone()).saga::<sleeper>().start().await.unwrap();
    let handle = runtime.run("a", sleeper::call()).await.unwrap();
    crate::support::acts::until_phase(handle.any(), Phase::Waiting).await;
    runtime.shutdown().await;
    let valve = Valve::new(store.clone());
    let runtime = started(valve.clone()).saga::<other>().start().await.unwrap();
    let handle = runtime.find(handle.id()).await.unwrap().unwrap();
    valve.reads(Flow::Unavailable);
    valve.loads(Flow::Open);
    let began = tokio::time::Instant::now();
    let abandoned = tokio::spawn(async move { handle.abandon(ann()).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    valve.reads(Flow::Open);
    abandoned.in_time().await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}
