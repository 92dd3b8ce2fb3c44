//! Bugs put back on purpose, one for each rule, to show that the simulation catches them. They stand in the world, in the
//! store, or in what is read from it: the runtime's own code has no switch for them.

use crate::rule::Rule;

/// A bug put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Mutant {
    /// The store takes what a fenced worker writes.
    Unfenced,
    /// The store says that a write is durable before it is.
    AcknowledgesTooEarly,
    /// A recovery does not see that the saga was rolling back.
    ForgetsRollback,
    /// A recovery does not see that a step is irreversible.
    ForgetsIrreversible,
    /// A recovery does not see that a step is deferred to the commit.
    ForgetsDeferral,
    /// A recovery sees steps in the order opposite to that in which they happened.
    ReadsBackwards,
    /// A due time is lost when a saga is released.
    LosesWake,
    /// What is a dead letter is listed as running.
    HidesDeadLetters,
    /// A probe says that it did not happen while it may.
    ProbeLies,
    /// A service that promises to repeat its answers refuses what it has done.
    ForgetsAnswers,
    /// Each attempt has a key of its own.
    KeyForEachAttempt,
    /// An error of a compensation is dropped.
    DropsUndoErrors,
    /// An unclear answer is taken for a failure.
    TakesDoubtForFailure,
    /// As many compensations run at a time as there are.
    StormsServices,
    /// A recovery does not see the deadline.
    LosesDeadline,
    /// A recovery does not see how long a signal or an answer is waited for.
    LosesLimit,
    /// A delivery is acknowledged, and forgotten, while no worker holds the saga.
    LosesDelivery,
    /// A cancel is acknowledged, and forgotten, while no worker holds the saga.
    LosesCancel,
    /// A recovery does not see the ids of acts, so that the second click is another act.
    ForgetsActs,
    /// Whatever is delivered counts as in time.
    DatesEarly,
    /// Whatever is delivered counts as delivered when it is looked at.
    DatesLate,
    /// The store takes a release without records from a fenced worker.
    UnfencedRelease,
    /// A lease that is over is renewed.
    RenewsExpired,
    /// The store acknowledges a release, and keeps the claim.
    LosesRelease,
}

impl Mutant {
    /// Returns the rule that it breaks: the simulation has to name this one.
    pub fn breaks(self) -> Rule {
        match self {
            Mutant::Unfenced | Mutant::UnfencedRelease | Mutant::RenewsExpired => Rule::Fenced,
            Mutant::AcknowledgesTooEarly => Rule::Intent,
            Mutant::ForgetsRollback => Rule::OneWay,
            Mutant::ForgetsIrreversible => Rule::NoReturn,
            Mutant::ForgetsDeferral => Rule::Commit,
            Mutant::ReadsBackwards => Rule::Order,
            Mutant::LosesWake | Mutant::HidesDeadLetters | Mutant::LosesLimit => Rule::Ends,
            Mutant::ProbeLies | Mutant::ForgetsAnswers | Mutant::TakesDoubtForFailure => Rule::Matched,
            Mutant::KeyForEachAttempt | Mutant::ForgetsActs => Rule::Once,
            Mutant::DropsUndoErrors => Rule::Report,
            Mutant::LosesRelease => Rule::Released,
            Mutant::StormsServices => Rule::Crowd,
            Mutant::LosesDeadline
            | Mutant::LosesDelivery
            | Mutant::LosesCancel
            | Mutant::DatesEarly
            | Mutant::DatesLate => Rule::InTime,
        }
    }
}
