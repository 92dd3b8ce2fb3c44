//! Random numbers from a seed, for repeatable plans.

/// A source of numbers (SplitMix64; Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, 2014).
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Returns a source for one purpose, independent of the sources for others.
    pub(crate) fn of(seed: u64, what: &[&str]) -> Self {
        let mut state = seed;
        for part in what {
            for byte in part.bytes().chain([0xFF]) {
                state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
            }
        }
        let mut draw = Self(state);
        draw.next();
        draw
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number less than `limit`; 0 if that is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        // The bias does not matter here.
        self.next() % limit.max(1)
    }

    /// Returns a number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Returns true in the given percentage of calls.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_purpose_draws_others() {
        let drawn = |mut draw: Draw| (0..8).map(|_| draw.below(1000)).collect::<Vec<_>>();
        assert_eq!(drawn(Draw::of(7, &["a", "b"])), drawn(Draw::of(7, &["a", "b"])));
        assert_ne!(drawn(Draw::of(7, &["a", "b"])), drawn(Draw::of(7, &["ab"])));
        assert_ne!(drawn(Draw::of(1, &[])), drawn(Draw::of(2, &[])));
    }
}
