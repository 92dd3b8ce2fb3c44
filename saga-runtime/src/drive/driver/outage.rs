//! The wait of a body that met a codec which fails for a time: what it reached is dropped, and it runs again over the
//! journal later. Nothing is recorded, as if it had not run.

use saga_core::Timestamp;

use crate::value::outages::{OutageWait, pause};

/// The wait of a body for a codec.
pub(super) struct Outage {
    /// When the body runs again.
    pub(super) until: Timestamp,
    tries: u32,
    /// Ends when this is dropped.
    wait: OutageWait,
}

impl Outage {
    /// Returns the wait after one more try in vain.
    pub(super) fn after(
        known: Option<Self>,
        (now, random): (Timestamp, u64),
        begin: impl FnOnce() -> OutageWait,
    ) -> Self {
        let (tries, wait) = match known {
            Some(outage) => (outage.tries.saturating_add(1), outage.wait),
            None => (1, begin()),
        };
        Self { until: now.after(pause(tries, random)), tries, wait }
    }
}
