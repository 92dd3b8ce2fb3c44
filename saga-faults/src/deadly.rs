//! A disk at which the process dies: at one of the operations on the store's files, in the midst of a transaction, perhaps
//! with half of what it was writing written. What the system's cache has stays, as it does when a process is killed.

use std::sync::atomic::{AtomicU64, Ordering};

use saga_vfs::{Disk, File, Trouble, Written};

use crate::port::kill_itself;

/// Kills the process.
pub(crate) struct Deadly {
    at: u64,
    operations: AtomicU64,
}

impl Deadly {
    /// At the operation of that number, the first being 1.
    pub(crate) fn at(at: u64) -> Self {
        Self { at, operations: AtomicU64::new(0) }
    }

    fn number(&self) -> u64 {
        self.operations.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Anything but a write.
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
            // The next operation is the last.
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
