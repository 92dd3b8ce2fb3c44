//! The tests of the runtime, in one program: a module for each thing that is held.
#![cfg(feature = "test")]
// The macros of the kit write public items.
#![allow(unreachable_pub)]

#[macro_use]
mod support;

mod acts;
mod automaton;
mod builds;
mod cancel;
mod clicks;
mod clock_jumps;
mod codecs;
mod crash_loops;
mod crash_points;
mod crash_rows;
mod damaged_records;
mod dead_letters;
mod definitions;
mod due_times;
mod ended_sagas;
mod hiccups;
mod lifecycle;
mod limits;
mod one_worker;
mod operators;
mod outcomes;
mod own_path;
mod recovery;
mod rollback;
mod shutdown;
mod signals;
mod store_outages;
mod throttled_compensations;
mod undo;
mod upgrade;
mod upgrade_damaged;
mod waits;
mod waits_end;
mod while_down;
