//! A disk that kills the process at one of the operations on the store's files, inside a transaction. The operation may
//! be a write of which only half is written. The system's cache survives, as it does when a process is killed.

use std::sync::atomic::{AtomicU64, Ordering};

use saga_vfs::{Disk, File, Trouble, Written};

use crate::port::kill_itself;

/// Kills the process.
pub(crate) struct Deadly {
    at: u64,
    operations: AtomicU64,
}

impl Deadly {
    /// Kills at the operation of that number, from 1.
    pub(crate) fn at(at: u64) -> Self {
        Self { at, operations: AtomicU64::new(0) }
    }

    fn number(&self) -> u64 {
        self.operations.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Counts an operation that is not a write.
    fn other(&self) -> Result<(), Trouble> {
        if self.number() >= self.at {
            kill_itself();
        }
        Ok(())
    }
}

impl Disk for Deadly {
    fn write(&self, _file: File<'_>, _offset: u64, bytes: &[u8]) -> Written {
        let number = self.number();
        if number == self.at && number.is_multiple_of(2) {
            // Write half; the next operation kills the process.
            return Written::Torn(bytes.len() / 2);
        }
        if number >= self.at {
            kill_itself();
        }
        Written::Whole
    }

    fn sync(&self, _file: File<'_>) -> Result<(), Trouble> {
        self.other()
    }

    fn truncate(&self, _file: File<'_>, _length: u64) -> Result<(), Trouble> {
        self.other()
    }
}
