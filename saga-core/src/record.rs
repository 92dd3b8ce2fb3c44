//! The entries of a journal: what happened in one saga, in order, and nothing else. A record states a fact or a
//! decision; what follows from it is in `state`, why it was decided in `machine`.
//!
//! In JSON each is an object with one key, its kind: `{"intent": {"site": "hold_flight", …}}`. Fields at their
//! default are left out. Times are milliseconds since 1970, waits are milliseconds.

mod act;
mod cause;
mod groups;
mod sites;
mod text;
mod trouble;

pub use act::{ActKind, By};
pub use cause::{Cause, Knowledge, Reason, Verdict};
pub(crate) use groups::{of_course, of_effects, of_waits};
pub use trouble::{Failure, Finder, Lost, Next, Trouble};

use serde::{Deserialize, Serialize};

use crate::machine::Refusal;
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
    /// A step that was held goes on: a stop came to nothing, or an operator sent it on.
    Resumed {
        /// Where.
        site: Site,
        /// With what.
        next: Next,
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
    /// The signal that ended a wait was none for it: the wait goes on, and a signal of that id may come again.
    SignalRefused {
        /// Where.
        site: Site,
        /// The sender's id for it.
        id: String,
        /// What is wrong with it.
        why: String,
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

    /// An operator sent it on again, in the same direction, with fresh attempts; the records after this say with which.
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
    /// An operator said what is known of an effect; the records after this draw the conclusion: that it is done,
    /// undone, failed, begun again or stuck again.
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
    /// An operator's act changed nothing.
    NoEffect {
        /// Which.
        act: ActKind,
        /// Where, if it was somewhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<Site>,
        /// Who and why.
        by: By,
        /// Why it was refused; `None` if what it wanted was so already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Box<Refusal>>,
    },
}
