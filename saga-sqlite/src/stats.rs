//! Counters of a store, for tests of durability costs and for monitoring.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of this handle since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Committed transactions: each syncs the write-ahead log once. SQLite syncs additionally when it moves the log
    /// into the file.
    pub transactions: u64,
    /// Appends in those transactions.
    pub appends: u64,
    /// Records in those appends.
    pub records: u64,
    /// Checks that found deliveries of other processes.
    pub changes_seen: u64,
    /// The number of times that the file was reopened for writing after an I/O failure.
    pub opened_anew: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    transactions: AtomicU64,
    appends: AtomicU64,
    records: AtomicU64,
    changes_seen: AtomicU64,
    opened_anew: AtomicU64,
}

impl Counters {
    pub(crate) fn committed(&self, appends: u64, records: u64) {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.appends.fetch_add(appends, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
    }

    pub(crate) fn saw_a_change(&self) {
        self.changes_seen.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn opened_anew(&self) {
        self.opened_anew.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            transactions: read(&self.transactions),
            appends: read(&self.appends),
            records: read(&self.records),
            changes_seen: read(&self.changes_seen),
            opened_anew: read(&self.opened_anew),
        }
    }
}
