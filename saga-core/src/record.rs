//! The entries of a journal: what happened in one saga, in order. A record states a fact or a decision. What follows
//! from it is in `state`; the rules for decisions are in `machine`.
//!
//! In JSON each is an object with one key, its kind: `{"intent": {"site": "hold_flight", …}}`. Fields at their default
//! are left out. Times are milliseconds since 1970, waits are milliseconds.

mod act;
mod attempt_error;
mod cause;
mod groups;
mod sites;
mod terms;
mod text;

pub use crate::by::{ActKind, By};
pub use attempt_error::{AttemptError, Failure, Finder, Lost, Next};
pub use cause::{Cause, Knowledge, Reason, Verdict};
pub(crate) use groups::{of_course, of_effects, of_waits};
pub use terms::{Committed, Terms, WhenIdle};

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::{KeyNamespace, Kind, Name, Payload, Role, Seq, SitePath, Timestamp};

/// A record with its position and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its position in the saga's journal, from 0, without gaps.
    pub seq: Seq,
    /// When it was decided, by the worker's clock. Order is by `seq`, never by this.
    pub at: Timestamp,
    /// The fact or decision.
    pub record: Record,
}

/// A step with its input, as data: how the journal records a compensation that is owed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The step's recorded name.
    pub step: Name,
    /// The step's input.
    pub input: Payload,
    /// The residue, in the words of the step that it undoes; `None` if it declares none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<String>,
    /// The time until which the call works; `None` if there is no limit.
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
        /// The version of the code with which it began.
        version: u32,
        /// The saga's input.
        input: Payload,
        /// The deadline: at this time it rolls back, unless it is past its point of no return. `None` if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
        /// The namespace of its idempotency keys; `None` if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_namespace: Option<KeyNamespace>,
        /// The terms of a session; `None` for any other saga.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<Terms>,
    },

    /// The body reached a step: attempt 1 begins once this is durable.
    Intent {
        /// The site of the step.
        site: SitePath,
        /// The step's recorded name.
        step: Name,
        /// The step's input.
        input: Payload,
        /// How it is undone.
        undo: Kind,
        /// The call that settles an attempt in doubt without an output; `None` if the step declares none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_doubt: Option<Call>,
        /// The reason for which a session makes a call again on purpose; `None` if it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<String>,
    },
    /// The body deferred a step to the commit: nothing begins until [`Record::Committing`] is durable. A rollback drops
    /// it.
    Deferred {
        /// The site of the step.
        site: SitePath,
        /// The step's recorded name.
        step: Name,
        /// The step's input.
        input: Payload,
        /// The call that settles an attempt in doubt without an output; `None` if the step declares none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_doubt: Option<Call>,
    },
    /// A compensation is owed and all later effects are undone: attempt 1 begins once this is durable.
    UndoIntent {
        /// The site of the step to be undone.
        site: SitePath,
        /// True if it is the call recorded for a step in doubt, which needs no output.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        in_doubt: bool,
    },
    /// An attempt ended without settling the effect.
    AttemptEnded {
        /// The site of the step.
        site: SitePath,
        /// The side of the step.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// The attempt's number, from 1.
        attempt: u32,
        /// The reason for which the attempt failed or is in doubt.
        trouble: AttemptError,
        /// True if the effect may have happened despite the failure.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        doubt: bool,
        /// True if the error proves that no attempt under this key happened: it clears the doubt of earlier ones.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        conclusive: bool,
        /// What follows: another attempt, a probe, or nothing for now.
        next: Next,
    },
    /// Another attempt begins once this is durable.
    Started {
        /// The site of the step.
        site: SitePath,
        /// The side of the step.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// The attempt's number, from 1.
        attempt: u32,
    },
    /// A held step continues: a pending stop was too late, or an operator acted on the saga.
    Resumed {
        /// The site of the step.
        site: SitePath,
        /// What follows: another attempt, a probe, or nothing for now.
        next: Next,
    },
    /// A probe answered, or could not.
    Probed {
        /// The site of the step that was probed.
        site: SitePath,
        /// `Some(false)`: it has not happened and never will; `None`: not known yet.
        happened: Option<bool>,
        /// The probe's error; `None` if it did not fail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trouble: Option<String>,
        /// What follows: another attempt, another probe, or nothing for now.
        next: Next,
    },
    /// A step is done.
    Done {
        /// The site of the step.
        site: SitePath,
        /// The output, or why it could not be recorded.
        output: Result<Payload, Lost>,
        /// The compensation that is now owed; `None` if nothing undoes the step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo: Option<Result<Call, Lost>>,
        /// The source of this knowledge.
        #[serde(default, skip_serializing_if = "Finder::is_attempt")]
        by: Finder,
    },
    /// A step is known not to have happened, and is not retried.
    Failed {
        /// The site of the step.
        site: SitePath,
        /// The failure, as the body sees it.
        failure: Failure,
    },
    /// A compensation is done.
    Undone {
        /// The site of the step that is undone.
        site: SitePath,
        /// The source of this knowledge.
        #[serde(default, skip_serializing_if = "Finder::is_attempt")]
        by: Finder,
    },
    /// A readonly step's outcome; it has no intent.
    Read {
        /// The site of the step.
        site: SitePath,
        /// The step's recorded name.
        step: Name,
        /// The step's input.
        input: Payload,
        /// The output, or the failure that the body sees.
        result: Result<Payload, Failure>,
        /// The number of attempts made.
        attempts: u32,
    },
    /// An effect can go no further without a person.
    Blocked {
        /// The site of the step.
        site: SitePath,
        /// The side of the step.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// The reason for which a person is needed.
        reason: Reason,
        /// The observation behind the reason, in words.
        detail: String,
    },
    /// The body can go no further without a person.
    BodyBlocked {
        /// The reason for which a person is needed.
        reason: Reason,
        /// The observation behind the reason, in words.
        detail: String,
        /// The site at which the body stopped; `None` if no site is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<SitePath>,
    },

    /// The body asked for the time or a fresh id.
    Value {
        /// The site of the call.
        site: SitePath,
        /// `now` or `uuid`.
        what: Name,
        /// The value that the body got.
        value: Payload,
    },
    /// The body sleeps.
    Timer {
        /// The site of the timer.
        site: SitePath,
        /// The length of the sleep, in milliseconds.
        wait_ms: u64,
        /// The end of the sleep.
        due: Timestamp,
    },
    /// A sleep ended.
    TimerFired {
        /// The site of the timer.
        site: SitePath,
    },
    /// The body waits for a signal.
    Wait {
        /// The site of the wait.
        site: SitePath,
        /// The signal's name.
        name: Name,
        /// The longest wait, in milliseconds; `None` if it has no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_ms: Option<u64>,
        /// The end of the wait; `None` if it has no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// A signal came.
    Signalled {
        /// The sender's id of the signal. A second signal of that id is a repeat of the first.
        id: String,
        /// The signal's name.
        name: Name,
        /// The payload, as sent.
        payload: Payload,
    },
    /// A wait for a signal ended.
    WaitEnded {
        /// The site of the wait.
        site: SitePath,
        /// The id of the signal that ended it; `None` if time ran out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signal: Option<String>,
    },
    /// The signal that ended a wait had the wrong payload. The wait continues, and a signal of that id may be sent
    /// again.
    SignalRefused {
        /// The site of the wait.
        site: SitePath,
        /// The sender's id of the signal.
        id: String,
        /// The reason for which its payload was refused.
        why: String,
    },
    /// The body asks for an approval.
    Asked {
        /// The site of the question.
        site: SitePath,
        /// The question's text.
        prompt: String,
        /// The longest wait for an answer, in milliseconds; `None` if it has no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_ms: Option<u64>,
        /// The end of the wait; `None` if it has no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// An approval was given, denied, or not given in time.
    Answered {
        /// The site of the question.
        site: SitePath,
        /// The answer, or its absence.
        verdict: Verdict,
    },
    /// The body calls another saga.
    ChildStarted {
        /// The site of the child; the child's own sites are inside it.
        site: SitePath,
        /// The recorded name of its type.
        saga: Name,
        /// The version of the child's code.
        version: u32,
        /// The child's input.
        input: Payload,
    },
    /// A child failed, and its effects are being undone.
    ChildUndoing {
        /// The site of the child.
        site: SitePath,
        /// The child's error.
        error: Payload,
        /// The error's text.
        message: String,
    },
    /// A child ended. If it failed, all its effects are undone.
    ChildEnded {
        /// The site of the child.
        site: SitePath,
        /// The child's output, or its error.
        result: Result<Payload, Payload>,
    },

    /// A stop was requested: no new effect begins, and attempts in flight are awaited. Then the rollback starts, unless
    /// an irreversible step in flight turns out to be done.
    StopRequested {
        /// The cause of the stop.
        cause: Cause,
    },
    /// A stop came too late: the irreversible step at this site was in flight, and is done.
    TooLate {
        /// The site of the irreversible step.
        site: SitePath,
    },
    /// The rollback starts: from here on the saga only undoes.
    RollbackStarted {
        /// The cause of the rollback.
        cause: Cause,
    },
    /// Everything owed is undone or waived.
    RolledBack,
    /// The body gave its output, and deferred steps are still to be done: they begin once this is durable, one after
    /// the other. There is no way back from here.
    Committing {
        /// The saga's output.
        output: Payload,
    },
    /// The body gave its output, and everything is done.
    Completed {
        /// The saga's output.
        output: Payload,
    },
    /// The deadline passed after the point of no return.
    Overdue,
    /// The saga can go neither forward nor back without a person.
    DeadLettered,

    /// A completed saga is being undone, in whole or in part.
    UndoStarted {
        /// The operator and the reason.
        by: By,
        /// The sites of the steps to be undone.
        sites: Vec<SitePath>,
    },
    /// All compensations of an undo are done or waived.
    UndoEnded,

    /// An operator redrove the saga in the same direction, with fresh attempts. The records after this one say with
    /// which.
    Redriven {
        /// The operator, and the reason.
        by: By,
        /// The only site concerned; `None` for all that need a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<SitePath>,
        /// The input that replaces the recorded one; `None` to keep it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload>,
    },
    /// An operator stated what is known of an effect. The records after this one draw the conclusion: the effect is
    /// done, undone, failed, begun again, or still blocked.
    Resolved {
        /// The operator, and the reason.
        by: By,
        /// The site of the step.
        site: SitePath,
        /// The side of the step.
        #[serde(default, skip_serializing_if = "Role::is_do")]
        role: Role,
        /// The operator's statement.
        knowledge: Knowledge,
    },
    /// An operator declared a compensation not needed.
    Waived {
        /// The operator, and the reason.
        by: By,
        /// The site of the step with the compensation that is waived.
        site: SitePath,
    },
    /// An operator closed the saga as it is.
    Abandoned {
        /// The operator, and the reason.
        by: By,
    },
    /// An operator ended all backoffs.
    RetriedNow {
        /// The operator, and the reason.
        by: By,
    },
    /// An operator's act changed nothing.
    NoEffect {
        /// The kind of act.
        act: ActKind,
        /// The site that the act named; `None` if it named none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<SitePath>,
        /// The operator, and the reason.
        by: By,
        /// The refusal; `None` if the state that it asked for already held.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Box<Refusal>>,
    },
}
