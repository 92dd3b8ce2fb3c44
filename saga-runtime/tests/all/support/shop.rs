//! A store with sagas of a first build, in the states in which a second build finds them, for tests of upgrades.
#![allow(missing_docs, clippy::unwrap_used, clippy::let_underscore_must_use)]

use std::sync::Arc;
use std::time::Duration;

use saga::prelude::*;
use saga::upgrade::{Report, check};
use saga::{Builder, Phase, clock::SystemClock};

/// The first build.
pub mod first {
    use super::*;

    #[step(compensate = release(output), idempotent)]
    pub async fn hold(item: String) -> Result<String, Failure> {
        Ok(item)
    }
    #[step(retriable, idempotent)]
    pub async fn release(id: String) -> Result<(), Failure> {
        drop(id);
        Ok(())
    }
    #[step(compensate = unbook(output), undo_within = "2h", idempotent)]
    pub async fn book(item: String) -> Result<String, Failure> {
        Ok(item)
    }
    #[step(retriable, idempotent)]
    pub async fn unbook(id: String) -> Result<(), Failure> {
        drop(id);
        Ok(())
    }
    #[step(irreversible, idempotent)]
    pub async fn charge(cents: u32) -> Result<u32, Failure> {
        Ok(cents)
    }
    /// Is busy for days.
    #[step(compensate = release(output), idempotent, retry(attempts = 9, backoff = "20h..40h"))]
    pub async fn queue(item: String) -> Result<String, Failure> {
        Err(Failure::transient(item))
    }

    #[saga(version = 1)]
    pub async fn trip(to: String) -> Result<String, Failure> {
        let flight = hold(to.clone()).await?;
        let hotel = book(to).await?;
        approve("sure?").await?;
        Ok(flight + &hotel)
    }

    #[saga(version = 3)]
    pub async fn order(cents: u32) -> Result<u32, Failure> {
        hold("it".into()).await?;
        let paid = charge(cents).await?;
        let _ = approve("sent?").await;
        Ok(paid)
    }

    #[step(compensate = release(output), idempotent)]
    pub async fn refuse(item: String) -> Result<String, Failure> {
        Err(Failure::permanent(item))
    }

    /// Its step fails, and it continues.
    #[saga]
    pub async fn retort(item: String) -> Result<String, Failure> {
        let failed = refuse(item).await.is_err();
        approve("all the same?").await?;
        Ok(failed.to_string())
    }

    #[saga]
    pub async fn wait(item: String) -> Result<String, Failure> {
        Ok(queue(item).await?)
    }
}

/// A function that registers a build's sagas.
pub type Build = fn(Builder) -> Builder;

/// The first build.
pub const FIRST: Build =
    |b| b.saga::<first::trip>().saga::<first::order>().saga::<first::wait>().saga::<first::retort>();

/// Returns the author of the tests' acts.
pub fn ann() -> By {
    By::new("ann", "a test")
}

/// A store, and the time.
pub struct Shop {
    /// The store.
    pub store: Arc<MemoryStore>,
    /// The time.
    pub clock: Arc<SystemClock>,
}

impl Shop {
    /// Returns a builder of that build.
    pub fn builder(&self, build: Build) -> Builder {
        build(Runtime::builder(self.store.clone()).clock(self.clock.clone()))
    }

    /// Starts that build.
    pub async fn started(&self, build: Build) -> Runtime {
        self.builder(build).start().await.unwrap()
    }

    /// Checks that build.
    pub async fn check(&self, build: Build) -> Report {
        check(&self.builder(build)).await.unwrap()
    }
}

/// Returns the shop that a runtime of the first build leaves behind.
pub async fn left(act: impl AsyncFnOnce(&Runtime)) -> Shop {
    let shop = Shop { store: Arc::default(), clock: Arc::new(SystemClock::at(saga::test::BEGINNING)) };
    let runtime = shop.started(FIRST).await;
    act(&runtime).await;
    runtime.shutdown().await;
    shop
}

/// Waits until the saga is in that phase.
pub async fn until(handle: &saga::AnyHandle, phase: Phase) {
    let comes = async {
        while handle.phase().await.unwrap() != phase {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), comes).await.expect("it comes to that");
}

/// Returns a shop with three sagas: one waits for its answer, one is past its point of no return, and one has a step
/// that waits for days.
pub async fn three_waiting() -> Shop {
    left(async |runtime| {
        let trip = runtime.run("trip", first::trip("Ork".into())).await.unwrap();
        let order = runtime.run("order", first::order(300)).await.unwrap();
        let wait = runtime.run("wait", first::wait("desk".into())).await.unwrap();
        for handle in [trip.any(), order.any(), wait.any()] {
            until(handle, Phase::Waiting).await;
        }
    })
    .await
}
