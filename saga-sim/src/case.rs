//! A case: the sagas of one run and everything that goes wrong in it, as data. It follows from its seed, and a smaller one
//! is a smaller value.

use std::fmt;

use crate::program::Program;

/// What one run of the simulation is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Where it comes from, and what chance there is in it besides.
    pub seed: u64,
    /// How many workers there are.
    pub workers: usize,
    /// The sagas.
    pub sagas: Vec<Plan>,
    /// What goes wrong.
    pub events: Vec<Event>,
    /// How many compensations of one step run at a time in a worker.
    pub compensations_max: usize,
}

/// One saga.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it does.
    pub program: Program,
    /// Whether it has a deadline.
    pub urgent: bool,
    /// When it is started, in milliseconds.
    pub at_ms: u64,
}

/// Something that goes wrong, or that somebody does.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub when: When,
    /// What.
    pub what: What,
}

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So many milliseconds after the beginning.
    At(u64),
    /// At that durable write, counted over all workers from 1.
    Write(u64),
}

/// What happens. Of a worker at a write: to the one that writes.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A worker dies, at a write before it, and is started again after so many milliseconds.
    Kill(usize, u64),
    /// A worker dies after a write.
    KillAfter(usize, u64),
    /// A worker is stopped for so many milliseconds.
    Stall(usize, u64),
    /// A worker is shut down in good order, and started again after so many milliseconds.
    Shutdown(usize, u64),
    /// Its store fails so for so many milliseconds; at a write, once.
    Store(usize, Trouble, u64),
    /// It is taken for dead by the store.
    Evict(usize),
    /// The store's clock, which all workers go by, jumps by so many milliseconds.
    Clock(i64),
    /// Somebody does that to a saga.
    Act(usize, Act),
}

/// How a store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is done.
    Unavailable,
    /// Nothing is written.
    Full,
    /// Nothing is written.
    ReadOnly,
    /// What is written is written, and the answer is lost.
    AnswerLost,
    /// It takes three seconds.
    Slow,
    /// Journals are read without their last records.
    Stale,
}

/// What somebody does to a saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Cancels it.
    Cancel,
    /// Ends its backoffs.
    RetryNow,
    /// Rolls a dead letter back.
    RollBack,
    /// Sends a dead letter on.
    Redrive,
    /// Declares a compensation not needed.
    Waive,
    /// Closes it as it is.
    Abandon,
    /// Undoes it, from its n-th step on, or (0) whole.
    Undo(usize),
    /// Says of what is stuck what the world says of it.
    Resolve,
    /// Sends a signal.
    Signal,
    /// Says yes.
    Approve,
    /// Says no.
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
