//! The tests of the SQLite store, in one program. Those that need a second process run themselves once more.

mod support;

mod conformance;
mod damage;
mod disk;
mod durability;
mod files;
#[cfg(unix)]
mod lost_log;
#[cfg(unix)]
mod places;
mod processes;
#[cfg(unix)]
mod read_only;
mod views;
