//! The state of one site of a saga: a step with its effects, a wait, a value, a child saga.

use crate::record::{AttemptError, Call, Failure, Lost, Next, Verdict};
use crate::{Blocker, By, Kind, Name, Payload, Role, Seq, Timestamp};

/// The state of a site.
#[derive(Debug, Clone, PartialEq)]
pub enum SiteState {
    /// A step that has an intent.
    Step(Box<StepState>),
    /// A readonly step's outcome.
    Read {
        /// The step's recorded name.
        step: Name,
        /// The step's input.
        input: Payload,
        /// The output, or the failure that the body sees.
        result: Result<Payload, Failure>,
    },
    /// A recorded time or id.
    Value {
        /// `now` or `uuid`.
        what: Name,
        /// The recorded value.
        value: Payload,
    },
    /// A sleep.
    Timer(Timed<()>),
    /// A wait for a signal; it may end without one.
    Wait {
        /// The signal's name.
        name: Name,
        /// The limits and the result of the wait.
        timed: Timed<Option<Payload>>,
    },
    /// A question to an operator.
    Ask {
        /// The question's text.
        prompt: String,
        /// The sequence number of the record that asked it.
        asked: Seq,
        /// The limits and the answer.
        timed: Timed<Verdict>,
    },
    /// A child saga.
    Child {
        /// The recorded name of its type.
        saga: Name,
        /// The version of its code when it began.
        version: u32,
        /// The child's input.
        input: Payload,
        /// The child's status.
        status: ChildStatus,
    },
}

/// A wait with a time limit, and possibly another way to end.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<T> {
    /// The length of the wait, in milliseconds; `None` if it has no limit.
    pub wait_ms: Option<u64>,
    /// The end of the wait; `None` if it has no limit.
    pub due: Option<Timestamp>,
    /// The result; `None` if the wait is open.
    pub ended: Option<T>,
    /// True if a rollback ended it.
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

/// The status of a child saga.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildStatus {
    /// The child's body runs.
    Running,
    /// It failed, and its effects are being undone.
    Undoing {
        /// The child's error.
        error: Payload,
    },
    /// The child ended, with its output or its error.
    Ended(Result<Payload, Payload>),
    /// It had not ended when the rollback of the whole saga began.
    Dropped,
}

/// A step that has an intent.
#[derive(Debug, Clone, PartialEq)]
pub struct StepState {
    /// The step's recorded name.
    pub step: Name,
    /// Its input, including an operator's correction.
    pub input: Payload,
    /// True if an operator corrected the input.
    pub mended: bool,
    /// How it is undone.
    pub kind: Kind,
    /// The sequence number of its intent, which determines the order of undoing.
    pub seq: Seq,
    /// The call that settles it in doubt without an output; `None` if the step declares none.
    pub in_doubt: Option<Call>,
    /// The reason for which a session makes the call again on purpose; `None` if it does not.
    pub again: Option<String>,
    /// The effect of the step itself.
    pub doing: Effect,
    /// The output, once it is done.
    pub output: Option<Result<Payload, Lost>>,
    /// The failure; `None` unless it is known not to have happened.
    pub failure: Option<Failure>,
    /// The compensation that is recorded for it; `None` if it is not done, or nothing undoes it.
    pub undo: Option<Result<Call, Lost>>,
    /// The effect of the compensation; `None` until it begins.
    pub undoing: Option<Effect>,
    /// The operator that waived the compensation; `None` if it is not waived.
    pub waived: Option<By>,
    /// True if an undo after completion includes it.
    pub undo_ordered: bool,
    /// True if it was deferred to the commit.
    pub deferred: bool,
}

/// One effect on the world: a step, or its compensation.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The effect's status.
    pub status: Status,
    /// The number of the last attempt begun, from 1; never reset.
    pub attempt: u32,
    /// The number of attempts known to have failed since the last redrive.
    pub failures: u32,
    /// The number of attempts made because an earlier one was in doubt, since the last redrive.
    pub reruns: u32,
    /// The number of successive probes without an answer, since the last redrive.
    pub probes: u32,
    /// The generation of its idempotency key.
    pub generation: u32,
    /// The time from which the key of this generation is in use.
    pub keyed_since: Timestamp,
    /// True if an attempt may have happened without a recorded result.
    pub doubt: bool,
    /// The time at which the first attempt since the last redrive began.
    pub since: Timestamp,
    /// The time at which the present wait began. The wait lasts from here to its due time, even if the clock changes.
    pub waits_since: Timestamp,
    /// The failure of the last attempt; `None` if no attempt has failed.
    pub last: Option<AttemptError>,
}

/// The status of an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// It was deferred: it begins when the saga commits.
    Deferred,
    /// It was deferred, and a rollback took it out: it never begins.
    Dropped,
    /// An attempt is in flight, or was when the process died.
    Running,
    /// It waits for what comes next.
    Pending(Next),
    /// The effect happened.
    Done,
    /// The effect did not happen, and will not.
    Failed,
    /// It can go no further without a person.
    Blocked(Box<Blocker>),
}

impl Status {
    /// Returns the due time of a pending attempt or probe; `None` for any other status.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let Status::Pending(Next::Again { due } | Next::Probe { due }) = self else { return None };
        Some(*due)
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
            keyed_since: at,
            since: at,
            waits_since: at,
            last: None,
        }
    }

    /// Returns true if it is known whether the effect happened, and nothing of it is to be done for now.
    pub fn is_settled(&self) -> bool {
        matches!(self.status, Status::Done | Status::Failed | Status::Deferred | Status::Dropped)
    }

    /// Returns true if a person is needed.
    pub fn is_blocked(&self) -> bool {
        self.blocker().is_some()
    }

    /// Returns what keeps it from going on, if a person is needed.
    pub fn blocker(&self) -> Option<&Blocker> {
        match &self.status {
            Status::Blocked(blocker) => Some(blocker),
            Status::Deferred
            | Status::Dropped
            | Status::Running
            | Status::Pending(_)
            | Status::Done
            | Status::Failed => None,
        }
    }
}

impl StepState {
    /// Returns `Some` if the step's compensation is to begin; true in it if that is the call for a step in doubt.
    pub(crate) fn begins_undo(&self) -> Option<bool> {
        if self.undoing.is_some() {
            return None;
        }
        match self.doing.status {
            Status::Done => Some(false),
            Status::Pending(Next::Hold) if self.doing.doubt && self.in_doubt.is_some() => Some(true),
            Status::Deferred
            | Status::Dropped
            | Status::Running
            | Status::Pending(_)
            | Status::Failed
            | Status::Blocked(_) => None,
        }
    }

    /// Returns the effect of that role, if it has begun.
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

    /// Returns true if it is undone, by a compensation or by an operator's word.
    pub fn is_undone(&self) -> bool {
        self.undoing.as_ref().is_some_and(|u| u.status == Status::Done)
    }

    /// Returns true if it is done and compensated, and the compensation is neither done nor waived.
    pub fn owes_undo(&self) -> bool {
        self.doing.status == Status::Done
            && self.kind == Kind::Compensated
            && !self.is_undone()
            && self.waived.is_none()
    }

    /// Returns true if it is not known whether the step happened.
    pub fn is_in_doubt(&self) -> bool {
        self.doing.doubt && !self.doing.is_settled()
    }

    /// Returns true if a rollback has nothing left to do here.
    pub fn is_unwound(&self) -> bool {
        match self.doing.status {
            Status::Failed | Status::Deferred | Status::Dropped => true,
            Status::Done => !self.owes_undo(),
            Status::Running | Status::Pending(_) | Status::Blocked(_) => self.waived.is_some(),
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

    /// Returns the step at the site, if it has an intent.
    pub fn as_step(&self) -> Option<&StepState> {
        if let SiteState::Step(step) = self { Some(step) } else { None }
    }
}
