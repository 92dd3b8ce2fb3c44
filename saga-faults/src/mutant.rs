//! Bugs, put into the worker by a test, each of which a round has to find: what finds nothing shows nothing.

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Steps hand another key to the service in each call.
    IgnoresKeys,
    /// The store says that it is durable, and writes it later: effects begin before their intent is durable.
    AnswersTooEarly,
    /// Compensations say that they are done, and do nothing.
    SkipsCompensations,
    /// Probes say that it did not happen, and ask nobody.
    ProbesNobody,
    /// The disk says that it has synced, and has not.
    SyncsNothing,
}

impl Mutant {
    /// Every one.
    pub const ALL: [Mutant; 4] =
        [Mutant::IgnoresKeys, Mutant::AnswersTooEarly, Mutant::SkipsCompensations, Mutant::ProbesNobody];

    /// The one of that name.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|mutant| format!("{mutant:?}") == name);
        known.ok_or_else(|| format!("there is no mutant {name:?}: accepted: {:?}", Self::ALL))
    }
}
