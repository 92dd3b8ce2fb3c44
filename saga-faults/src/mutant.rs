//! Bugs that a test puts into the worker. A round must find each of them.

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    SyncsNothing,
}

impl Mutant {
    /// All mutants.
    pub const ALL: [Mutant; 4] =
        [Mutant::IgnoresKeys, Mutant::AnswersTooEarly, Mutant::SkipsCompensations, Mutant::ProbesNobody];

    /// Returns the mutant of that name.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|mutant| format!("{mutant:?}") == name);
        known.ok_or_else(|| format!("there is no mutant {name:?}: accepted: {:?}", Self::ALL))
    }
}
