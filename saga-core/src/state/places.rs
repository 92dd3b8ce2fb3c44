//! An ordered set of places in a saga's list of sites. A small set is a list, which is fastest. A large set is a tree,
//! so a change in the middle costs no more than one at the end.

use std::collections::BTreeSet;

/// The maximum size of the list.
const LISTED: usize = 32;

/// An ordered set of places. Only one of the two fields holds anything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    few: Vec<usize>,
    many: BTreeSet<usize>,
}

impl Places {
    pub(crate) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }

    /// Returns the places in ascending order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.few.iter().chain(&self.many).copied()
    }

    pub(crate) fn contains(&self, place: usize) -> bool {
        self.few.binary_search(&place).is_ok() || self.many.contains(&place)
    }

    /// Adds or removes `place`.
    pub(crate) fn set(&mut self, place: usize, is_in: bool) {
        if is_in { self.insert(place) } else { self.remove(place) }
    }

    fn insert(&mut self, place: usize) {
        if !self.many.is_empty() {
            self.many.insert(place);
            return;
        }
        // New places usually come last.
        let at = match self.few.last() {
            Some(last) if *last >= place => self.few.binary_search(&place),
            _ => Err(self.few.len()),
        };
        let Err(at) = at else { return };
        self.few.insert(at, place);
        if self.few.len() > LISTED {
            self.many.extend(self.few.drain(..));
        }
    }

    fn remove(&mut self, place: usize) {
        if !self.many.is_empty() {
            self.many.remove(&place);
        } else if let Ok(at) = self.few.binary_search(&place) {
            self.few.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_or_many_they_are_in_order() {
        let mut places = Places::default();
        let mut known = BTreeSet::new();
        // Crosses the border between list and tree in both directions, and ends empty.
        for step in 0..6 * LISTED {
            let place = step * 7 % (2 * LISTED);
            let is_in = step % 5 != 0;
            places.set(place, is_in);
            if is_in {
                known.insert(place)
            } else {
                known.remove(&place)
            };
            assert!(places.iter().eq(known.iter().copied()), "after {step}");
            assert_eq!(places.contains(place), is_in);
        }
        for place in 0..2 * LISTED {
            places.set(place, false);
        }
        assert!(places.is_empty() && places.iter().next().is_none());
    }
}
