//! The gate that the tasks of one simulated process pass before they touch anything outside. It is closed while the
//! process is stopped (`SIGSTOP`) or dead.

use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The gate of one process.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is: Mutex<Condition>,
    changed: Notify,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Condition {
    #[default]
    Runs,
    Stopped,
    Dead,
}

impl Gate {
    fn is(&self) -> MutexGuard<'_, Condition> {
        self.is.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn becomes(&self, condition: Condition) {
        if *self.is() != Condition::Dead {
            *self.is() = condition;
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn stop(&self) {
        self.becomes(Condition::Stopped);
    }

    pub(crate) fn wake(&self) {
        self.becomes(Condition::Runs);
    }

    /// Kills the process: no task of it passes any more.
    pub(crate) fn die(&self) {
        self.becomes(Condition::Dead);
    }

    pub(crate) fn is_dead(&self) -> bool {
        *self.is() == Condition::Dead
    }

    /// Returns when the process runs; pends for ever if it is dead.
    pub(crate) async fn pass(&self) {
        loop {
            let changed = self.changed.notified();
            let is = *self.is();
            match is {
                Condition::Runs => return,
                Condition::Stopped => changed.await,
                Condition::Dead => return pending().await,
            }
        }
    }

    /// Returns when the process is dead.
    pub(crate) async fn dies(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_dead() {
                return;
            }
            changed.await;
        }
    }
}
