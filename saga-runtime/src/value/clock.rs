//! The only place that names real time and real randomness. All other code gets a [`Clock`] and a [`Rng`].
#![allow(clippy::disallowed_methods)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use saga_core::Timestamp;
use tokio::time::Instant;

/// A source of time. It never goes back within a process.
pub trait Clock: Send + Sync + 'static {
    /// Returns the present time.
    fn now(&self) -> Timestamp;
}

/// Measures durations for decisions, never for records.
#[derive(Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A source of random numbers.
pub trait Rng: Send + Sync + 'static {
    /// Returns a number; all 2^64 are equally likely.
    fn draw(&self) -> u64;

    /// Returns a unique number.
    fn draw_id(&self) -> u128 {
        (u128::from(self.draw()) << 64) | u128::from(self.draw())
    }
}

/// The machine's clock at the start of the process, and the monotonic one from then on. A jump of the wall clock has no
/// effect before the next start. Under tokio's paused time it is virtual.
#[derive(Debug)]
pub struct SystemClock {
    wall: Timestamp,
    start: Instant,
}

impl SystemClock {
    /// Starts at the wall clock's time.
    pub fn new() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self::at(Timestamp(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Starts at `wall`.
    pub fn at(wall: Timestamp) -> Self {
        Self { wall, start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.wall.0.saturating_add(passed))
    }
}

/// Numbers seeded once by the operating system; ids are drawn from the system each time.
#[derive(Debug)]
pub struct SystemRng(SeededRng);

impl SystemRng {
    /// Seeds the generator.
    pub fn new() -> Self {
        // Without the system's randomness waits are spread less well; nothing else suffers.
        Self(SeededRng::new(getrandom::u64().unwrap_or_else(|_| std::process::id().into())))
    }
}

impl Default for SystemRng {
    fn default() -> Self {
        Self::new()
    }
}

impl Rng for SystemRng {
    fn draw(&self) -> u64 {
        self.0.draw()
    }

    fn draw_id(&self) -> u128 {
        let half = || getrandom::u64().unwrap_or_else(|_| self.draw());
        (u128::from(half()) << 64) | u128::from(half())
    }
}

/// Equal numbers for equal seeds, for tests (splitmix64).
#[derive(Debug)]
pub struct SeededRng(AtomicU64);

impl SeededRng {
    /// Returns the generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Rng for SeededRng {
    fn draw(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
