//! The tests of the simulation: what it has found, and the bugs that it must find.

mod crash_loops;
mod found;
mod mutants;
