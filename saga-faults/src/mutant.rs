//! Bugs that a test puts into the worker. A round must find each of them.

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Mutant {
    /// Steps pass another key to the service in each call.
    IgnoresKeys,
    /// The store reports durability too early: effects begin before their intent is durable.
    AnswersTooEarly,
    /// Compensations report success, and do nothing.
    SkipsCompensations,
    /// Probes answer that it did not happen, without asking the world.
    ProbesNobody,
    /// The disk reports a sync, and does not sync.
    #[value(skip)]
    SyncsNothing,
}
