//! Virtual time, and a runtime whose process can die at chosen writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use saga_core::machine::Delivery;
use saga_core::store::{Append, AppendError, Claims, Intercept, Store, StoreError, Wanted, WorkerId};
use saga_core::{By, Codecs, EncodeError, Epoch, MemoryStore, SagaId, Timestamp};
use tokio::sync::Notify;

use crate::author::saga::{Saga, SagaCall};
use crate::operate::handle::{AnyHandle, Handle};
use crate::operate::run_error::RunError;
use crate::operate::runtime::{Builder, Runtime};
use crate::replay::registry::StartError;
use crate::value::clock::{Clock, SeededRng, SystemClock};
use crate::value::recorded::{self, Recorded, Value};

/// 2026-01-01T00:00:00Z: when virtual time begins.
pub const BEGINNING: Timestamp = Timestamp(1_767_225_600_000);

/// Runs `test` in virtual time: whenever every task waits, the clock jumps to the next due time.
///
/// ```
/// # use std::time::Duration;
/// saga_runtime::test::in_virtual_time(async {
///     tokio::time::sleep(Duration::from_secs(86_400)).await; // takes no time at all
/// });
/// ```
///
/// # Panics
/// If tokio cannot be started, and when `test` does.
pub fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a current-thread runtime needs nothing from the system").block_on(test)
}

/// Records a value and reads it again, as a runtime does with every input and output, and gives what comes back. For
/// tests of types: what fails here is refused before its effect, or, of an output, lost after it.
///
/// ```
/// use saga_runtime::test::comes_back;
/// assert_eq!(comes_back(&0.3).unwrap(), 0.3);
/// // Written as `null`, which is read as `None`.
/// assert!(comes_back(&Some(f64::NAN)).is_err());
/// ```
///
/// # Errors
/// [`EncodeError`], with what is wrong.
pub fn comes_back<T: Recorded>(value: &T) -> Result<T, EncodeError> {
    let write = || recorded::printed(value);
    let payload = recorded::keep(&Value::of::<T>(&write), &Codecs::default())?;
    let unreadable = |source| EncodeError::Unreadable { shown: None, lost_float: false, source };
    recorded::decode(&Codecs::default(), &payload).map_err(unreadable)
}

/// Drops everything that `runtime` runs at once, as a crash of its process would. Handles stay valid. A wait for an
/// outcome or an act ends with [`LookError::ShutDown`](crate::LookError::ShutDown).
pub fn kill(runtime: &Runtime) {
    runtime.kill();
}

/// On which side of a durable write a crash comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The write is lost.
    Before,
    /// The write is durable, and its answer is lost.
    After,
}

/// A [`Runtime`] on a store in memory, in virtual time, that can crash. Must be made inside of virtual time
/// ([`in_virtual_time`], or `#[tokio::test(start_paused = true)]`).
pub struct TestRuntime {
    build: Box<dyn Fn(Builder) -> Builder + Send + Sync>,
    store: Arc<CrashingStore>,
    clock: Arc<SystemClock>,
    rng: Arc<SeededRng>,
    runtime: Option<Runtime>,
}

impl TestRuntime {
    /// Starts one; `build` adds resources and sagas, each time it is started.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        build: impl Fn(Builder) -> Builder + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        let mut test = Self {
            build: Box::new(build),
            store: Arc::default(),
            clock: Arc::new(SystemClock::at(BEGINNING)),
            rng: Arc::new(SeededRng::new(1)),
            runtime: None,
        };
        test.restart().await?;
        Ok(test)
    }

    /// Returns the runtime that runs now.
    ///
    /// # Panics
    /// Between [`die`](TestRuntime::die) and [`restart`](TestRuntime::restart).
    pub fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("the runtime has been started again after its death")
    }

    /// Runs a saga under that id; see [`Runtime::run`].
    ///
    /// # Errors
    /// [`RunError`].
    ///
    /// # Panics
    /// As [`runtime`](TestRuntime::runtime).
    pub async fn run<S: Saga, I>(&self, id: I, call: SagaCall<S>) -> Result<Handle<S>, RunError>
    where
        I: TryInto<SagaId>,
        RunError: From<I::Error>,
    {
        self.runtime().run(id, call).await
    }

    /// Returns the handle of a saga; see [`Runtime::find`].
    ///
    /// # Errors
    /// [`StoreError`].
    ///
    /// # Panics
    /// As [`runtime`](TestRuntime::runtime).
    pub async fn find(&self, id: &SagaId) -> Result<Option<AnyHandle>, StoreError> {
        self.runtime().find(id).await
    }

    /// Returns the virtual time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the store, which outlives crashes.
    pub fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    /// Returns how many durable writes with records there have been.
    pub fn writes(&self) -> u64 {
        self.store.writes.load(Ordering::Acquire)
    }

    /// Arranges for the process to die at the `write`-th durable write from the beginning (from 1).
    pub fn crash_at(&self, write: u64, side: Side) {
        *self.store.plan() = Some((write, side));
    }

    /// Arranges for a saga to be cancelled at the `write`-th durable write: by the time that its answer is there, the
    /// worker knows of the cancel.
    pub fn cancel_at(&self, write: u64, saga: SagaId, by: By) {
        *self.store.cancel() = Some((write, saga, Delivery::Cancel { by }));
    }

    /// Waits for an arranged crash; never returns if it does not come.
    pub async fn crashed(&self) {
        self.store.crashed.notified().await;
    }

    /// Dies now, and starts again on what is durable.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn crash(&mut self) -> Result<(), StartError> {
        self.die().await;
        self.restart().await
    }

    /// Dies now. Nothing runs until [`restart`](Self::restart).
    pub async fn die(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            let worker = runtime.engine().worker();
            runtime.kill();
            // The lease would run out by itself; a test need not wait for it.
            self.store.inner.leave(worker).await.ok();
        }
    }

    /// Starts again.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn restart(&mut self) -> Result<(), StartError> {
        *self.store.plan() = None;
        self.store.dead.store(0, Ordering::Release);
        let builder = Runtime::builder(self.store.clone());
        let builder = (self.build)(builder.clock(self.clock.clone()).rng(self.rng.clone()));
        self.runtime = Some(builder.start().await?);
        Ok(())
    }

    /// Lets that much virtual time pass.
    pub async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl std::fmt::Debug for TestRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestRuntime").field("writes", &self.writes()).finish_non_exhaustive()
    }
}

/// A store in memory with a process that can be made to die at a write: from then on no call returns.
#[derive(Debug, Default)]
struct CrashingStore {
    inner: MemoryStore,
    writes: AtomicU64,
    plan: Mutex<Option<(u64, Side)>>,
    cancel: Mutex<Option<(u64, SagaId, Delivery)>>,
    crashed: Notify,
    dead: AtomicU64,
}

impl CrashingStore {
    fn plan(&self) -> std::sync::MutexGuard<'_, Option<(u64, Side)>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cancel(&self) -> std::sync::MutexGuard<'_, Option<(u64, SagaId, Delivery)>> {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers the cancel that is arranged for this write, and has the worker take it to the saga before it goes on.
    async fn cancel_after(&self, write: u64, now: Timestamp) {
        let due = self.cancel().take_if(|(at, ..)| *at <= write);
        if let Some((_, saga, delivery)) = due {
            // Refused only if the saga is not there, and then there is nothing to be cancelled.
            self.inner.deliver(&saga, delivery, now).await.ok();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn die(&self) -> ! {
        self.dead.store(1, Ordering::Release);
        self.crashed.notify_one();
        std::future::pending().await
    }

    /// Returns if the process is alive; never, if it is dead.
    async fn alive(&self) {
        if self.dead.load(Ordering::Acquire) == 1 {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Intercept for CrashingStore {
    fn inner(&self) -> &dyn Store {
        &self.inner
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        self.alive().await;
        if batch.iter().all(|a| a.entries.is_empty()) {
            return self.inner.commit(worker, batch, now).await;
        }
        let write = self.writes.fetch_add(1, Ordering::AcqRel) + 1;
        let plan = *self.plan();
        match plan.filter(|(at, _)| *at == write) {
            Some((_, Side::Before)) => self.die().await,
            Some((_, Side::After)) => {
                self.inner.commit(worker, batch, now).await?;
                self.cancel_after(write, now).await;
                self.die().await
            }
            None => {
                let answer = self.inner.commit(worker, batch, now).await;
                self.cancel_after(write, now).await;
                answer
            }
        }
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        self.alive().await;
        self.inner.claim(worker, wanted, now).await
    }
}
