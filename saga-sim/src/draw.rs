//! Numbers from a seed: the only chance there is in a simulation.

use saga_runtime::{Dice, SeededDice};

/// Draws from one seed; each draw follows from it and the draws before.
#[derive(Debug)]
pub(crate) struct Draw(SeededDice);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        // The first draws of seeds that are neighbours are to have nothing in common.
        Self(SeededDice::new(SeededDice::new(seed).draw()))
    }

    /// A number less than `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.draw() % bound.max(1)
    }

    /// A number from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// True that often in a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub(crate) fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        let at = usize::try_from(self.below(among.len() as u64)).unwrap_or(0);
        among[at].clone()
    }

    /// Longer and longer waits are rarer and rarer: from 0 to `max`, each order of magnitude as likely as the other.
    pub(crate) fn wait(&mut self, max: u64) -> u64 {
        let magnitude = self.below(u64::from(max.max(1).ilog2()) + 1);
        self.below(1 << magnitude).min(max)
    }
}
