//! The deaths of processes that are charged to a saga, as its driver knows them. What they mean is decided in `drive/worker/suspect.rs`.

/// How a claimed saga is to run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Suspicion {
    /// The deaths that are charged to it.
    pub(crate) deaths: u32,
    /// The number of deaths that the next one counts for. A store adds one to those that it lists.
    pub(crate) costs: u32,
    /// True if it is taken for the cause, and does not run.
    pub(crate) is_poison: bool,
}

impl Suspicion {
    /// Returns the deaths to be listed while the saga runs, such that the next one adds up to what it costs.
    pub(crate) fn listed(self) -> u32 {
        (self.deaths + self.costs).saturating_sub(1)
    }
}
