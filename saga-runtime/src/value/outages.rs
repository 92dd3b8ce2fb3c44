//! What waits for a codec with a transient error, for operators.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use saga_core::SagaId;

use crate::value::guard::guard;
use crate::value::pause;

/// Returns how long to wait before a codec is tried again.
pub(crate) fn pause(tries: u32, random: u64) -> Duration {
    pause::pause(Duration::from_millis(100), Duration::from_secs(10), tries, random)
}

/// The waits for codecs.
#[derive(Default)]
pub(crate) struct Outages(Mutex<Waits>);

#[derive(Default)]
struct Waits {
    count: usize,
    /// The error of the wait that began last.
    last: String,
}

impl Outages {
    /// Begins a wait, which lasts until what is returned is dropped.
    pub(crate) fn begin(self: &Arc<Self>, saga: &SagaId, why: &str) -> OutageWait {
        tracing::warn!(%saga, why, "the codec failed; the saga waits for it");
        let mut waits = guard(&self.0);
        waits.count += 1;
        why.clone_into(&mut waits.last);
        OutageWait(self.clone())
    }

    /// Returns how many wait, and for what; `None` if nothing does.
    pub(crate) fn told(&self) -> Option<String> {
        let waits = guard(&self.0);
        let things = if waits.count == 1 { "step or saga waits" } else { "steps and sagas wait" };
        (waits.count > 0).then(|| format!("{} {things} for a codec: {}", waits.count, waits.last))
    }
}

/// A wait.
pub(crate) struct OutageWait(Arc<Outages>);

impl Drop for OutageWait {
    fn drop(&mut self) {
        guard(&self.0.0).count -= 1;
    }
}
