//! The phase of a saga, as stores list it and screens show it.

/// The phase of a saga, as stores list it and screens show it.
///
/// ```
/// use saga_core::Phase;
/// assert!(Phase::DeadLettered.is_settled() && !Phase::DeadLettered.is_ended());
/// assert_eq!(Phase::RollingBack.to_string(), "rolling_back");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Recorded, not yet begun.
    Scheduled,
    /// A step is running.
    Running,
    /// Nothing runs until a time, a signal or an approval.
    Waiting,
    /// Its body gave an output, and the steps that it deferred are being done.
    Committing,
    /// The effects of a saga that failed, or of a completed one, are being undone.
    RollingBack,
    /// It can go neither forward nor back without a person.
    DeadLettered,
    /// Its body gave an output.
    Completed,
    /// All its effects are undone, or listed as left.
    RolledBack,
    /// An operator closed it as it was.
    Abandoned,
}

impl Phase {
    /// Returns the phase's recorded name.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Scheduled => "scheduled",
            Phase::Running => "running",
            Phase::Waiting => "waiting",
            Phase::Committing => "committing",
            Phase::RollingBack => "rolling_back",
            Phase::DeadLettered => "dead_lettered",
            Phase::Completed => "completed",
            Phase::RolledBack => "rolled_back",
            Phase::Abandoned => "abandoned",
        }
    }

    /// Returns the phase of that recorded name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == name)
    }

    /// Every phase, in the order of a life.
    pub const ALL: [Phase; 9] = [
        Phase::Scheduled,
        Phase::Running,
        Phase::Waiting,
        Phase::Committing,
        Phase::RollingBack,
        Phase::DeadLettered,
        Phase::Completed,
        Phase::RolledBack,
        Phase::Abandoned,
    ];

    /// Returns true if nothing more happens except by an operator's act.
    pub fn is_ended(self) -> bool {
        matches!(self, Phase::Completed | Phase::RolledBack | Phase::Abandoned)
    }

    /// Returns true if the saga has ended or is dead-lettered.
    pub fn is_settled(self) -> bool {
        self.is_ended() || self == Phase::DeadLettered
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
