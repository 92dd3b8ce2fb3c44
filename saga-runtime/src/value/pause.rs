//! How long to wait before something that failed is tried again, however often it did.

use std::time::Duration;

use saga_core::policy::Retry;

/// Returns how long to wait after so many tries: full jitter, from up to the shortest wait to up to the longest.
pub(crate) fn pause(shortest: Duration, longest: Duration, tries: u32, random: u64) -> Duration {
    let retry = Retry { attempts: u32::MAX, backoff_min: shortest, backoff_max: longest, within: None };
    // Not at once, whatever is drawn.
    Duration::from_millis(5) + retry.wait(tries, random)
}
