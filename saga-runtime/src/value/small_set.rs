//! A set that is usually small. A small set is searched linearly, which is faster than hashing; a large set is hashed.

use std::collections::HashSet;
use std::hash::Hash;

use foldhash::fast::RandomState;

/// The maximum size of a set that is searched linearly.
const LOOKED_THROUGH: usize = 16;

/// A set that is usually small.
#[derive(Debug)]
pub(crate) enum SmallSet<T> {
    Listed(Vec<T>),
    Hashed(HashSet<T, RandomState>),
}

impl<T> Default for SmallSet<T> {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl<T: Eq + Hash> SmallSet<T> {
    pub(crate) fn contains(&self, item: &T) -> bool {
        match self {
            // Recent items are looked up most.
            Self::Listed(few) => few.iter().rev().any(|there| there == item),
            Self::Hashed(many) => many.contains(item),
        }
    }

    /// Adds an item; returns true if it was not there.
    pub(crate) fn insert(&mut self, item: T) -> bool {
        if self.contains(&item) {
            return false;
        }
        match self {
            Self::Listed(few) if few.len() < LOOKED_THROUGH => few.push(item),
            Self::Listed(few) => *self = Self::Hashed(few.drain(..).chain([item]).collect()),
            Self::Hashed(many) => drop(many.insert(item)),
        }
        true
    }

    pub(crate) fn remove(&mut self, item: &T) {
        match self {
            Self::Listed(few) => few.retain(|there| there != item),
            Self::Hashed(many) => drop(many.remove(item)),
        }
    }

    pub(crate) fn clear(&mut self) {
        match self {
            Self::Listed(few) => few.clear(),
            Self::Hashed(many) => many.clear(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Listed(few) => few.len(),
            Self::Hashed(many) => many.len(),
        }
    }

    #[cfg(test)]
    fn any(&self, is_it: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::Listed(few) => few.iter().any(is_it),
            Self::Hashed(many) => many.iter().any(is_it),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_or_many_it_is_a_set() {
        let mut set = SmallSet::default();
        for n in 0..3 * LOOKED_THROUGH {
            assert!(set.insert(n) && !set.insert(n) && set.contains(&n) && !set.contains(&(n + 1)));
        }
        (0..LOOKED_THROUGH).for_each(|n| set.remove(&n));
        assert!(!set.contains(&0) && set.contains(&LOOKED_THROUGH) && !set.any(|n| *n == 0));
        assert_eq!(set.len(), 2 * LOOKED_THROUGH);
        set.clear();
        assert!(!set.any(|_| true) && set.insert(0));
    }
}
