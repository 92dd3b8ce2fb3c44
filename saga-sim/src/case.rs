//! A case, as data: the sagas of one run, and everything that goes wrong. It follows from a seed, and a smaller case is
//! a smaller value.

use std::fmt;

use crate::program::Program;

/// The input of one run of the simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The seed of the case, and of all randomness during the run.
    pub seed: u64,
    /// The number of workers.
    pub workers: usize,
    /// The sagas.
    pub sagas: Vec<Plan>,
    /// The faults and acts.
    pub events: Vec<Event>,
    /// The maximum number of concurrent compensations of one step in a worker.
    pub compensations_max: usize,
}

/// One saga.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The saga's program.
    pub program: Program,
    /// True if it has a deadline.
    pub urgent: bool,
    /// The time of its start, in milliseconds.
    pub at_ms: u64,
}

/// A fault, or an act.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The time of the event.
    pub when: When,
    /// The fault or act.
    pub what: What,
}

/// The time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Milliseconds after the start of the run.
    At(u64),
    /// The durable write of this number, counted over all workers from 1.
    Write(u64),
}

/// A fault or an act. A fault at a write concerns the worker that writes.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A worker dies, before the write if at one, and is restarted after so many milliseconds.
    Kill(usize, u64),
    /// A worker dies after a write, and is restarted after so many milliseconds.
    KillAfter(usize, u64),
    /// A worker is stopped for so many milliseconds.
    Stall(usize, u64),
    /// A worker is shut down in an orderly way, and restarted after so many milliseconds.
    Shutdown(usize, u64),
    /// A worker is shut down within so many milliseconds, and restarted after so many more.
    ShutdownWithin(usize, u64, u64),
    /// A worker's store fails for so many milliseconds; at a write, once.
    Store(usize, Trouble, u64),
    /// The store declares a worker dead.
    Evict(usize),
    /// The store's clock, which all workers use, jumps by so many milliseconds.
    Clock(i64),
    /// An operator acts on the saga of this index.
    Act(usize, Act),
}

/// The way in which a store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is done.
    Unavailable,
    /// Nothing is written: the store is full.
    Full,
    /// Nothing is written: the store is read-only.
    ReadOnly,
    /// The write is applied, and its answer is lost.
    AnswerLost,
    /// Each call takes three seconds.
    Slow,
    /// Journals are read without their last records.
    Stale,
}

/// An operator's act, or a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Cancels it.
    Cancel,
    /// Ends its backoffs.
    RetryNow,
    /// Rolls a dead letter back.
    RollBack,
    /// Redrives a dead letter.
    Redrive,
    /// Waives a compensation.
    Waive,
    /// Closes it as it is.
    Abandon,
    /// Undoes it from its n-th step on; 0 stands for all of it.
    Undo(usize),
    /// States the world's knowledge of a blocked effect.
    Resolve,
    /// Sends a signal.
    Signal,
    /// Approves.
    Approve,
    /// Denies.
    Deny,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = self.compensations_max;
        writeln!(f, "seed {}, {} workers, {max} compensations of a step at a time", self.seed, self.workers)?;
        for (number, plan) in self.sagas.iter().enumerate() {
            let kind = if plan.urgent { ", deadline 20 s" } else { "" };
            writeln!(f, "saga {number}, started at {} ms{kind}:", plan.at_ms)?;
            write!(f, "{}", plan.program)?;
        }
        for event in &self.events {
            writeln!(f, "{:?}: {:?}", event.when, event.what)?;
        }
        Ok(())
    }
}
