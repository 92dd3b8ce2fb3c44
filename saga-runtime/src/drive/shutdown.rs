//! How far a runtime has shut down: nothing more begins, and then nothing is waited for.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use saga_core::SagaId;
use tokio::sync::watch;

use crate::value::guard::guard;

/// How far a runtime has shut down.
pub(crate) struct Shutdown {
    told: watch::Sender<bool>,
    /// The same, cheaper to read often.
    drains: AtomicBool,
    /// Set when the time is up: attempts in flight are dropped.
    interrupts: AtomicBool,
    /// Sagas that were released with an attempt in flight.
    interrupted: Mutex<BTreeSet<SagaId>>,
}

impl Shutdown {
    /// Returns one that has not begun, and tells `told` when it does.
    pub(crate) fn telling(told: watch::Sender<bool>) -> Self {
        Self {
            told,
            drains: AtomicBool::new(false),
            interrupts: AtomicBool::default(),
            interrupted: Mutex::default(),
        }
    }

    /// Begins: nothing more is begun.
    pub(crate) fn drain(&self) {
        self.drains.store(true, Ordering::SeqCst);
        self.told.send_replace(true);
    }

    pub(crate) fn drains(&self) -> bool {
        self.drains.load(Ordering::SeqCst)
    }

    /// Returns once it has begun.
    pub(crate) async fn drained(&self) {
        let mut told = self.told.subscribe();
        // The sender lives as long as this.
        drop(told.wait_for(|drains| *drains).await);
    }

    /// Lets the time be up.
    pub(crate) fn interrupt(&self) {
        self.interrupts.store(true, Ordering::Release);
    }

    pub(crate) fn interrupts(&self) -> bool {
        self.interrupts.load(Ordering::Acquire)
    }

    /// Notes sagas that are released with an attempt in flight. Returns how many there are.
    pub(crate) fn has_interrupted(&self, sagas: impl IntoIterator<Item = SagaId>) -> usize {
        let mut interrupted = guard(&self.interrupted);
        interrupted.extend(sagas);
        interrupted.len()
    }
}
