//! The deaths of processes that are charged to a saga, as its driver knows them. What they mean is decided in `drive/worker/suspect.rs`.

/// How a claimed saga is to run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Suspicion {
    /// The deaths that are charged to it, as the store lists them.
    pub(crate) deaths: u32,
    /// The part of them that the next death is charged in advance: it runs entirely alone, so that one counts twice.
    pub(crate) in_advance: u32,
    /// True if it is taken for the cause, and does not run.
    pub(crate) is_poison: bool,
}

impl Suspicion {
    /// Returns the deaths to be listed while the saga runs, or with its release. A release is no death: what was charged
    /// for one in advance is taken back. So is the next death itself, if the worker shuts down and `forgives` it.
    pub(crate) fn charged(self, releases: bool, forgives: bool) -> u32 {
        let taken_back = match (releases, forgives) {
            (true, _) => self.in_advance,
            (false, true) => self.in_advance + 1,
            (false, false) => 0,
        };
        self.deaths.saturating_sub(taken_back)
    }
}
