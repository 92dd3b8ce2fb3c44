//! What a user sets for a worker, and its parts ask for.

use std::time::Duration;

use crate::value::defaults;

/// The settings of a worker.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The name under which the worker joins.
    pub(crate) name: String,
    pub(crate) lease: Duration,
    /// A saga that waits longer than this is released.
    pub(crate) linger: Duration,
    /// The time for which a process must live without a suspect before that runs.
    pub(crate) quarantine_delay: Duration,
    /// The number of deaths charged to a saga for which it is dead-lettered.
    pub(crate) poison_pill_deaths: u32,
    /// The number of sagas that are driven at a time.
    pub(crate) running_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "saga".to_owned(),
            lease: defaults::LEASE,
            linger: defaults::LINGER,
            quarantine_delay: defaults::QUARANTINE_DELAY,
            poison_pill_deaths: defaults::POISON_PILL_DEATHS,
            running_max: defaults::RUNNING_MAX,
        }
    }
}
