//! The entries of a journal: what happened in one saga, in order, and nothing else. A record states a fact or a
//! decision; what follows from it is in `state`, why it was decided in `machine`.
//!
//! In JSON each is an object with one key, its kind: `{"intent": {"site": "hold_flight", …}}`. Fields at their
//! default are left out. Times are milliseconds since 1970, waits are milliseconds.

use serde::{Deserialize, Serialize};

use crate::{Kind, Name, Payload, Role, Seq, Site, Timestamp};

/// A record with its place and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its position in the saga's journal, from 0, without gaps.
    pub seq: Seq,
    /// When it was decided, by the worker's clock. Order is by `seq`, never by this.
    pub at: Timestamp,
    /// What it says.
    pub record: Record,
}

/// A step with its input, as data: what is recorded of a compensation that is owed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The step's recorded name.
    pub step: Name,
    /// Its input.
    pub input: Payload,
    /// What it leaves behind, in the words of the step that it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<String>,
    /// It works until then; `None` if there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Who did it, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// A person or a program.
    pub who: String,
    /// In their words.
    pub why: String,
}

impl By {
    /// `who` did it, because of `why`.
    pub fn new(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self { who: who.into(), why: why.into() }
    }
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.who, self.why)
    }
}

/// Why an attempt failed or is in doubt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The step's own error.
    Error {
        /// Its text.
        message: String,
        /// The error itself.
        error: Payload,
        /// Whether it may be tried again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        permanent: bool,
    },
    /// Its time ran out.
    TimedOut,
    /// It panicked.
    Panicked {
        /// With this message.
        message: String,
    },
    /// The process died, or lost its lease, while it ran.
    Interrupted,
    /// A probe found that it had not happened.
    NotHappened,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Error { message, .. } => f.write_str(message),
            Trouble::TimedOut => f.write_str("timed out"),
            Trouble::Panicked { message } => write!(f, "panicked: {message}"),
            Trouble::Interrupted => f.write_str("interrupted: the process died or lost its lease"),
            Trouble::NotHappened => f.write_str("a probe found that it had not happened"),
        }
    }
}

/// What comes after an attempt that did not end the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Another attempt, not before `due`.
    Again {
        /// When.
        due: Timestamp,
    },
    /// The probe is asked, not before `due`.
    Probe {
        /// When.
        due: Timestamp,
    },
    /// Nothing for now: another record says what, or a stop is pending.
    Hold,
}

/// How a step that is known not to have happened failed, as the saga's body sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// With an error that another attempt would not mend.
    Failed {
        /// The step's error.
        error: Payload,
        /// Its text.
        message: String,
    },
    /// With transient errors, as often as its policy allows.
    Exhausted {
        /// The last attempt's error.
        error: Payload,
        /// Its text.
        message: String,
        /// How many attempts were made.
        attempts: u32,
    },
    /// The last attempt ran out of time.
    TimedOut {
        /// How many attempts were made.
        attempts: u32,
    },
    /// The last attempt panicked.
    Panicked {
        /// With this message.
        message: String,
    },
    /// The process died during the last attempt.
    Interrupted,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Failed { message, .. } => f.write_str(message),
            Failure::Exhausted { message, attempts, .. } => write!(f, "{message} (after {attempts} attempts)"),
            Failure::TimedOut { attempts } => write!(f, "timed out (after {attempts} attempts)"),
            Failure::Panicked { message } => write!(f, "panicked: {message}"),
            Failure::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// Who found out that an effect is done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finder {
    /// The attempt itself.
    #[default]
    Attempt,
    /// A probe.
    Probe,
    /// A person.
    Operator(By),
}

impl Finder {
    fn is_attempt(&self) -> bool {
        *self == Finder::Attempt
    }
}

/// A value that was made and could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Why not.
    pub why: String,
}

/// Why a saga rolls back, or is about to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its body ended with an error.
    Failed {
        /// The saga's error.
        error: Payload,
        /// Its text.
        message: String,
        /// The step that failed last before that, if one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<Site>,
    },
    /// A retriable step could not be brought to succeed.
    StepFailed {
        /// Which.
        site: Site,
        /// How.
        failure: Failure,
    },
    /// Its body panicked.
    Panicked {
        /// With this message.
        message: String,
    },
    /// An input could not be recorded, so that the effect was not begun.
    Unrecordable {
        /// Where.
        site: Site,
        /// What was observed.
        message: String,
    },
    /// Somebody cancelled it.
    Cancelled {
        /// Who and why.
        by: By,
    },
    /// Its deadline passed.
    Deadline,
    /// An operator rolled it back.
    Ordered {
        /// Who and why.
        by: By,
    },
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::Failed { message, .. } => f.write_str(message),
            Cause::StepFailed { site, failure } => write!(f, "{site}: {failure}"),
            Cause::Panicked { message } => write!(f, "panicked: {message}"),
            Cause::Unrecordable { site, message } => write!(f, "{site}: {message}"),
            Cause::Cancelled { by } => write!(f, "cancelled by {by}"),
            Cause::Deadline => f.write_str("its deadline passed"),
            Cause::Ordered { by } => write!(f, "rolled back by {by}"),
        }
    }
}

/// Why a saga can go neither forward nor back without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A retriable step past the point of no return could not be brought to succeed.
    RetriesExhausted,
    /// A compensation could not be brought to succeed.
    CompensationFailed,
    /// It is not known whether an attempt happened.
    InDoubt,
    /// The journal is no path of this build's code.
    Diverged,
    /// A recorded value cannot be read.
    Undecodable,
    /// The process died again and again while it drove this saga.
    PoisonPill,
    /// A loop passed its `#[bound]`.
    BoundExceeded,
    /// A session spent its budget.
    BudgetExceeded,
    /// A session repeated itself.
    LoopDetected,
    /// A step is done, but its output or compensation could not be recorded.
    OutputLost,
    /// The body failed past the point of no return.
    FailedPastNoReturn,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// How a wait for an approval ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Somebody approved.
    Approved(By),
    /// Somebody denied.
    Denied(By),
    /// Nobody answered in time.
    Expired,
}

/// What an operator knows of an effect that the saga does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// It happened, and gave this (`null` for a compensation).
    Happened {
        /// The output.
        output: Payload,
    },
    /// It did not happen and never will.
    NotHappened,
}

/// One fact of a saga's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// The saga exists. Always the first record, and only that.
    Scheduled {
        /// The recorded name of its type.
        saga: Name,
        /// The version of the code that it began with.
        version: u32,
        /// What it was called with.
        input: Payload,
        /// When it is rolled back if it is not past its point of no return.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },

    /// The body reached a step: attempt 1 begins once this is durable.
    Intent {
        /// Where.
        site: Site,
        /// Which.
        step: Name,
        /// With what.
        input: Payload,
        /// How it is undone.
        undo: Kind,
        /// What settles it if it is in doubt, where the step says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_doubt: Option<Call>,
    },
    /// A compensation is owed and its turn has come: attempt 1 begins once this is durable.
    UndoIntent {
        /// Of the step here.
        site: Site,
        /// Whether it is the call recorded for a step in doubt, which needs no output.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        in_doubt: bool,
    },
    /// An attempt ended, and did not end the effect.
    AttemptEnded {
        /// Where.
        site: Site,
        /// Step or compensation.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// Which, from 1.
        attempt: u32,
        /// How.
        trouble: Trouble,
        /// Whether it may have happened all the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        doubt: bool,
        /// What comes next.
        next: Next,
    },
    /// Another attempt begins once this is durable.
    Started {
        /// Where.
        site: Site,
        /// Step or compensation.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// Which, from 1.
        attempt: u32,
    },
    /// A probe answered, or could not.
    Probed {
        /// For the step here.
        site: Site,
        /// `Some(false)`: it has not happened and never will; `None`: not known yet.
        happened: Option<bool>,
        /// What it said, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trouble: Option<String>,
        /// What comes next.
        next: Next,
    },
    /// A step is done.
    Done {
        /// Where.
        site: Site,
        /// What it gave.
        output: Result<Payload, Lost>,
        /// What undoes it; `None` if nothing does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo: Option<Result<Call, Lost>>,
        /// Who says so.
        #[serde(default, skip_serializing_if = "Finder::is_attempt")]
        by: Finder,
    },
    /// A step is known not to have happened, and is not tried again.
    Failed {
        /// Where.
        site: Site,
        /// How.
        failure: Failure,
    },
    /// A compensation is done.
    Undone {
        /// Of the step here.
        site: Site,
        /// Who says so.
        #[serde(default, skip_serializing_if = "Finder::is_attempt")]
        by: Finder,
    },
    /// A readonly step's outcome; it has no intent.
    Read {
        /// Where.
        site: Site,
        /// Which.
        step: Name,
        /// With what.
        input: Payload,
        /// What it gave.
        result: Result<Payload, Failure>,
        /// How many attempts it took.
        attempts: u32,
    },
    /// An effect can go no further without a person.
    Stuck {
        /// Where.
        site: Site,
        /// Step or compensation.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// Why.
        reason: Reason,
        /// What was observed.
        detail: String,
    },
    /// The body can go no further without a person.
    Halted {
        /// Why.
        reason: Reason,
        /// What was observed.
        detail: String,
        /// Where, if it was somewhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<Site>,
    },

    /// The body asked for the time or a fresh id.
    Value {
        /// Where.
        site: Site,
        /// `now` or `uuid`.
        what: Name,
        /// What it got.
        value: Payload,
    },
    /// The body sleeps.
    Timer {
        /// Where.
        site: Site,
        /// How long.
        wait_ms: u64,
        /// Until then.
        due: Timestamp,
    },
    /// It has slept.
    TimerFired {
        /// Where.
        site: Site,
    },
    /// The body waits for a signal.
    Wait {
        /// Where.
        site: Site,
        /// The signal's name.
        name: Name,
        /// How long at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_ms: Option<u64>,
        /// Until then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// A signal came.
    Signalled {
        /// The sender's id for it; a second one of that id is the same signal.
        id: String,
        /// The signal's name.
        name: Name,
        /// What it carries.
        payload: Payload,
    },
    /// A wait for a signal ended.
    WaitEnded {
        /// Where.
        site: Site,
        /// With the signal of this id, or because time ran out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signal: Option<String>,
    },
    /// The body asks for an approval.
    Asked {
        /// Where.
        site: Site,
        /// What is asked.
        prompt: String,
        /// How long it waits at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_ms: Option<u64>,
        /// Until then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// An approval was given, denied, or not given in time.
    Answered {
        /// Where.
        site: Site,
        /// How.
        verdict: Verdict,
    },
    /// The body calls another saga.
    ChildStarted {
        /// Where; its sites are inside.
        site: Site,
        /// The recorded name of its type.
        saga: Name,
        /// The version of its code.
        version: u32,
        /// With what.
        input: Payload,
    },
    /// A child failed, and what it did is being undone.
    ChildUndoing {
        /// Which.
        site: Site,
        /// Its error.
        error: Payload,
        /// The error's text.
        message: String,
    },
    /// A child ended; if it failed, all that it did is undone.
    ChildEnded {
        /// Which.
        site: Site,
        /// What it gave.
        result: Result<Payload, Payload>,
    },

    /// Nothing new begins; what runs is awaited, then the rollback starts, unless an irreversible step in flight
    /// turns out to be done.
    StopRequested {
        /// Why.
        cause: Cause,
    },
    /// A stop came to nothing: the step here was in flight, and is done.
    TooLate {
        /// Which.
        site: Site,
    },
    /// From here there is only the way back.
    RollbackStarted {
        /// Why.
        cause: Cause,
    },
    /// Everything owed is undone or waived.
    RolledBack,
    /// The body gave its output.
    Completed {
        /// What.
        output: Payload,
    },
    /// The deadline passed after the point of no return.
    Overdue,
    /// Nothing moves any more: a person is needed.
    DeadLettered,

    /// A completed saga is being undone, in whole or in part.
    UndoStarted {
        /// Who and why.
        by: By,
        /// The steps to be undone.
        sites: Vec<Site>,
    },
    /// What was to be undone is undone or waived.
    UndoEnded,

    /// An operator sent it on again, in the same direction, with fresh attempts.
    Redriven {
        /// Who and why.
        by: By,
        /// Only this site; all that is stuck otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<Site>,
        /// With this input instead of the recorded one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
    },
    /// An operator said what is known of an effect; the record after this draws the conclusion.
    Resolved {
        /// Who and why.
        by: By,
        /// Where.
        site: Site,
        /// Step or compensation.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// What is known.
        knowledge: Knowledge,
    },
    /// An operator declared a compensation not needed.
    Waived {
        /// Who and why.
        by: By,
        /// Of the step here.
        site: Site,
    },
    /// An operator closed the saga as it is.
    Abandoned {
        /// Who and why.
        by: By,
    },
    /// An operator ended all backoffs.
    RetriedNow {
        /// Who and why.
        by: By,
    },
}
