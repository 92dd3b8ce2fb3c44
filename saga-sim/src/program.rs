//! Programs: sagas as data. The recorded input of a saga determines its steps and the fates of their calls. A smaller
//! saga is a smaller value, and a failure is printed as one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A saga, as data.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Program {
    /// Its operations, in order.
    pub ops: Vec<Op>,
}

/// One operation of a saga.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Awaits a step; an unhandled failure ends the body.
    Step(Deed),
    /// Defers a step to the commit.
    Defer(Deed),
    /// Runs one branch or the other, depending on the last output.
    Either(Vec<Op>, Vec<Op>),
    /// Runs a loop, within its bound.
    Loop {
        /// The number of turns wanted.
        turns: u32,
        /// The greatest number of turns allowed.
        bound: u32,
        /// The operations of each turn.
        ops: Vec<Op>,
    },
    /// Runs steps and children at the same time.
    All {
        /// The branches.
        branches: Vec<Op>,
        /// The maximum number of branches at a time.
        limit: usize,
        /// True if a failure is handled.
        handled: bool,
    },
    /// Runs a child saga.
    Child {
        /// The child's program.
        program: Program,
        /// True if its failure is handled.
        handled: bool,
    },
    /// Sleeps so many milliseconds.
    Sleep(u64),
    /// Waits for a signal.
    Signal {
        /// The longest wait, in milliseconds; `None` for no limit.
        within_ms: Option<u64>,
        /// True if a timeout is handled.
        handled: bool,
    },
    /// Asks for an approval.
    Approve {
        /// The longest wait, in milliseconds; `None` for no limit.
        within_ms: Option<u64>,
        /// True if a denial is handled.
        handled: bool,
    },
    /// Asks for the time and a fresh id.
    Values,
    /// Ends the body with a failure.
    Fail,
    /// Ends the body with a panic.
    Panic,
    /// Awaits something else in each run of the body, which is forbidden: its journal diverges after a crash.
    Whim,
}

/// A step, the handling of its failure, and the fates of its calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// The step.
    pub step: Kind,
    /// True if its failure is handled.
    #[serde(default)]
    pub handled: bool,
    /// The fates of its calls.
    #[serde(default)]
    pub fates: Fates,
}

/// The steps. Each stands for a way of being undone, repeated and probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Undone by `release`; keyed; three attempts.
    Hold,
    /// Undone by `unset`; idempotent, without a key.
    Set,
    /// Undone by `release`; keyed; has a probe.
    Book,
    /// Undone by `release`; not idempotent: dead-lettered in doubt.
    Stamp,
    /// Undone by `release`; in doubt it is undone by its key.
    Reserve,
    /// Undone by `release`; retried until it succeeds.
    Keep,
    /// Undone by `release`, within two minutes; leaves a residue.
    Rent,
    /// Undone by `release`; keyed, and its service keeps refusals; three attempts.
    Claim,
    /// Irreversible; keyed; has a probe.
    Charge,
    /// Irreversible; keyed; rerun in doubt.
    Post,
    /// Irreversible; keyed, and its service keeps refusals.
    Pay,
    /// Irreversible; retried until it succeeds.
    Mail,
    /// Irreversible; not idempotent.
    Seal,
    /// Readonly; three attempts.
    Look,
    /// Readonly; retried until it succeeds.
    Peek,
}

impl Kind {
    /// All steps.
    pub const ALL: [Kind; 15] = [
        Kind::Hold,
        Kind::Set,
        Kind::Book,
        Kind::Stamp,
        Kind::Reserve,
        Kind::Keep,
        Kind::Rent,
        Kind::Claim,
        Kind::Charge,
        Kind::Post,
        Kind::Pay,
        Kind::Mail,
        Kind::Seal,
        Kind::Look,
        Kind::Peek,
    ];

    /// Returns true if nothing undoes it.
    pub fn is_irreversible(self) -> bool {
        matches!(self, Kind::Charge | Kind::Post | Kind::Pay | Kind::Mail | Kind::Seal)
    }
}

/// The fate of one call of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It lands, and answers so.
    Well,
    /// It lands, and answers so after so many milliseconds; the caller's death in between cancels it.
    Slow(u64),
    /// It does not land, and answers that a retry may.
    Transient,
    /// It does not land, and answers that no retry will.
    Permanent,
    /// It lands, and answers that it does not know.
    DoubtLanded,
    /// It does not land, and answers that it does not know.
    DoubtLost,
    /// It lands, and never answers.
    TimeoutLanded,
    /// It does not land, and never answers.
    TimeoutLost,
    /// It panics before it lands.
    Panic,
    /// It lands, and panics.
    PanicLanded,
    /// It never answers, and lands after so many milliseconds, even if the caller has died.
    Late(u64),
    /// It lands, and its output is too large to be recorded.
    Huge,
}

/// The fates of the calls of one step, in order; later calls succeed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fates {
    /// Fates of the step itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub go: Vec<Fate>,
    /// Fates of its compensation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Fate>,
    /// Fates of its probe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probe: Vec<Fate>,
}

impl Op {
    /// Returns the number of its places in the text.
    pub(crate) fn places(&self) -> u32 {
        1 + match self {
            Op::Either(then, otherwise) => places(then) + places(otherwise),
            Op::Loop { ops, .. } => places(ops),
            // A child has its own text.
            _ => 0,
        }
    }
}

/// Returns the number of places of all operations.
pub(crate) fn places(ops: &[Op]) -> u32 {
    ops.iter().map(Op::places).sum()
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ops.iter().try_for_each(|op| write(f, op, 2))
    }
}

fn write(f: &mut fmt::Formatter<'_>, op: &Op, indent: usize) -> fmt::Result {
    let handled = |handled: &bool| if *handled { ", failure handled" } else { "" };
    write!(f, "{:indent$}", "")?;
    let inside = match op {
        Op::Step(deed) | Op::Defer(deed) => {
            let when = if matches!(op, Op::Defer(_)) { "on commit " } else { "" };
            write!(f, "{when}{:?}{}", deed.step, handled(&deed.handled))?;
            for (what, fates) in
                [("", &deed.fates.go), (" undo:", &deed.fates.undo), (" probe:", &deed.fates.probe)]
            {
                if !fates.is_empty() {
                    write!(f, "{what} {fates:?}")?;
                }
            }
            return writeln!(f);
        }
        Op::Either(then, otherwise) => {
            writeln!(f, "Either")?;
            then.iter().try_for_each(|op| write(f, op, indent + 2))?;
            writeln!(f, "{:indent$}Or", "")?;
            otherwise
        }
        Op::Loop { turns, bound, ops } => {
            writeln!(f, "Loop {turns} turns, bound {bound}")?;
            ops
        }
        Op::All { branches, limit, handled: h } => {
            writeln!(f, "All, limit {limit}{}", handled(h))?;
            branches
        }
        Op::Child { program, handled: h } => {
            writeln!(f, "Child{}", handled(h))?;
            &program.ops
        }
        other => return writeln!(f, "{other:?}"),
    };
    inside.iter().try_for_each(|op| write(f, op, indent + 2))
}
