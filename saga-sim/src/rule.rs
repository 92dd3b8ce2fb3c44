//! The rules of the simulation, each of which a mutant breaks.

/// A rule of the simulation that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Every effect is matched by its undo or reported as left; the journal of a step agrees with the world.
    Matched,
    /// No effect begins, and nothing is undone, without a durable intent.
    Intent,
    /// An effect is undone only after the effects that depend on it.
    Order,
    /// Nothing is undone past the point of no return, and no irreversible step begins in a rollback.
    NoReturn,
    /// A deferred step begins when its saga commits, and not before; a saga that has completed has done all of them.
    Commit,
    /// A fenced worker writes nothing.
    Fenced,
    /// Each saga ends, or is dead-lettered.
    Ends,
    /// `rollback` agrees with the world.
    Report,
    /// No effect happens twice where keys are honoured.
    Once,
    /// A rollback is never reversed, and nothing new begins in it.
    OneWay,
    /// Accepted cancels, timely signals and answers, deadlines and limits take effect, whatever was down in between.
    InTime,
    /// A worker that leaves holds nothing, unless its store failed meanwhile.
    Released,
    /// A worker never runs more compensations of one step at a time than its limit.
    Crowd,
    /// The simulation itself failed: a panic, or an answer that no caller should get.
    Sound,
}

/// A broken rule, with the observation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wrong {
    /// The rule.
    pub rule: Rule,
    /// The observation.
    pub what: String,
}
