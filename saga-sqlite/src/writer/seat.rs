//! The writer's state as the worker of the file: the numbers it issues, and what its predecessors left.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::BuildHasherDefault;

use rusqlite::{Connection, OptionalExtension};
use saga_core::store::{StoreError, WorkerId};
use saga_core::{Epoch, Timestamp};

use super::transaction::data_version;
use crate::error::Error;
use crate::lock::WorkerLock;
use crate::shared::EpochHasher;
use crate::status::Died;

/// The state of the one worker; dropped when it leaves.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) lock: WorkerLock,
    pub(crate) worker: WorkerId,
    /// The next free number. Numbers of failed transactions are not reused.
    pub(crate) next_num: i64,
    pub(crate) next_row: i64,
    pub(crate) next_epoch: Epoch,
    /// The value of `stored_meta.tail`.
    pub(crate) tail: i64,
    pub(crate) dead: Dead,
    /// Sagas with damaged rows. They are passed over, and block no others.
    pub(crate) damaged: HashSet<i64>,
    /// No status with a `wake_at` was written later than this.
    pub(crate) latest: Timestamp,
    /// The file's `data_version` when this was last known to be the latest worker; `None` if that is not known.
    pub(crate) version: Option<i64>,
    /// True if another worker has joined since: the lock file was deleted, or the kernel does not honour the lock.
    pub(crate) is_over: bool,
}

impl Seat {
    /// Checks that no other worker has joined, if another connection has changed the file. Runs inside each
    /// transaction, so a worker with a successor commits nothing.
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

/// Sagas that a worker held when it died, and that were not claimed since.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    by_num: HashMap<i64, Died, BuildHasherDefault<EpochHasher>>,
    by_age: BTreeSet<(Timestamp, i64)>,
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

    /// Returns the sagas, longest wait first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Died)> {
        self.by_age.iter().filter_map(|(_, num)| Some((*num, self.by_num.get(num)?)))
    }
}
