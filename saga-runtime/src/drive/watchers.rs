//! Waits for news of sagas.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldhash::fast::RandomState;
use saga_core::SagaId;
use tokio::sync::watch;

use crate::value::guard::guard;

/// The callers that wait for news of sagas.
pub(crate) struct Watchers {
    /// How often to look for what another worker may have done.
    look_every: Duration,
    count: AtomicUsize,
    sagas: Mutex<HashMap<SagaId, (usize, watch::Sender<u64>), RandomState>>,
}

impl Watchers {
    pub(crate) fn looking_every(look_every: Duration) -> Self {
        Self { look_every, count: AtomicUsize::new(0), sagas: Mutex::default() }
    }

    /// Wakes the callers that wait for news of `saga`.
    pub(crate) fn tell(&self, saga: &SagaId) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        if let Some((_, news)) = guard(&self.sagas).get(saga) {
            news.send_modify(|n| *n += 1);
        }
    }

    /// Wakes all callers, because there may be news of any saga.
    pub(crate) fn tell_all(&self) {
        guard(&self.sagas).values().for_each(|(_, news)| news.send_modify(|n| *n += 1));
    }

    /// Waits for news of `saga` until it is dropped.
    pub(crate) fn watch(self: &Arc<Self>, saga: &SagaId) -> Watcher {
        let mut sagas = guard(&self.sagas);
        let (count, news) = sagas.entry(saga.clone()).or_insert_with(|| (0, watch::channel(0).0));
        *count += 1;
        self.count.fetch_add(1, Ordering::Release);
        Watcher { watchers: self.clone(), saga: saga.clone(), news: news.subscribe() }
    }
}

/// A caller's wait for news of one saga.
pub(crate) struct Watcher {
    watchers: Arc<Watchers>,
    saga: SagaId,
    news: watch::Receiver<u64>,
}

impl Watcher {
    /// Returns when there may be news since the last return: told by this worker, or looked for every now and then,
    /// for sagas that another worker drives.
    pub(crate) async fn news(&mut self) {
        // The sender is there as long as a watcher is; time running out is the other way to go on.
        drop(tokio::time::timeout(self.watchers.look_every, self.news.changed()).await);
    }
}

/// How often to look for what another worker may have done, where there may be one.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The same, where there is none: every wait is woken by this worker, except for what another process purges.
pub(crate) const LOOK_EVERY_ALONE: Duration = Duration::from_secs(60);

impl Drop for Watcher {
    fn drop(&mut self) {
        self.watchers.count.fetch_sub(1, Ordering::Release);
        let mut sagas = guard(&self.watchers.sagas);
        if let Some((count, _)) = sagas.get_mut(&self.saga) {
            *count -= 1;
            if *count == 0 {
                sagas.remove(&self.saga);
            }
        }
    }
}
