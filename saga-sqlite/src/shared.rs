//! What the writer, the readers and whoever waits have in common.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saga_core::store::WorkerId;
use saga_core::{Bell, Epoch, SagaId, Seq};

use crate::stats::Counters;

/// How far an epoch is shifted to give the number of its worker.
pub(crate) const WORKER_SHIFT: u32 = 40;

/// A disk that answers within this many microseconds is brisk.
const BRISK_US: u64 = 500;

/// A saga that the worker of this process holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) saga: SagaId,
    pub(crate) num: i64,
    pub(crate) next: Seq,
    /// Its last append.
    pub(crate) last_row: i64,
    /// Its last append that is durable.
    pub(crate) durable_row: i64,
    /// The last append that its row names.
    pub(crate) saved_row: i64,
    /// Whether it is in `stored_claims`.
    pub(crate) listed: bool,
}

/// What is held, by epoch: there are no two of one epoch.
pub(crate) type HeldMap = HashMap<Epoch, Held, BuildHasherDefault<EpochHasher>>;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    held: Mutex<HeldMap>,
    /// The worker that has joined through this handle; 0 if none has.
    worker: AtomicU64,
    /// Jobs that were handed to the writer's thread and are not done.
    pub(crate) queued: AtomicUsize,
    /// What a transaction has taken of late, in microseconds; 0 if that is not known.
    pace: AtomicU64,
    pub(crate) bell: Bell,
    pub(crate) counters: Counters,
    /// What was found damaged, and why; the first so many.
    damaged: Mutex<BTreeMap<String, String>>,
    /// What is wrong with the files.
    trouble: Mutex<Vec<String>>,
    /// Whether the index of the sagas is known to lead to all of them.
    pub(crate) is_complete: AtomicBool,
}

/// No more than so many are kept.
const DAMAGED_MAX: usize = 1000;
/// No more than so many are told in one line.
const DAMAGED_TOLD_MAX: usize = 3;

impl Shared {
    /// Notes that something of a saga is damaged.
    pub(crate) fn damaged(&self, what: &str, why: &str) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if damaged.len() < DAMAGED_MAX {
            damaged.insert(what.to_owned(), why.to_owned());
        }
    }

    /// Says what is wrong with the files, instead of what was before.
    pub(crate) fn set_trouble(&self, troubles: Vec<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = troubles;
    }

    /// What is wrong with the files, and what was found damaged.
    pub(crate) fn trouble(&self) -> Option<String> {
        let mut troubles = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        troubles.extend(self.damage());
        (!troubles.is_empty()).then(|| troubles.join("; "))
    }

    /// What was found damaged, in one line.
    fn damage(&self) -> Option<String> {
        let damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<String> =
            damaged.iter().take(DAMAGED_TOLD_MAX).map(|(what, why)| format!("{what}: {why}")).collect();
        let more = damaged.len().saturating_sub(DAMAGED_TOLD_MAX);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        (!told.is_empty()).then(|| format!("damaged: {}{more}", told.join("; ")))
    }

    /// Not kept while the disk is waited for: readers look in here.
    pub(crate) fn held(&self) -> MutexGuard<'_, HeldMap> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_joined(&self, worker: WorkerId) -> bool {
        worker.0 != 0 && self.worker.load(Ordering::Acquire) == worker.0
    }

    /// Takes account of how long a transaction took.
    pub(crate) fn note_pace(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let before = self.pace.load(Ordering::Relaxed);
        let after = if before == 0 { took } else { before - before / 8 + took / 8 };
        self.pace.store(after.max(1), Ordering::Relaxed);
    }

    /// Whether waiting for the disk takes no longer than handing over to another thread is worth.
    pub(crate) fn is_brisk(&self) -> bool {
        (1..BRISK_US).contains(&self.pace.load(Ordering::Relaxed))
    }

    pub(crate) fn set_worker(&self, worker: Option<WorkerId>) {
        self.worker.store(worker.map_or(0, |w| w.0), Ordering::Release);
        self.bell.ring();
    }
}

/// The first epoch of a worker; the others count on from there.
pub(crate) fn first_epoch(worker: WorkerId) -> Epoch {
    Epoch(worker.0 << WORKER_SHIFT)
}

/// The worker that an epoch was given to.
pub(crate) fn worker_of(epoch: Epoch) -> WorkerId {
    WorkerId(epoch.0 >> WORKER_SHIFT)
}

/// Epochs and numbers of sagas count up, and nobody outside chooses them: one multiplication spreads them well enough
/// (Fibonacci hashing, Knuth, *The Art of Computer Programming* 6.4).
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
