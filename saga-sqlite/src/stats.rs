//! What a store has done, counted: for tests of how often something is made durable, and for whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the store was opened, of this handle alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Transactions that were committed: each is one sync of the write-ahead log. (SQLite syncs now and then besides,
    /// when it moves the log into the file.)
    pub transactions: u64,
    /// Appends that they held.
    pub appends: u64,
    /// Records in those.
    pub records: u64,
    /// Looks for other processes' deliveries that found something.
    pub changes_seen: u64,
    /// How often the file was opened anew to be written, because I/O had failed on the connection before.
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
