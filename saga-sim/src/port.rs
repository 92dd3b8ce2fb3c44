//! The store as one process reaches it. It may be slow, full or unavailable, lose answers, or return stale reads. The
//! process may be stopped or die on the way there or back.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use saga_core::machine::Delivery;
use saga_core::store::{
    Append, AppendError, Claim, Claims, DeliverError, DeliveryId, Page, Purge, Query, Store, StoreError,
    Summary, Waiting, Wanted, WorkerId,
};
use saga_core::{Entry, Epoch, SagaId, Seq, Timestamp};
use saga_runtime::Clock as _;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::case::{Trouble, What, When};
use crate::clock::SharedClock;
use crate::coverage::{Coverage, Side};
use crate::gate::Gate;
use crate::mutant::Mutant;
use crate::referee::Referee;
use crate::rule::Rule;

/// The maximum number of store calls in a run; a long run makes a tenth of them.
const CALLS_MAX: u64 = 200_000;

/// The state that all processes of a run share.
pub(crate) struct Stage {
    pub(crate) referee: Referee,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) coverage: Arc<Mutex<Coverage>>,
    /// The clock that all processes use.
    pub(crate) clock: Arc<SharedClock>,
    writes: AtomicU64,
    calls: AtomicU64,
    /// The faults planned for each write.
    plan: Mutex<BTreeMap<u64, Vec<What>>>,
    news: mpsc::UnboundedSender<What>,
}

impl Stage {
    pub(crate) fn new(
        referee: Referee,
        mutant: Option<Mutant>,
        coverage: Arc<Mutex<Coverage>>,
        news: mpsc::UnboundedSender<What>,
    ) -> Self {
        let clock = referee.world().clock().clone();
        let (writes, calls, plan) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::default());
        Self { referee, mutant, coverage, clock, writes, calls, plan, news }
    }

    fn plan(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<What>>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn at_write(&self, write: u64, what: What) {
        self.plan().entry(write).or_default().push(what);
    }

    /// Ends faults at writes, except deaths of processes, while operators resolve what they find.
    pub(crate) fn calm(&self) {
        let dies = |what: &What| matches!(what, What::Kill(..) | What::KillAfter(..));
        self.plan().values_mut().for_each(|whats| whats.retain(dies));
    }

    fn tell(&self, what: What) {
        // After the end of the run no task listens.
        drop(self.news.send(what));
    }
}

/// The store as one process reaches it.
pub(crate) struct Port {
    pub(crate) stage: Arc<Stage>,
    pub(crate) gate: Arc<Gate>,
    seat: usize,
    worker: AtomicU64,
    weather: Mutex<Option<(Trouble, Timestamp)>>,
    /// True if a call has failed since the worker was told to leave.
    has_failed: AtomicBool,
}

impl Port {
    pub(crate) fn new(stage: Arc<Stage>, gate: Arc<Gate>, seat: usize) -> Self {
        Self {
            stage,
            gate,
            seat,
            worker: AtomicU64::new(0),
            weather: Mutex::default(),
            has_failed: false.into(),
        }
    }

    /// Makes the store fail for a time.
    pub(crate) fn fails(&self, trouble: Trouble, time: Duration) {
        let until = self.stage.clock.time.now().after(time);
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner) = Some((trouble, until));
    }

    /// Notes that the worker has been told to leave: from now on it may hold nothing when it does, if no call fails.
    pub(crate) fn is_to_leave(&self) {
        self.has_failed.store(false, Ordering::Release);
    }

    /// Ends the failure.
    pub(crate) fn calm(&self) {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn worker(&self) -> WorkerId {
        WorkerId(self.worker.load(Ordering::Acquire))
    }

    fn weather(&self) -> Option<Trouble> {
        let mut weather = self.weather.lock().unwrap_or_else(PoisonError::into_inner);
        if weather.is_some_and(|(_, until)| until < self.stage.clock.time.now()) {
            *weather = None;
        }
        weather.map(|(trouble, _)| trouble)
    }

    /// Enters the store. A process that calls it endlessly gets no more answers, and is reported.
    async fn enter(&self) {
        self.gate.pass().await;
        if self.stage.calls.fetch_add(1, Ordering::AcqRel) >= CALLS_MAX {
            self.stage.referee.spins();
            pending().await
        }
    }

    async fn write<T, E: From<StoreError>>(
        &self,
        trouble: Option<Trouble>,
        operation: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let detail = "the simulation has it so";
        if !matches!(trouble, None | Some(Trouble::Slow)) {
            self.has_failed.store(true, Ordering::Release);
        }
        let result = match trouble {
            Some(Trouble::Unavailable) => Err(StoreError::unavailable(detail).into()),
            Some(Trouble::Full) => Err(StoreError::full(detail).into()),
            Some(Trouble::ReadOnly) => Err(StoreError::read_only(detail).into()),
            Some(Trouble::AnswerLost) => {
                operation.await?;
                Err(StoreError::unavailable("the answer is lost").into())
            }
            Some(Trouble::Slow) => {
                sleep(Duration::from_secs(1)).await;
                let result = operation.await;
                sleep(Duration::from_secs(2)).await;
                result
            }
            Some(Trouble::Stale) | None => operation.await,
        };
        self.gate.pass().await;
        result
    }

    async fn read<T, E: From<StoreError>>(
        &self,
        operation: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.enter().await;
        let trouble = self.weather().filter(|t| matches!(t, Trouble::Unavailable | Trouble::Slow));
        self.write(trouble, operation).await
    }

    async fn die(&self, side: Side, batch: &[Append], down_ms: u64) -> ! {
        {
            let mut coverage = self.stage.coverage.lock().unwrap_or_else(PoisonError::into_inner);
            batch.iter().for_each(|append| coverage.crashed(side, &append.entries));
        }
        self.gate.die();
        self.stage.tell(What::Kill(self.seat, down_ms));
        pending().await
    }

    /// Acknowledges like a store that answers before it has flushed.
    fn acknowledge_too_early(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Vec<Result<Epoch, AppendError>> {
        let answers = batch.iter().filter_map(|append| append.epoch.map(Ok)).collect();
        let (stage, batch) = (self.stage.clone(), batch.to_vec());
        tokio::spawn(async move {
            sleep(Duration::from_millis(1)).await;
            drop(stage.referee.commit(worker, &batch, now).await);
        });
        answers
    }

    /// Returns the faults at this write, for the worker that writes.
    fn at_this_write(&self) -> Vec<What> {
        let write = self.stage.writes.fetch_add(1, Ordering::AcqRel) + 1;
        let whats = self.stage.plan().remove(&write).unwrap_or_default();
        whats.into_iter().map(|what| what.of(self.seat)).collect()
    }
}

impl What {
    /// Applies the fault to that worker.
    fn of(self, seat: usize) -> Self {
        match self {
            What::Kill(_, ms) => What::Kill(seat, ms),
            What::KillAfter(_, ms) => What::KillAfter(seat, ms),
            What::Stall(_, ms) => What::Stall(seat, ms),
            What::Shutdown(_, ms) => What::Shutdown(seat, ms),
            What::ShutdownWithin(_, within_ms, ms) => What::ShutdownWithin(seat, within_ms, ms),
            What::Store(_, trouble, ms) => What::Store(seat, trouble, ms),
            What::Evict(_) => What::Evict(seat),
            What::Clock(ms) => What::Clock(ms),
            What::Act(saga, act) => What::Act(saga, act),
        }
    }
}

/// Returns the write of an event; `None` if it happens at a time.
pub(crate) fn write_of(when: When) -> Option<u64> {
    match when {
        When::Write(write) => Some(write),
        When::At(_) => None,
    }
}

#[async_trait]
impl saga_core::store::Intercept for Port {
    fn inner(&self) -> &dyn Store {
        &self.stage.referee
    }

    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        self.enter().await;
        let worker = self.write(self.weather(), self.inner().join(name, lease, now)).await?;
        self.worker.store(worker.0, Ordering::Release);
        Ok(worker)
    }

    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.enter().await;
        self.write(self.weather(), self.inner().renew(worker, lease, now)).await
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.enter().await;
        if let Ok(held) = self.inner().held(worker).await
            && let Some(claim) = held.first()
            && !self.has_failed.load(Ordering::Acquire)
            // What a worker holds under a lease that is over, any other may have.
            && self.stage.referee.has_lease(worker)
        {
            let what =
                format!("a worker left with {} of its sagas held, {} among them", held.len(), claim.saga);
            self.stage.referee.world().books().wrong(Rule::Released, what);
        }
        self.write(self.weather(), self.inner().leave(worker)).await
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        self.enter().await;
        if batch.iter().all(|a| a.entries.is_empty()) {
            return self.write(self.weather(), self.inner().commit(worker, batch, now)).await;
        }
        let (mut trouble, mut dies_after) = (self.weather(), None);
        for what in self.at_this_write() {
            match what {
                What::Kill(_, down_ms) => self.die(Side::Before, batch, down_ms).await,
                What::KillAfter(_, down_ms) => dies_after = Some(down_ms),
                What::Store(_, once, 0) => trouble = Some(once),
                other => self.stage.tell(other),
            }
        }
        if self.stage.mutant == Some(Mutant::AcknowledgesTooEarly) && batch.iter().all(|a| a.epoch.is_some())
        {
            return Ok(self.acknowledge_too_early(worker, batch, now));
        }
        let result = self.write(trouble, self.inner().commit(worker, batch, now)).await;
        match dies_after {
            Some(down_ms) => self.die(Side::After, batch, down_ms).await,
            None => result,
        }
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        self.enter().await;
        self.write(self.weather(), self.inner().claim(worker, wanted, now)).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError> {
        self.read(self.inner().held(worker)).await
    }

    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let mut journal = self.read(self.inner().load(saga, from, limit)).await?;
        if self.weather() == Some(Trouble::Stale) && journal.len() > 2 {
            journal.truncate(journal.len() - 2);
        }
        Ok(journal)
    }

    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
        self.read(self.inner().summary(saga)).await
    }

    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        self.read(self.inner().query(query)).await
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        self.enter().await;
        self.write(self.weather(), self.inner().deliver(saga, delivery, now)).await
    }

    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        self.read(self.inner().inbox(worker)).await
    }

    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError> {
        self.read(self.inner().undelivered(saga)).await
    }

    async fn wait_for_work(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.enter().await;
        self.inner().wait_for_work(worker).await?;
        self.gate.pass().await;
        Ok(())
    }

    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError> {
        self.enter().await;
        self.write(self.weather(), self.inner().purge(purge, now)).await
    }
}
