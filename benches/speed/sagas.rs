//! The sagas that are run: five steps of 100 bytes; the same with a fifth step that fails; two that wait.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use saga::prelude::*;

/// Steps of a saga.
pub(crate) const STEPS: u64 = 5;
/// Dependent commits of W1: its start with the first intent, each outcome with the next, the last with the end.
pub(crate) const COMMITS: i64 = 6;
/// Dependent commits of W2: as W1 up to the fourth outcome; the failure with the first compensation's intent; each
/// compensation with the next, the last with the end.
pub(crate) const COMMITS_W2: i64 = 10;
/// What a step gives.
pub(crate) const PAYLOAD: &str =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
/// The input with which a step fails.
const FAILS: u32 = u32::MAX;

/// What `give` has done in this process, since the last look.
#[derive(Debug)]
pub(crate) struct Given {
    count: AtomicU64,
    /// When the first was, counted from `BASE`; 0 if none was.
    first_ns: AtomicU64,
}

pub(crate) static GIVEN: Given = Given { count: AtomicU64::new(0), first_ns: AtomicU64::new(0) };
static BASE: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Given {
    fn note(&self) {
        if self.count.fetch_add(1, Ordering::Relaxed) == 0 {
            self.first_ns.store(BASE.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts from 0 again.
    pub(crate) fn reset(&self) {
        LazyLock::force(&BASE);
        self.first_ns.store(0, Ordering::Relaxed);
        self.count.store(0, Ordering::Relaxed);
    }

    /// How long after `start` the first was.
    pub(crate) fn first_after(&self, start: Instant) -> Duration {
        let first = *BASE + Duration::from_nanos(self.first_ns.load(Ordering::Relaxed));
        first.saturating_duration_since(start)
    }
}

/// Gives 100 bytes.
#[step(compensate = take(n), idempotent)]
pub(crate) async fn give(n: u32) -> Result<String, Failure> {
    if n == FAILS {
        return Err(Failure::permanent("no more"));
    }
    GIVEN.note();
    Ok(PAYLOAD.to_owned())
}

/// Takes them back.
#[step(retriable, idempotent)]
pub(crate) async fn take(_n: u32) -> Result<(), Failure> {
    Ok(())
}

/// W1: five steps.
#[saga(version = 1)]
pub(crate) async fn five(n: u32) -> Result<(), Failure> {
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    Ok(())
}

/// W2: four steps, and a fifth that fails.
#[saga(version = 1)]
pub(crate) async fn four_and_back(n: u32) -> Result<(), Failure> {
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(FAILS).await?;
    Ok(())
}

/// Waits for a signal, after a step.
#[saga(version = 1)]
pub(crate) async fn until_told(n: u32) -> Result<String, Failure> {
    give(n).await?;
    Ok(signal::<String>("go").await)
}

/// Waits for a time, after a step.
#[saga(version = 1)]
pub(crate) async fn until_due(wait: String) -> Result<(), Failure> {
    give(1).await?;
    sleep(wait.as_str()).await;
    Ok(())
}
