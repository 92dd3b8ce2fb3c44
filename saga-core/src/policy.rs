//! The declared properties of a step, as data for the machine's decisions. Not how a step is run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a step is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A compensation undoes it.
    Compensated,
    /// Nothing undoes it: once it is done, the saga is past its point of no return.
    Irreversible,
    /// It has no effect, so there is nothing to undo.
    Readonly,
    /// It undoes, confirms or settles another step, and is used for nothing else.
    Auxiliary,
}

impl Kind {
    /// Returns the kind's recorded name.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Compensated => "compensated",
            Kind::Irreversible => "irreversible",
            Kind::Readonly => "readonly",
            Kind::Auxiliary => "auxiliary",
        }
    }
}

/// The policy for an attempt in doubt when no probe answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InDoubt {
    /// Run again under the same key.
    Rerun,
    /// Dead-letter the saga, for an operator to decide.
    DeadLetter,
    /// Run the call that was recorded with the intent: a compensation that needs no output.
    Call,
}

/// The retry policy for transient failures. Always bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The maximum number of attempts, the first included; at least 1.
    pub attempts: u32,
    /// The upper limit of the wait before attempt 2, which doubles for each later attempt. The wait is drawn from zero
    /// to the limit (full jitter; Brooker, *Exponential Backoff And Jitter*, 2015).
    pub backoff_min: Duration,
    /// The maximum of that limit.
    pub backoff_max: Duration,
    /// The longest time from the first attempt to the start of another; `None` if there is no limit.
    pub within: Option<Duration>,
}

impl Retry {
    /// A single attempt: the default of a step.
    pub const NONE: Retry = Retry { attempts: 1, ..Retry::RETRIABLE };
    /// Ten attempts, 200 ms doubling to 30 s: the default of a retriable step.
    pub const RETRIABLE: Retry = Retry {
        attempts: 10,
        backoff_min: Duration::from_millis(200),
        backoff_max: Duration::from_secs(30),
        within: None,
    };

    /// Returns the wait after attempt `attempt` (from 1) failed, drawn with `random`.
    pub fn wait(&self, attempt: u32, random: u64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(32);
        let ceiling = self.backoff_min.saturating_mul(1 << doublings.min(31)).min(self.backoff_max);
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(((u128::from(nanos) * u128::from(random)) >> 64) as u64)
    }
}

/// The declared properties of a step that the machine needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How it is undone.
    pub kind: Kind,
    /// True if it is retried until it succeeds; the saga's body never sees it fail.
    pub retriable: bool,
    /// How transient failures are retried.
    pub retry: Retry,
    /// The longest duration of one attempt; after it the attempt is in doubt.
    pub timeout: Duration,
    /// True if the step has a probe.
    pub probe: bool,
    /// The policy for doubt when there is no probe, or the probe does not answer.
    pub in_doubt: InDoubt,
    /// The time for which the service remembers a key, counted from the first attempt under it: within it a conclusive
    /// error clears doubt, and after it no attempt in doubt is run again. `None` if the step does not say so.
    pub conclusive: Option<Duration>,
}

/// The default of [`Policy::timeout`].
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);

/// The maximum number of reruns of an attempt in doubt, and of probes, before the saga is dead-lettered.
pub const DOUBT_TRIES_MAX: u32 = 10;

/// The steps that a worker knows, by recorded name.
pub trait Catalog {
    /// Returns the policy of the named step; `None` if this build does not know it.
    fn policy(&self, step: &str) -> Option<Policy>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread_over_the_whole() {
        let retry = Retry {
            attempts: 9,
            backoff_min: Duration::from_millis(100),
            backoff_max: Duration::from_secs(1),
            within: None,
        };
        let longest: Vec<u128> = (1..6).map(|n| retry.wait(n, u64::MAX).as_millis()).collect();
        assert_eq!(longest, [99, 199, 399, 799, 999]);
        assert_eq!(retry.wait(3, 0), Duration::ZERO);
        assert_eq!(retry.wait(3, 1 << 63), Duration::from_millis(200));
        assert_eq!(retry.wait(u32::MAX, u64::MAX).as_millis(), 999);
    }
}
