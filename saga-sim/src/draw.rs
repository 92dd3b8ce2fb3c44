//! Numbers from a seed: the only randomness of a simulation.

use saga_runtime::{Rng, SeededRng};

/// Draws from one seed; each draw follows from it and the draws before.
#[derive(Debug)]
pub(crate) struct Draw(SeededRng);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        // Decorrelates the first draws of neighbouring seeds.
        Self(SeededRng::new(SeededRng::new(seed).draw()))
    }

    /// Returns a number less than `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.draw() % bound.max(1)
    }

    /// Returns a number from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// Returns true in the given percentage of calls.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Returns one of the items.
    pub(crate) fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        let at = usize::try_from(self.below(among.len() as u64)).unwrap_or(0);
        among[at].clone()
    }

    /// Returns a wait from 0 to `max`; each order of magnitude is equally likely.
    pub(crate) fn wait(&mut self, max: u64) -> u64 {
        let magnitude = self.below(u64::from(max.max(1).ilog2()) + 1);
        self.below(1 << magnitude).min(max)
    }
}
