//! A disk that counts syncs, and can delay them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::{Disk, File, Kind, Trouble};

/// Counts syncs, and delays each.
#[derive(Debug, Default)]
pub struct SyncMeter {
    database: AtomicU64,
    wal: AtomicU64,
    other: AtomicU64,
    delay_ns: AtomicU64,
}

impl SyncMeter {
    /// Delays every later sync by this time.
    pub fn set_delay(&self, delay: Duration) {
        self.delay_ns.store(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Returns the number of syncs so far.
    pub fn syncs(&self) -> u64 {
        [Kind::Database, Kind::Wal, Kind::Other].iter().map(|kind| self.of(*kind)).sum()
    }

    /// Returns the number of syncs of files of this kind so far.
    pub fn of(&self, kind: Kind) -> u64 {
        self.counter(kind).load(Ordering::Relaxed)
    }

    fn counter(&self, kind: Kind) -> &AtomicU64 {
        match kind {
            Kind::Database => &self.database,
            Kind::Wal => &self.wal,
            Kind::Other => &self.other,
        }
    }
}

impl Disk for SyncMeter {
    fn sync(&self, file: File<'_>) -> Result<(), Trouble> {
        self.counter(file.kind).fetch_add(1, Ordering::Relaxed);
        let delay = Duration::from_nanos(self.delay_ns.load(Ordering::Relaxed));
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        Ok(())
    }
}
