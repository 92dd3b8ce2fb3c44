//! The clock of a simulation.

use std::sync::atomic::{AtomicI64, Ordering};

use saga_core::Timestamp;
use saga_runtime::{Clock, SystemClock};

/// The store's clock, which all workers use: the true time with an offset.
pub(crate) struct SharedClock {
    pub(crate) time: SystemClock,
    off_ms: AtomicI64,
}

impl SharedClock {
    pub(crate) fn new() -> Self {
        let time = SystemClock::at(saga_runtime::test::BEGINNING);
        Self { time, off_ms: AtomicI64::new(0) }
    }

    pub(crate) fn jump(&self, by_ms: i64) {
        self.off_ms.fetch_add(by_ms, Ordering::AcqRel);
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.time.now().0 + self.off_ms.load(Ordering::Acquire))
    }
}
