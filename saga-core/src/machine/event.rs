//! What happens to a saga, for the machine to decide on.

use std::time::Duration;

use super::reach::{BodyEnd, Reach};
use crate::delivery::Delivery;
use crate::record::{AttemptError, Call, Failure, Lost};
use crate::refusal::Refusal;
#[cfg(doc)]
use crate::state::State;
use crate::{By, Name, Payload, Reason, Role, SitePath, Timestamp};

/// Something that happened to a saga, for the machine to decide on.
#[derive(Debug, Clone)]
pub enum Event {
    /// A worker has claimed the saga, and whatever ran under an earlier one is in doubt. Nothing begins by that: first
    /// comes what was delivered and what has passed meanwhile, and then [`Event::Due`].
    Recovered {
        /// True if the worker takes this saga for the cause of the deaths of the processes that drove it.
        is_poison: bool,
    },
    /// The body reached something that is not in the journal.
    Reached(Reach),
    /// A readonly step ended.
    Read {
        /// The site of the step.
        site: SitePath,
        /// The recorded name of the step.
        step: Name,
        /// The input it was called with.
        input: Payload,
        /// Its output, or the failure of its last attempt.
        result: Result<Payload, Failure>,
        /// How many attempts it took.
        attempts: u32,
    },
    /// The body ended, or cannot go on.
    BodyEnded(BodyEnd),
    /// An attempt ended.
    AttemptEnded {
        /// The site of the step.
        site: SitePath,
        /// Step or compensation.
        role: Role,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The end of the attempt.
        ending: Ending,
    },
    /// A probe ended.
    ProbeEnded {
        /// For the step here.
        site: SitePath,
        /// The probe's answer.
        answer: Answer,
    },
    /// This time has passed for deadline, limits and sleeps. No attempt begins by that.
    Elapsed {
        /// Up to then, which may be earlier than now.
        until: Timestamp,
    },
    /// Time has passed: as [`Event::Elapsed`], and attempts that are due begin.
    Due,
    /// There is room for a compensation that waits for it.
    Admitted {
        /// Of the step here.
        site: SitePath,
    },
    /// The body has been polled and reached nothing more. That changes nothing unless [`State::is_blocked`].
    Idle,
    /// The saga is dead-lettered, whatever its records say: the store lists it so, or no build at hand has its code.
    DeadLettered {
        /// The reason of the dead letter.
        reason: Reason,
        /// The observation behind the reason, in words.
        detail: String,
    },
    /// An operator abandons a saga of which no build at hand has the code: it is dead-lettered for that, and closed. What
    /// the author had seen is compared with the saga as it was before.
    Closed {
        /// The abandon.
        by: By,
        /// The reason for which no build can drive it.
        detail: String,
    },
    /// A delivery came: a signal, an answer, or an operator's act.
    Delivered {
        /// The delivery, as it was sent.
        delivery: Delivery,
        /// Of a `resolve(Happened)`: what code made of the output.
        evaluated: Option<Evaluated>,
    },
    /// An operator's act was refused, by [`advance`](super::advance) or before it came there: that is recorded, up to
    /// [`ACTS_WITHOUT_EFFECT_MAX`](crate::state::ACTS_WITHOUT_EFFECT_MAX) times.
    Refused {
        /// The act that was refused.
        delivery: Delivery,
        /// The reason for the refusal.
        refusal: Refusal,
    },
}

/// A step's output with what undoes it, as far as they could be recorded.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The step's output, or why it could not be recorded.
    pub output: Result<Payload, Lost>,
    /// The compensation; `None` if the step has none.
    pub undo: Option<Result<Call, Lost>>,
}

impl Evaluated {
    /// Returns why something of it could not be recorded, if so.
    pub fn loss(&self) -> Option<&str> {
        let undo = self.undo.as_ref().and_then(|u| u.as_ref().err());
        self.output.as_ref().err().or(undo).map(|lost| lost.why.as_str())
    }
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Ending {
    /// The effect happened.
    Done(Evaluated),
    /// The effect did not happen.
    NotDone {
        /// The error of the attempt.
        trouble: AttemptError,
        /// The time for which the service asked not to be called again; `None` if it did not.
        retry_after: Option<Duration>,
        /// True if the error is the service's answer to the key, which it keeps and repeats.
        conclusive: bool,
    },
    /// The effect may have happened.
    InDoubt {
        /// Why that is not known.
        trouble: AttemptError,
    },
    /// The attempt did not begin: this build cannot read the recorded input.
    Undecodable {
        /// The error of the decoding, in words.
        detail: String,
    },
}

/// The answer of a probe.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It happened, and gave this.
    Happened(Evaluated),
    /// It did not happen, and under this key never will.
    NotHappened,
    /// Not known yet; or the probe failed, with this text.
    Pending(Option<String>),
}
