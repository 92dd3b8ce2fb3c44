//! What the writer knows as the worker of the file: the numbers that it gives out, and what its predecessors left.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::BuildHasherDefault;

use rusqlite::{Connection, OptionalExtension};
use saga_core::store::{StoreError, WorkerId};
use saga_core::{Epoch, Timestamp};

use super::data_version;
use crate::error::Error;
use crate::lock::WorkerLock;
use crate::shared::EpochHasher;

/// The place of the one worker; gone with it.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) lock: WorkerLock,
    pub(crate) worker: WorkerId,
    /// Numbers that a failed transaction has used are left out: nobody minds a gap.
    pub(crate) next_num: i64,
    pub(crate) next_row: i64,
    pub(crate) next_epoch: Epoch,
    /// What `stored_meta.tail` says.
    pub(crate) tail: i64,
    pub(crate) dead: Dead,
    /// Sagas whose rows are damaged: passed over, so that they hold up no others.
    pub(crate) damaged: HashSet<i64>,
    /// No status of a saga that waits for a time was written later than this.
    pub(crate) latest: Timestamp,
    /// What the file's `data_version` was when this was last seen to be the worker that joined last.
    pub(crate) version: Option<i64>,
    /// Whether another worker has joined since: its lock was deleted, or is not what the kernel goes by.
    pub(crate) is_over: bool,
}

impl Seat {
    /// Checks that no other worker has joined since, where the file was changed by another connection. Asked within
    /// each transaction, so that nothing is committed by a worker that has a successor.
    pub(crate) fn is_the_last(&mut self, connection: &Connection) -> Result<(), Error> {
        let version = Some(data_version(connection)?);
        if version == self.version {
            return Ok(());
        }
        let last =
            connection.prepare_cached("SELECT worker FROM stored_meta")?.query_row([], |row| row.get(0));
        if last.optional()? != Some(self.worker.0.cast_signed()) {
            self.is_over = true;
            return Err(StoreError::LeaseLost.into());
        }
        self.version = version;
        Ok(())
    }

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
