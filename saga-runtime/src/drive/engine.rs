//! What the parts of one runtime share.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use saga_core::store::{Store, StoreError, WorkerId};
use saga_core::{KeyNamespace, Timestamp};
use tokio::sync::Notify;

use crate::drive::bulkhead::Bulkheads;
use crate::drive::committer::{Committer, pause};
use crate::drive::live::{Created, Live};
use crate::drive::port::Ports;
use crate::drive::replies::Replies;
use crate::drive::settings::Settings;
use crate::drive::shutdown::Shutdown;
use crate::drive::trouble::Troubles;
use crate::drive::watchers::Watchers;
use crate::replay::registry::Registry;
use crate::value::clock::{Clock, Rng};
use crate::value::guard::guard;
use crate::value::resources::Resources;
use crate::value::stopping::Stopping;
use crate::value::surroundings::Surroundings;

/// What the parts of one runtime share.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    pub(crate) resources: Arc<Resources>,
    /// What attempts and bodies work with.
    pub(crate) around: Arc<Surroundings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) committer: Committer,
    pub(crate) worker: Arc<AtomicU64>,
    pub(crate) live: Live,
    pub(crate) watchers: Arc<Watchers>,
    pub(crate) replies: Replies,
    pub(crate) created: Created,
    pub(crate) settings: Settings,
    pub(crate) shutdown: Shutdown,
    /// The namespace of the keys of sagas that begin here; `None` for none.
    pub(crate) key_namespace: Option<KeyNamespace>,
    pub(crate) bulkheads: Bulkheads,
    /// The time since which this worker has its number.
    pub(crate) started: Mutex<Timestamp>,
    pub(crate) never_stopping: Arc<Stopping>,
    /// The ports of sessions.
    pub(crate) ports: Arc<Ports>,
    pub(crate) troubles: Troubles,
    pub(crate) lease_lost: Arc<Notify>,
}

impl Engine {
    pub(crate) fn worker(&self) -> WorkerId {
        WorkerId(self.worker.load(Ordering::Acquire))
    }

    /// Returns the time since which this worker lives; a lost lease ends that life.
    pub(crate) fn lived(&self) -> Duration {
        self.clock.now().since(*guard(&self.started))
    }

    /// Begins to live under another number.
    pub(crate) fn begins_anew(&self, worker: WorkerId) {
        self.worker.store(worker.0, Ordering::Release);
        *guard(&self.started) = self.clock.now();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.shutdown.drains()
    }

    /// Begins to shut down, and wakes each driver for that.
    pub(crate) fn drain(&self) {
        self.shutdown.drain();
        self.live.ring();
        self.watchers.tell_all();
    }

    /// Makes each driver drop what is in flight and release its saga, because the time of a shutdown is up.
    pub(crate) fn interrupt(&self) {
        self.shutdown.interrupt();
        self.live.ring();
    }

    /// Returns true if no saga is driven, and none is about to be.
    pub(crate) fn is_quiet(&self) -> bool {
        self.live.len() == 0 && self.live.coming.load(Ordering::SeqCst) == 0
    }
}

/// A claim or a creation that is on its way to a driver. A shutdown waits until the driver is there: the worker may not
/// leave with a claim that it has just been given.
pub(crate) struct Coming(Arc<Engine>);

impl Coming {
    pub(crate) fn new(engine: &Arc<Engine>) -> Self {
        engine.live.coming.fetch_add(1, Ordering::SeqCst);
        Self(engine.clone())
    }

    /// Returns `None` if the runtime shuts down. A shutdown that begins after this waits for what is coming.
    pub(crate) fn unless_draining(engine: &Arc<Engine>) -> Option<Self> {
        let coming = Self::new(engine);
        (!engine.is_draining()).then_some(coming)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.live.coming.fetch_sub(1, Ordering::SeqCst);
        self.0.live.arrived.notify_one();
    }
}

/// Reads from the store, as often as it takes; an error means that waiting is of no use.
pub(crate) async fn patiently<T, F>(engine: &Engine, read: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut tries = 0;
    loop {
        match read().await {
            Err(error) if error.is_transient() && !engine.is_draining() => {
                tries += 1;
                tracing::warn!(%error, tries, "the store failed; a saga waits to be resumed");
                tokio::time::sleep(pause(tries, engine.rng.draw())).await;
            }
            done => return done,
        }
    }
}
