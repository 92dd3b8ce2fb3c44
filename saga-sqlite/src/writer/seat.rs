//! What the writer knows as the worker of the file: the numbers that it gives out, and what its predecessors left.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::BuildHasherDefault;

use saga_core::store::WorkerId;
use saga_core::{Epoch, Timestamp};

use crate::lock::WorkerLock;
use crate::shared::EpochHasher;

/// The place of the one worker; gone with it.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) _lock: WorkerLock,
    pub(crate) worker: WorkerId,
    /// Numbers that a failed transaction has used are left out: nobody minds a gap.
    pub(crate) next_num: i64,
    pub(crate) next_row: i64,
    pub(crate) next_epoch: Epoch,
    /// What `stored_meta.tail` says.
    pub(crate) tail: i64,
    pub(crate) dead: Dead,
    /// Sagas whose rows are spoilt: passed over, so that they hold up no others.
    pub(crate) unreadable: HashSet<i64>,
    /// No status of a saga that waits for a time was written later than this.
    pub(crate) latest: Timestamp,
}

impl Seat {
    pub(crate) fn num(&mut self) -> i64 {
        self.next_num += 1;
        self.next_num - 1
    }

    pub(crate) fn row(&mut self) -> i64 {
        self.next_row += 1;
        self.next_row - 1
    }

    pub(crate) fn epoch(&mut self) -> Epoch {
        self.next_epoch.0 += 1;
        self.next_epoch
    }
}

/// Sagas that a worker held when it died, and that nobody has claimed since.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    by_num: HashMap<i64, Died, BuildHasherDefault<EpochHasher>>,
    by_age: BTreeSet<(Timestamp, i64)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Died {
    pub(crate) saga: String,
    pub(crate) deaths: u32,
    /// When its status was written last.
    pub(crate) since: Timestamp,
    pub(crate) last_row: i64,
    /// Whether it is in `stored_claims`.
    pub(crate) listed: bool,
}

impl Dead {
    pub(crate) fn insert(&mut self, num: i64, died: Died) {
        self.by_age.insert((died.since, num));
        self.by_num.insert(num, died);
    }

    pub(crate) fn remove(&mut self, num: i64) {
        if let Some(died) = self.by_num.remove(&num) {
            self.by_age.remove(&(died.since, num));
        }
    }

    pub(crate) fn get(&self, num: i64) -> Option<&Died> {
        self.by_num.get(&num)
    }

    /// Those that wait longest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Died)> {
        self.by_age.iter().filter_map(|(_, num)| Some((*num, self.by_num.get(num)?)))
    }
}
