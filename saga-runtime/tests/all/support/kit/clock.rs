//! A clock that can be set, as by an administrator or a time service; time continues from there.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use saga_core::Timestamp;
use saga_runtime::{Clock, SystemClock};

/// Virtual time with an offset.
#[derive(Debug)]
pub struct SetClock {
    true_time: SystemClock,
    off_by_ms: AtomicI64,
}

impl SetClock {
    /// Returns a clock without an offset.
    pub fn new() -> Self {
        Self { true_time: SystemClock::at(saga_runtime::test::BEGINNING), off_by_ms: AtomicI64::new(0) }
    }

    /// Jumps forward.
    pub fn forward(&self, by: Duration) {
        self.off_by_ms.fetch_add(by.as_millis() as i64, Ordering::AcqRel);
    }

    /// Jumps back.
    pub fn back(&self, by: Duration) {
        self.off_by_ms.fetch_sub(by.as_millis() as i64, Ordering::AcqRel);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.true_time.now().0 + self.off_by_ms.load(Ordering::Acquire))
    }
}
