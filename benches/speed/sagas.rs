//! The sagas of the benchmarks: five steps of 100 bytes; the same with a fifth step that fails; two that wait.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use saga::prelude::*;

/// The number of steps in a saga.
pub(crate) const STEPS: u64 = 5;
/// The dependent commits of W1: the start with the first intent, each outcome with the next intent, the last outcome
/// with the end.
pub(crate) const COMMITS: i64 = 6;
/// The dependent commits of W2. Up to the fourth outcome they are those of W1. The failure is committed with the first
/// compensation's intent, each compensation with the next intent, and the last one with the end.
pub(crate) const COMMITS_W2: i64 = 10;
/// The output of a step.
pub(crate) const PAYLOAD: &str =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
/// The input with which a step fails.
const FAILS: u32 = u32::MAX;

/// The calls of `give` in this process since the last reset.
#[derive(Debug)]
pub(crate) struct Given {
    count: AtomicU64,
    /// The time of the first call, in nanoseconds since `BASE`; 0 if there was none.
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

    /// Resets the count to 0.
    pub(crate) fn reset(&self) {
        LazyLock::force(&BASE);
        self.first_ns.store(0, Ordering::Relaxed);
        self.count.store(0, Ordering::Relaxed);
    }

    /// Returns the time from `start` to the first call.
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

/// Undoes `give`.
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
