//! A runtime for tests: virtual time, numbers from a seed, and crashes at chosen writes. Sleeps and backoffs take no
//! real time; a crash drops everything in memory and keeps what was durable.
//!
//! [`matrix`] runs a saga once for each possible fault. [`steps_repeat_harmlessly`] calls each of its steps twice. Both
//! compare the user's own world with what the saga reports.

mod fault;
mod matrix;
mod runtime;

pub use crate::drive::observed::observe;
pub use crate::upgrade::{replay, replay_journal};
pub use fault::Fault;
pub use matrix::{
    Called, Case, CaseReport, Disturbance, Ending, Matrix, NoSuchCase, Report, Stands, World, matrix,
    steps_repeat_harmlessly,
};
pub use runtime::{BEGINNING, Side, TestRuntime, comes_back, in_virtual_time, kill};
