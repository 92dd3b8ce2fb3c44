//! The tests of real faults: processes that are killed, and disks that fail.

mod disk;
mod kill;
