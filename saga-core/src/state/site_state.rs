//! What stands at one site of a saga: a step with its effects, a wait, a value, a child saga.

use crate::record::{Call, Failure, Lost, Next, Trouble, Verdict};
use crate::{By, Kind, Name, Payload, Reason, Role, Seq, Timestamp};

/// What stands at a site.
#[derive(Debug, Clone, PartialEq)]
pub enum SiteState {
    /// A step that has an intent.
    Step(Box<StepState>),
    /// A readonly step's outcome.
    Read {
        /// Which step.
        step: Name,
        /// With what.
        input: Payload,
        /// What it gave.
        result: Result<Payload, Failure>,
    },
    /// A recorded time or id.
    Value {
        /// `now` or `uuid`.
        what: Name,
        /// What it is.
        value: Payload,
    },
    /// A sleep.
    Timer(Timed<()>),
    /// A wait for a signal; ended by one, or by none.
    Wait {
        /// The signal's name.
        name: Name,
        /// How it stands.
        timed: Timed<Option<Payload>>,
    },
    /// A question.
    Ask {
        /// What is asked.
        prompt: String,
        /// The record that asked it.
        asked: Seq,
        /// How it stands.
        timed: Timed<Verdict>,
    },
    /// A child saga.
    Child {
        /// The recorded name of its type.
        saga: Name,
        /// The version of its code when it began.
        version: u32,
        /// With what.
        input: Payload,
        /// How it stands.
        status: ChildStatus,
    },
}

/// Something that waits for a time, perhaps among other things.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<T> {
    /// How long, in milliseconds.
    pub wait_ms: Option<u64>,
    /// Until then.
    pub due: Option<Timestamp>,
    /// How it ended, if it has.
    pub ended: Option<T>,
    /// Whether a rollback ended it.
    pub dropped: bool,
}

impl<T> Timed<T> {
    pub(crate) fn begun(wait_ms: Option<u64>, due: Option<Timestamp>) -> Self {
        Timed { wait_ms, due, ended: None, dropped: false }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.ended.is_none() && !self.dropped
    }
}

/// How a child saga stands.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildStatus {
    /// Its body runs.
    Running,
    /// It failed with this error, and is being undone.
    Undoing {
        /// The error.
        error: Payload,
    },
    /// It ended.
    Ended(Result<Payload, Payload>),
    /// It had not ended when the rollback of the whole saga began.
    Dropped,
}

/// A step that has an intent.
#[derive(Debug, Clone, PartialEq)]
pub struct StepState {
    /// Which.
    pub step: Name,
    /// Its input, as an operator may have mended it.
    pub input: Payload,
    /// Whether it has.
    pub mended: bool,
    /// How it is undone.
    pub kind: Kind,
    /// The sequence number of its intent, by which undoing is ordered.
    pub seq: Seq,
    /// What settles it in doubt without an output.
    pub in_doubt: Option<Call>,
    /// The step itself.
    pub doing: Effect,
    /// What it gave, once it is done.
    pub output: Option<Result<Payload, Lost>>,
    /// How it failed, if it did not happen.
    pub failure: Option<Failure>,
    /// What undoes it.
    pub undo: Option<Result<Call, Lost>>,
    /// The compensation, once it has begun.
    pub undoing: Option<Effect>,
    /// Who declared the compensation not needed.
    pub waived: Option<By>,
    /// Whether its undoing was asked for after the saga had completed.
    pub undo_ordered: bool,
}

/// One effect on the world: a step, or its compensation.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// How it stands.
    pub status: Status,
    /// The number of the last attempt begun, from 1; never reset.
    pub attempt: u32,
    /// Attempts that are known to have failed, since the last redrive.
    pub failures: u32,
    /// Attempts made because an earlier one was in doubt, since the last redrive.
    pub reruns: u32,
    /// How often in a row the probe was asked and did not know, since the last redrive.
    pub probes: u32,
    /// The generation of its idempotency key.
    pub generation: u32,
    /// Whether some attempt may have happened without our knowing.
    pub doubt: bool,
    /// When the first attempt since the last redrive began.
    pub since: Timestamp,
    /// When the wait for what comes next began: it lasts from here to its due time, whatever the clock says later.
    pub waits_since: Timestamp,
    /// How the last attempt went.
    pub last: Option<Trouble>,
}

/// How an effect stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// An attempt is on its way, or was when the process died.
    Running,
    /// Waiting for what comes next.
    Pending(Next),
    /// It happened.
    Done,
    /// It did not happen, and will not.
    Failed,
    /// A person is needed.
    Stuck(Reason, String),
}

impl Status {
    /// When what comes next does, if that is a matter of time.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self {
            Status::Pending(Next::Again { due } | Next::Probe { due }) => Some(*due),
            _ => None,
        }
    }
}

impl Effect {
    pub(crate) fn begun(at: Timestamp) -> Self {
        Effect {
            status: Status::Running,
            attempt: 1,
            failures: 0,
            reruns: 0,
            probes: 0,
            generation: 0,
            doubt: false,
            since: at,
            waits_since: at,
            last: None,
        }
    }

    /// Whether it is known to have happened, or not to.
    pub fn is_settled(&self) -> bool {
        matches!(self.status, Status::Done | Status::Failed)
    }

    /// Whether a person is needed.
    pub fn is_stuck(&self) -> bool {
        matches!(self.status, Status::Stuck(..))
    }
}

impl StepState {
    /// The effect of that role, if it has begun.
    pub fn effect(&self, role: Role) -> Option<&Effect> {
        match role {
            Role::Do => Some(&self.doing),
            Role::Undo => self.undoing.as_ref(),
        }
    }

    pub(crate) fn effect_mut(&mut self, role: Role) -> Option<&mut Effect> {
        match role {
            Role::Do => Some(&mut self.doing),
            Role::Undo => self.undoing.as_mut(),
        }
    }

    /// Whether it is undone, by a compensation or by a person.
    pub fn is_undone(&self) -> bool {
        self.undoing.as_ref().is_some_and(|u| u.status == Status::Done)
    }

    /// Whether it happened and can be undone, and neither is that done nor waived.
    pub fn owes_undo(&self) -> bool {
        self.doing.status == Status::Done
            && self.kind == Kind::Compensated
            && !self.is_undone()
            && self.waived.is_none()
    }

    /// Whether it is not known if it happened.
    pub fn is_in_doubt(&self) -> bool {
        self.doing.doubt && !self.doing.is_settled()
    }

    /// Whether a rollback that has it in scope has nothing left to do here.
    pub fn is_unwound(&self) -> bool {
        match self.doing.status {
            Status::Failed => true,
            Status::Done => !self.owes_undo(),
            _ => self.waived.is_some(),
        }
    }

    fn is_open(&self) -> bool {
        let unsettled = !self.doing.is_settled() || self.undoing.as_ref().is_some_and(|u| !u.is_settled());
        unsettled && self.waived.is_none()
    }
}

impl SiteState {
    pub(crate) fn is_open(&self) -> bool {
        match self {
            SiteState::Step(step) => step.is_open(),
            SiteState::Read { .. } | SiteState::Value { .. } => false,
            SiteState::Timer(timed) => timed.is_open(),
            SiteState::Wait { timed, .. } => timed.is_open(),
            SiteState::Ask { timed, .. } => timed.is_open(),
            SiteState::Child { status, .. } => {
                matches!(status, ChildStatus::Running | ChildStatus::Undoing { .. })
            }
        }
    }

    /// The step here, if it is one with an intent.
    pub fn as_step(&self) -> Option<&StepState> {
        match self {
            SiteState::Step(step) => Some(step),
            _ => None,
        }
    }
}
