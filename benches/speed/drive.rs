//! Runs sagas of one kind at a given concurrency, and measures what they take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use saga::prelude::*;
use saga::{Saga, SagaCall, store::Store};

use crate::Outcome;
use crate::sagas::{five, four_and_back, until_due, until_told};

/// The kind of saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    W1,
    W2,
}

/// The end of a round.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// This time has passed; sagas that run then still end.
    Passed(Duration),
    /// Each client has run this number of sagas.
    Each(usize),
}

/// The result of a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ran {
    pub(crate) sagas: u64,
    pub(crate) seconds: f64,
    /// CPU time of the whole process: all threads, user and system.
    pub(crate) cpu_seconds: f64,
}

/// Measures from its creation.
pub(crate) struct Watch {
    pub(crate) began: Instant,
    cpu: f64,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), cpu: cpu_seconds() }
    }

    pub(crate) fn stop(&self, sagas: u64) -> Ran {
        let seconds = self.began.elapsed().as_secs_f64();
        Ran { sagas, seconds, cpu_seconds: cpu_seconds() - self.cpu }
    }
}

/// Returns the CPU time of this process so far, in seconds.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Starts a runtime that knows all sagas of this program.
pub(crate) async fn start(store: Arc<dyn Store>) -> Outcome<Runtime> {
    // No limit on compensations: the benchmark measures how fast they are recorded, not how long they are queued.
    let builder = Runtime::builder(store).compensations_max(usize::MAX);
    let builder = builder.saga::<five>().saga::<four_and_back>();
    Ok(builder.saga::<until_told>().saga::<until_due>().start().await?)
}

/// Returns a single-threaded runtime.
pub(crate) fn thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()
}

/// Runs a round on a single-threaded runtime; a store may have more threads.
pub(crate) fn round(
    store: Arc<dyn Store>,
    workload: Workload,
    concurrency: usize,
    until: Until,
) -> Outcome<Ran> {
    thread()?.block_on(async {
        let runtime = start(store).await?;
        let ran = match workload {
            Workload::W1 => clients(&runtime, || five(7), concurrency, until).await?,
            Workload::W2 => clients(&runtime, || four_and_back(7), concurrency, until).await?,
        };
        runtime.shutdown().await;
        Ok(ran)
    })
}

pub(crate) async fn clients<S: Saga>(
    runtime: &Runtime,
    call: fn() -> SagaCall<S>,
    concurrency: usize,
    until: Until,
) -> Outcome<Ran> {
    let watch = Watch::start();
    let begun = watch.began;
    let clients: Vec<_> = (0..concurrency)
        .map(|client| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                let mut done = 0;
                let more = |done: usize| match until {
                    Until::Each(sagas) => done < sagas,
                    Until::Passed(time) => begun.elapsed() < time,
                };
                while more(done) {
                    let id = format!("saga-{}", client + done * concurrency);
                    let handle = runtime.run(id.as_str(), call()).await.expect("the saga is started");
                    let outcome = handle.outcome().await.expect("the saga can be looked at");
                    let is_as_wanted = match S::NAME {
                        "five" => outcome.is_completed(),
                        _ => outcome.is_rolled_back(),
                    };
                    assert!(is_as_wanted, "saga {id} ended otherwise");
                    done += 1;
                }
                done as u64
            })
        })
        .collect();
    let mut done = 0;
    for client in clients {
        done += client.await?;
    }
    Ok(watch.stop(done))
}
