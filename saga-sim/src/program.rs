//! Programs: sagas as data. What a saga of the simulation does, and what befalls it in the world, stands in its recorded
//! input; so a smaller saga is a smaller value, and a failure is printed as one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A saga, as data.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Program {
    /// What it does, in order.
    pub ops: Vec<Op>,
}

/// One thing that a saga does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Awaits a step; a failure that is not handled ends the body.
    Step(Deed),
    /// One or the other, by what was given last.
    Either(Vec<Op>, Vec<Op>),
    /// So many turns, of which no more than the bound are made.
    Loop {
        /// Turns that are wanted.
        turns: u32,
        /// The bound.
        bound: u32,
        /// What is done in each.
        ops: Vec<Op>,
    },
    /// Several at once: steps and children.
    All {
        /// The branches.
        branches: Vec<Op>,
        /// At most so many at a time.
        limit: usize,
        /// Whether a failure is handled.
        handled: bool,
    },
    /// A child saga.
    Child {
        /// What it does.
        program: Program,
        /// Whether its failure is handled.
        handled: bool,
    },
    /// Sleeps so many milliseconds.
    Sleep(u64),
    /// Waits for a signal.
    Signal {
        /// How long at most, in milliseconds.
        within_ms: Option<u64>,
        /// Whether its not coming is handled.
        handled: bool,
    },
    /// Asks.
    Approve {
        /// How long at most, in milliseconds.
        within_ms: Option<u64>,
        /// Whether a no is handled.
        handled: bool,
    },
    /// Asks for the time and a fresh id.
    Values,
    /// Fails.
    Fail,
    /// Panics.
    Panic,
    /// Awaits another thing in each run of the body, which no body may: its journal diverges after a crash.
    Whim,
}

/// A step, what is done with its failure, and what befalls its calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// Which step.
    pub step: Kind,
    /// Whether its failure is handled.
    #[serde(default)]
    pub handled: bool,
    /// What befalls its calls.
    #[serde(default)]
    pub fates: Fates,
}

/// The steps; each stands for a way of being undone, of being repeated, and of being asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Undone by `release`; keyed; three attempts.
    Hold,
    /// Undone by `unset`; idempotent, without a key.
    Set,
    /// Undone by `release`; keyed; has a probe.
    Book,
    /// Undone by `release`; a repeat does harm: in doubt a person is asked.
    Stamp,
    /// Undone by `release`; in doubt it is called off by its key.
    Reserve,
    /// Undone by `release`; retried until it succeeds.
    Keep,
    /// Undone by `release`, within two minutes; leaves something behind.
    Rent,
    /// Irreversible; keyed; has a probe.
    Charge,
    /// Irreversible; keyed; run again in doubt.
    Post,
    /// Irreversible; retried until it succeeds.
    Mail,
    /// Irreversible; a repeat does harm.
    Seal,
    /// Readonly; three attempts.
    Look,
    /// Readonly; retried until it succeeds.
    Peek,
}

impl Kind {
    /// Every step.
    pub const ALL: [Kind; 13] = [
        Kind::Hold,
        Kind::Set,
        Kind::Book,
        Kind::Stamp,
        Kind::Reserve,
        Kind::Keep,
        Kind::Rent,
        Kind::Charge,
        Kind::Post,
        Kind::Mail,
        Kind::Seal,
        Kind::Look,
        Kind::Peek,
    ];

    /// Whether nothing undoes it.
    pub fn is_irreversible(self) -> bool {
        matches!(self, Kind::Charge | Kind::Post | Kind::Mail | Kind::Seal)
    }
}

/// What befalls one call of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It lands, and says so.
    Well,
    /// The same, after so many milliseconds; the caller's death in between calls it back.
    Slow(u64),
    /// It does not land, and says so; another may.
    Transient,
    /// It does not land, and says that none ever will.
    Permanent,
    /// It lands, and says that it does not know.
    DoubtLanded,
    /// It does not land, and says that it does not know.
    DoubtLost,
    /// It lands, and never answers.
    TimeoutLanded,
    /// It does not land, and never answers.
    TimeoutLost,
    /// It panics before it lands.
    Panic,
    /// It lands, and panics.
    PanicLanded,
    /// It never answers, and lands after so many milliseconds, whatever has become of the caller.
    Late(u64),
    /// It lands, and gives more than can be recorded.
    Huge,
}

/// What befalls the calls of one step, in the order in which they come; those after that go well.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fates {
    /// Of the step itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub go: Vec<Fate>,
    /// Of what undoes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Fate>,
    /// Of its probe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probe: Vec<Fate>,
}

impl Op {
    /// How many places it takes in the text.
    pub(crate) fn places(&self) -> u32 {
        1 + match self {
            Op::Either(then, otherwise) => places(then) + places(otherwise),
            Op::Loop { ops, .. } => places(ops),
            // The inside of a child is a text of its own.
            _ => 0,
        }
    }
}

/// How many places these take.
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
        Op::Step(deed) => {
            write!(f, "{:?}{}", deed.step, handled(&deed.handled))?;
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
