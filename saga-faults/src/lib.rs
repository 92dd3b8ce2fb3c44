//! Real faults, under the real runtime and the real store. Worker processes are killed and stopped while hundreds of
//! sagas are under way (`cargo xtask kill`), and a disk fails (`cargo xtask disk`). An external ledger records what
//! really happened; it is compared with the journals afterwards.
//!
//! Not part of what users depend on.

// The harness runs in real time, like the users of the code under test.
#![allow(clippy::disallowed_methods)]

mod answer;
mod audit;
mod crash_loop;
mod crew;
mod deadly;
mod disk;
mod draw;
mod kill;
mod ledger;
mod mutant;
mod operator;
mod options;
mod place;
mod plan;
mod port;
mod sagas;
mod steps;
mod wire;
mod worker;
mod world;

pub use disk::{DiskFailure, DiskReport, DiskSettings, FlipReport, disk_runs};
pub use mutant::Mutant;
pub use options::run;
pub use place::memory;
