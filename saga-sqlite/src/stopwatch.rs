//! How long the disk takes: real time, and only to choose the faster of two ways to do the same.

use std::time::{Duration, Instant};

/// Runs from when it is made.
#[derive(Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[allow(clippy::disallowed_methods, reason = "nothing that is recorded or decided depends on it")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
