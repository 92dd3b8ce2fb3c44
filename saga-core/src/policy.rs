//! What a step says about itself, as data that the machine decides by. Not how a step is run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Site;

/// How a step is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By a compensation.
    Compensated,
    /// By nothing: once it is done, the saga is past its point of no return.
    Irreversible,
    /// It has no effect; there is nothing to undo.
    Readonly,
    /// It undoes, confirms or settles another step, and stands nowhere else.
    Auxiliary,
}

impl Kind {
    /// The kind's recorded name.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Compensated => "compensated",
            Kind::Irreversible => "irreversible",
            Kind::Readonly => "readonly",
            Kind::Auxiliary => "auxiliary",
        }
    }
}

/// What to do with an attempt in doubt when no probe answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InDoubt {
    /// Run again under the same key.
    Rerun,
    /// Ask a person.
    DeadLetter,
    /// Run the call that was recorded with the intent: a compensation that needs no output.
    Call,
}

/// How often, and at what distance, a transient failure is tried again. Always bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// The wait before attempt 2 is drawn from zero to this, and doubles from there (full jitter; Brooker,
    /// *Exponential Backoff And Jitter*, 2015).
    pub backoff_min: Duration,
    /// No wait is longer than this.
    pub backoff_max: Duration,
    /// No attempt begins later than this after the first.
    pub within: Option<Duration>,
}

impl Retry {
    /// One attempt and no more: the default of a step.
    pub const NONE: Retry = Retry { attempts: 1, ..Retry::RETRIABLE };
    /// Ten attempts, 200 ms doubling to 30 s: the default of a retriable step.
    pub const RETRIABLE: Retry = Retry {
        attempts: 10,
        backoff_min: Duration::from_millis(200),
        backoff_max: Duration::from_secs(30),
        within: None,
    };

    /// The wait after attempt `attempt` (from 1) failed, drawn with `random`.
    pub fn wait(&self, attempt: u32, random: u64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(32);
        let ceiling = self.backoff_min.saturating_mul(1 << doublings.min(31)).min(self.backoff_max);
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(((u128::from(nanos) * u128::from(random)) >> 64) as u64)
    }
}

/// Everything the machine needs to know about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How it is undone.
    pub kind: Kind,
    /// Whether it is retried until it succeeds, so that the saga's body never sees it fail.
    pub retriable: bool,
    /// How transient failures are retried.
    pub retry: Retry,
    /// The longest one attempt may take; past it the attempt is in doubt.
    pub timeout: Duration,
    /// Whether the step has a probe.
    pub probe: bool,
    /// What to do in doubt when there is no probe, or it does not answer.
    pub in_doubt: InDoubt,
}

/// The default of [`Policy::timeout`].
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);

/// How often an attempt in doubt is run again, and how often a probe is asked, before a person is.
pub const DOUBT_TRIES_MAX: u32 = 10;

/// The steps a worker knows, by recorded name.
pub trait Catalog {
    /// What the step of that name says about itself, or `None` if this build does not know it.
    fn policy(&self, step: &str) -> Option<Policy>;

    /// Whether an attempt of the compensation `step` may begin at `site` now: asked last, when nothing else stands
    /// against it. Who says no sees to it that [`Event::Admitted`](crate::machine::Event::Admitted) comes when it may.
    fn admits(&self, _site: &Site, _step: &str) -> bool {
        true
    }
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
