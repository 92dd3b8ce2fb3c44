//! The workers of a run: real runtimes that are started, stopped, killed and restarted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saga_core::store::Store as _;
use saga_runtime::{Runtime, SeededRng};
use tokio::time::sleep;

use crate::case::{Case, What};
use crate::gate::Gate;
use crate::interpret::{program, urgent};
use crate::mutant::Mutant;
use crate::port::{Port, Stage};
use crate::world::{PAYLOAD_BYTES_MAX, Seat, World};

/// The length of a worker's lease.
pub(crate) const LEASE: Duration = Duration::from_secs(6);

/// The workers of a run; clones share them.
#[derive(Clone)]
pub(crate) struct Fleet(Arc<Inner>);

struct Inner {
    seed: u64,
    compensations_max: usize,
    world: World,
    stage: Arc<Stage>,
    workers: Vec<Mutex<Worker>>,
    is_calm: std::sync::atomic::AtomicBool,
}

struct Worker {
    gate: Arc<Gate>,
    port: Arc<Port>,
    runtime: Option<Runtime>,
    starts: u64,
}

/// A runtime that was just running, and the gate that shows whether it still is.
pub(crate) struct Reached {
    pub(crate) runtime: Runtime,
    pub(crate) gate: Arc<Gate>,
}

impl Fleet {
    pub(crate) fn new(case: &Case, world: World, stage: Arc<Stage>) -> Self {
        let worker = |seat| {
            let gate = Arc::new(Gate::default());
            let port = Arc::new(Port::new(stage.clone(), gate.clone(), seat));
            Mutex::new(Worker { gate, port, runtime: None, starts: 0 })
        };
        let workers = (0..case.workers).map(worker).collect();
        let (seed, compensations_max) = (case.seed, case.compensations_max);
        Self(Arc::new(Inner { seed, compensations_max, world, stage, workers, is_calm: false.into() }))
    }

    fn worker(&self, seat: usize) -> MutexGuard<'_, Worker> {
        let worker = &self.0.workers[seat % self.0.workers.len()];
        worker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.workers.len()
    }

    /// Returns the worker of a seat, if it is started and not dead.
    pub(crate) fn reach(&self, seat: usize) -> Option<Reached> {
        let worker = self.worker(seat);
        let runtime = worker.runtime.clone().filter(|_| !worker.gate.is_dead())?;
        Some(Reached { runtime, gate: worker.gate.clone() })
    }

    /// Starts the worker of a seat, unless it runs.
    pub(crate) async fn start(&self, seat: usize) {
        let (builder, gate) = {
            let mut worker = self.worker(seat);
            if worker.runtime.is_some() {
                return;
            }
            worker.starts += 1;
            worker.gate = Arc::new(Gate::default());
            worker.port = Arc::new(Port::new(self.0.stage.clone(), worker.gate.clone(), seat));
            let chance = self.0.seed ^ ((seat as u64) << 48) ^ (worker.starts << 32);
            let outside = Seat::new(self.0.world.clone(), worker.gate.clone(), self.0.compensations_max);
            let has_no_cap = self.0.stage.mutant == Some(Mutant::StormsServices);
            let builder = Runtime::builder(worker.port.clone())
                .resource(outside)
                .clock(self.0.stage.clock.clone())
                .rng(Arc::new(SeededRng::new(chance)))
                .lease(LEASE)
                .compensations_max(if has_no_cap { usize::MAX } else { self.0.compensations_max })
                .payload_bytes(PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MAX)
                .saga::<program>()
                .saga::<urgent>();
            (builder, worker.gate.clone())
        };
        if let Ok(runtime) = builder.start().await {
            let mut worker = self.worker(seat);
            match gate.is_dead() || worker.runtime.is_some() {
                true => saga_runtime::test::kill(&runtime),
                false => worker.runtime = Some(runtime),
            }
        }
    }

    /// Kills the worker of a seat, and restarts it after a time.
    async fn kill(&self, seat: usize, down_ms: u64) {
        let runtime = {
            let mut worker = self.worker(seat);
            worker.gate.die();
            worker.runtime.take()
        };
        if let Some(runtime) = runtime {
            saga_runtime::test::kill(&runtime);
        }
        sleep(Duration::from_millis(down_ms)).await;
        self.start(seat).await;
    }

    /// Shuts the worker of a seat down, and restarts it after a time. A shutdown that hangs ends in a kill, as under an
    /// orchestrator.
    async fn shut_down(&self, seat: usize, within: Option<Duration>, down_ms: u64) {
        let (runtime, gate, port) = {
            let mut worker = self.worker(seat);
            (worker.runtime.take(), worker.gate.clone(), worker.port.clone())
        };
        let Some(runtime) = runtime else { return };
        port.is_to_leave();
        let shutdown = async {
            match within {
                Some(time) => drop(runtime.shutdown_within(time).await),
                None => runtime.shutdown().await,
            }
        };
        if tokio::time::timeout(Duration::from_secs(40), shutdown).await.is_err() {
            gate.die();
        }
        saga_runtime::test::kill(&runtime);
        sleep(Duration::from_millis(down_ms)).await;
        self.start(seat).await;
    }

    /// Applies a fault; returns when it is over.
    pub(crate) async fn suffer(&self, what: What) {
        if self.0.is_calm.load(std::sync::atomic::Ordering::Acquire) && !matches!(what, What::Kill(..)) {
            return;
        }
        match what {
            What::Kill(seat, down_ms) | What::KillAfter(seat, down_ms) => self.kill(seat, down_ms).await,
            What::Stall(seat, ms) => {
                let gate = self.worker(seat).gate.clone();
                gate.stop();
                sleep(Duration::from_millis(ms)).await;
                gate.wake();
            }
            What::Shutdown(seat, ms) => self.shut_down(seat, None, ms).await,
            What::ShutdownWithin(seat, within_ms, ms) => {
                self.shut_down(seat, Some(Duration::from_millis(within_ms)), ms).await;
            }
            What::Store(seat, trouble, ms) => {
                self.worker(seat).port.fails(trouble, Duration::from_millis(ms));
            }
            What::Evict(seat) => {
                let worker = self.worker(seat).port.worker();
                // A worker that is not there cannot be evicted.
                drop(self.0.stage.referee.leave(worker).await);
            }
            What::Clock(by_ms) => self.0.stage.clock.jump(by_ms),
            What::Act(..) => {}
        }
    }

    /// Ends all faults, and starts every worker.
    pub(crate) async fn calm(&self) {
        self.0.is_calm.store(true, std::sync::atomic::Ordering::Release);
        self.0.stage.calm();
        for seat in 0..self.len() {
            {
                let worker = self.worker(seat);
                worker.gate.wake();
                worker.port.calm();
            }
            self.start(seat).await;
        }
    }
}
