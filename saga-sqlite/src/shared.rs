//! State shared by the writer, the readers and waiting tasks.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saga_core::store::WorkerId;
use saga_core::{Bell, Epoch, SagaId, Seq};

use crate::stats::Counters;

/// The number of bits by which an epoch is shifted to get its worker's number.
pub(crate) const WORKER_SHIFT: u32 = 40;

/// The time limit, in microseconds, for a disk that counts as fast.
const BRISK_US: u64 = 500;

/// A saga that the worker of this process holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) saga: SagaId,
    pub(crate) num: i64,
    pub(crate) next: Seq,
    /// The row of its last append.
    pub(crate) last_row: i64,
    /// The row of its last append that is durable.
    pub(crate) durable_row: i64,
    /// The row of the last append that its own row names.
    pub(crate) saved_row: i64,
    /// True if it is in `stored_claims`.
    pub(crate) listed: bool,
}

/// The held sagas by epoch; each epoch is unique.
pub(crate) type HeldMap = HashMap<Epoch, Held, BuildHasherDefault<EpochHasher>>;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    held: Mutex<HeldMap>,
    /// The worker that has joined through this handle; 0 if none has.
    worker: AtomicU64,
    /// The number of jobs that the writer's thread has not finished.
    pub(crate) queued: AtomicUsize,
    /// The recent duration of a transaction, in microseconds; 0 if unknown.
    pace: AtomicU64,
    pub(crate) bell: Bell,
    pub(crate) counters: Counters,
    /// The damage found, with the reason; at most `DAMAGED_MAX` entries.
    damaged: Mutex<BTreeMap<String, String>>,
    /// The present problems with the files.
    trouble: Mutex<Vec<String>>,
    /// True once the index of the sagas is known to be complete.
    pub(crate) is_complete: AtomicBool,
}

/// The maximum number of entries kept.
const DAMAGED_MAX: usize = 1000;
/// The maximum number of entries in one line.
const DAMAGED_TOLD_MAX: usize = 3;

impl Shared {
    /// Records that data of a saga is damaged.
    pub(crate) fn damaged(&self, what: &str, why: &str) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if damaged.len() < DAMAGED_MAX {
            damaged.insert(what.to_owned(), why.to_owned());
        }
    }

    /// Replaces the present problems with the files.
    pub(crate) fn set_trouble(&self, troubles: Vec<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = troubles;
    }

    /// Returns the problems with the files, and the damage found.
    pub(crate) fn trouble(&self) -> Option<String> {
        let mut troubles = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        troubles.extend(self.damage());
        (!troubles.is_empty()).then(|| troubles.join("; "))
    }

    /// Returns the damage found, in one line.
    fn damage(&self) -> Option<String> {
        let damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<String> =
            damaged.iter().take(DAMAGED_TOLD_MAX).map(|(what, why)| format!("{what}: {why}")).collect();
        let more = damaged.len().saturating_sub(DAMAGED_TOLD_MAX);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        (!told.is_empty()).then(|| format!("damaged: {}{more}", told.join("; ")))
    }

    /// Locks the held sagas. Readers need this lock: it must not be held while waiting for the disk.
    pub(crate) fn held(&self) -> MutexGuard<'_, HeldMap> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_joined(&self, worker: WorkerId) -> bool {
        worker.0 != 0 && self.worker.load(Ordering::Acquire) == worker.0
    }

    /// Updates the recent duration of transactions.
    pub(crate) fn note_pace(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let before = self.pace.load(Ordering::Relaxed);
        let after = if before == 0 { took } else { before - before / 8 + took / 8 };
        self.pace.store(after.max(1), Ordering::Relaxed);
    }

    /// Returns true if the disk is so fast that waiting for it is cheaper than a handover to another thread.
    pub(crate) fn is_brisk(&self) -> bool {
        (1..BRISK_US).contains(&self.pace.load(Ordering::Relaxed))
    }

    pub(crate) fn set_worker(&self, worker: Option<WorkerId>) {
        self.worker.store(worker.map_or(0, |w| w.0), Ordering::Release);
        self.bell.ring();
    }
}

/// Returns the first epoch of a worker; its later epochs count up from there.
pub(crate) fn first_epoch(worker: WorkerId) -> Epoch {
    Epoch(worker.0 << WORKER_SHIFT)
}

/// Returns the worker that an epoch belongs to.
pub(crate) fn worker_of(epoch: Epoch) -> WorkerId {
    WorkerId(epoch.0 >> WORKER_SHIFT)
}

/// A hash for epochs and numbers of sagas. They count up, and no outsider chooses them, so one multiplication spreads
/// them well enough (Fibonacci hashing, Knuth, *The Art of Computer Programming* 6.4).
#[derive(Debug, Default)]
pub(crate) struct EpochHasher(u64);

impl Hasher for EpochHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
