//! A store with operations that fail or hang on demand. The data behind it is never lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use saga_core::machine::Delivery;
use saga_core::store::{
    Append, AppendError, Claim, Claims, DeliverError, DeliveryId, Intercept, Page, Purge, Query, Store,
    StoreError, Summary, Waiting, Wanted, WorkerId,
};
use saga_core::{Entry, Epoch, SagaId, Seq, Timestamp};
use tokio::sync::{Notify, watch};

/// The fate of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It is performed and answered.
    Open,
    /// It is not performed: the disk is full.
    Full,
    /// It is not performed: the file is read-only.
    ReadOnly,
    /// It is not performed: locked, or unreachable for a while.
    Unavailable,
    /// It is not performed: the data cannot be read.
    Corrupt,
    /// It is performed, and the answer is lost.
    AnswerLost,
    /// It is performed; of a commit one answer is missing.
    AnswerMissing,
    /// It is performed, and its answer waits until the valve is set to another flow.
    AnswerLate,
    /// It waits until the valve is set to another flow, as if the process were stopped.
    Frozen,
}

/// A store behind a valve.
pub struct Valve {
    inner: Arc<dyn Store>,
    commits: watch::Sender<Flow>,
    writes: watch::Sender<Flow>,
    reads: watch::Sender<Flow>,
    loads: watch::Sender<Flow>,
    /// After this number of commits the valve is set to this flow.
    shuts: Mutex<Option<(u64, Flow)>>,
    is_shut: Notify,
    asked: AtomicUsize,
    claimed: AtomicUsize,
    calls: AtomicUsize,
}

impl Valve {
    /// Returns `inner` behind an open valve.
    pub fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        let valve = || watch::channel(Flow::Open).0;
        let (commits, writes, reads, loads) = (valve(), valve(), valve(), valve());
        let (shuts, is_shut) = (Mutex::default(), Notify::new());
        let count = || AtomicUsize::new(0);
        let (asked, claimed, calls) = (count(), count(), count());
        Arc::new(Self { inner, commits, writes, reads, loads, shuts, is_shut, asked, claimed, calls })
    }

    /// Sets everything to this flow from the `commit`-th commit on (from 1).
    pub fn shuts_at(&self, commit: u64, flow: Flow) {
        *self.shuts.lock().unwrap_or_else(PoisonError::into_inner) = Some((commit, flow));
    }

    /// Returns how often a worker asked what it holds.
    pub fn asked_what_is_held(&self) -> usize {
        self.asked.load(Ordering::Acquire)
    }

    /// Returns how many sagas workers have claimed.
    pub fn claimed(&self) -> usize {
        self.claimed.load(Ordering::Acquire)
    }

    /// Waits until that has happened.
    pub async fn shut(&self) {
        self.is_shut.notified().await;
    }

    fn count_commit(&self) {
        let mut shuts = self.shuts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((left, flow)) = &mut *shuts else { return };
        *left -= 1;
        if *left == 0 {
            self.all(*flow);
            *shuts = None;
            self.is_shut.notify_one();
        }
    }

    /// Returns the number of all calls.
    pub fn asked(&self) -> usize {
        self.calls.load(Ordering::Acquire)
    }

    /// Sets the fate of commits.
    pub fn commits(&self, flow: Flow) {
        self.commits.send_replace(flow);
    }

    /// Sets the fate of writes, including commits.
    pub fn writes(&self, flow: Flow) {
        self.commits(flow);
        self.writes.send_replace(flow);
    }

    /// Sets the fate of writes other than commits.
    pub fn other_writes(&self, flow: Flow) {
        self.writes.send_replace(flow);
    }

    /// Sets the fate of reads, including loads.
    pub fn reads(&self, flow: Flow) {
        self.loads(flow);
        self.reads.send_replace(flow);
    }

    /// Sets the fate of loads of journals.
    pub fn loads(&self, flow: Flow) {
        self.loads.send_replace(flow);
    }

    /// Sets the fate of everything.
    pub fn all(&self, flow: Flow) {
        self.writes(flow);
        self.reads(flow);
    }

    async fn through<T, E: From<StoreError>>(
        &self,
        valve: &watch::Sender<Flow>,
        operation: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.calls.fetch_add(1, Ordering::AcqRel);
        let mut flow = valve.subscribe();
        let set = *flow.wait_for(|f| *f != Flow::Frozen).await.expect("the valve is there");
        let detail = "the valve is shut".to_owned();
        match set {
            Flow::Open | Flow::AnswerMissing | Flow::Frozen => operation.await,
            Flow::AnswerLate => {
                let answer = operation.await;
                flow.wait_for(|f| *f != Flow::AnswerLate).await.expect("the valve is there");
                answer
            }
            Flow::Full => Err(StoreError::full(detail).into()),
            Flow::ReadOnly => Err(StoreError::read_only(detail).into()),
            Flow::Corrupt => Err(StoreError::corrupt(detail).into()),
            Flow::Unavailable => Err(StoreError::unavailable(detail).into()),
            Flow::AnswerLost => {
                operation.await?;
                Err(StoreError::unavailable("the answer is lost").into())
            }
        }
    }
}

#[async_trait]
impl Intercept for Valve {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    async fn join(&self, name: &str, lease: Duration, now: Timestamp) -> Result<WorkerId, StoreError> {
        self.through(&self.writes, self.inner.join(name, lease, now)).await
    }

    async fn renew(&self, worker: WorkerId, lease: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.through(&self.writes, self.inner.renew(worker, lease, now)).await
    }

    async fn leave(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.through(&self.writes, self.inner.leave(worker)).await
    }

    async fn commit(
        &self,
        worker: WorkerId,
        batch: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Epoch, AppendError>>, StoreError> {
        self.count_commit();
        let mut answers = self.through(&self.commits, self.inner.commit(worker, batch, now)).await?;
        if *self.commits.borrow() == Flow::AnswerMissing {
            answers.pop();
        }
        Ok(answers)
    }

    async fn claim(&self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, StoreError> {
        let claims = self.through(&self.writes, self.inner.claim(worker, wanted, now)).await?;
        self.claimed.fetch_add(claims.claimed.len(), Ordering::AcqRel);
        Ok(claims)
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<Claim>, StoreError> {
        self.asked.fetch_add(1, Ordering::AcqRel);
        self.through(&self.reads, self.inner.held(worker)).await
    }

    async fn load(&self, saga: &SagaId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.through(&self.loads, self.inner.load(saga, from, limit)).await
    }

    async fn summary(&self, saga: &SagaId) -> Result<Option<Summary>, StoreError> {
        self.through(&self.reads, self.inner.summary(saga)).await
    }

    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        self.through(&self.reads, self.inner.query(query)).await
    }

    async fn deliver(
        &self,
        saga: &SagaId,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<DeliveryId, DeliverError> {
        self.through(&self.writes, self.inner.deliver(saga, delivery, now)).await
    }

    async fn inbox(&self, worker: WorkerId) -> Result<Vec<Waiting>, StoreError> {
        self.through(&self.reads, self.inner.inbox(worker)).await
    }

    async fn undelivered(&self, saga: &SagaId) -> Result<Vec<Waiting>, StoreError> {
        self.through(&self.reads, self.inner.undelivered(saga)).await
    }

    async fn purge(&self, purge: Purge, now: Timestamp) -> Result<u64, StoreError> {
        self.through(&self.writes, self.inner.purge(purge, now)).await
    }
}
