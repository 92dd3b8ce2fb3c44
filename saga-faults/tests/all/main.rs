//! The tests of real faults: processes that are killed, and disks that fail.

mod crash_loop;
mod disk;
mod kill;
