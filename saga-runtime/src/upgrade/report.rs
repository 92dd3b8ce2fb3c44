//! What a check found, as data, and as a table for people.

use std::fmt;

use saga_core::graph::Departure;
use saga_core::store::Damaged;
use saga_core::{Kind, Name, Phase, Reason, SagaId, SitePath};

/// A misfit in the making: where, and why.
pub(super) type Finding = (Option<SitePath>, Why);

/// Which sagas in a store fit a build, and which do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a check changes nothing: its report says what to do"]
pub struct Report {
    /// Those that fit, oldest first.
    pub fits: Vec<Fit>,
    /// What does not fit, of the oldest saga first; a saga may have several.
    pub misfits: Vec<Misfit>,
    /// Sagas of which the store cannot read what it lists of them: whether they fit is not known, and no worker of any
    /// build claims them.
    pub damaged: Vec<Damaged>,
}

/// A saga that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The saga's id.
    pub saga: SagaId,
    /// The recorded name of its type.
    pub name: Name,
    /// The version of the code that it began with.
    pub version: u32,
    /// The version that this build has.
    pub version_here: u32,
    /// The phase in which it is now.
    pub phase: Phase,
}

/// Something of a saga that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The saga's id.
    pub saga: SagaId,
    /// The recorded name of its type.
    pub name: Name,
    /// The version of the code that it began with.
    pub version: u32,
    /// The phase in which it is now.
    pub phase: Phase,
    /// The site that does not fit; `None` if it is the saga as a whole.
    pub site: Option<SitePath>,
    /// The reason why it does not fit.
    pub why: Why,
}

/// Why a saga does not fit a build.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// This build runs no saga of its name. No worker of it would claim the saga, to send it on or to roll it back.
    UnknownSaga,
    /// Its journal cannot be read.
    Unreadable {
        /// What was observed.
        detail: String,
    },
    /// Its journal is not a path of this build's automaton: it would be dead-lettered as `Diverged`.
    NoPath(Departure),
    /// The body, run over the records, reaches something else: it would be dead-lettered as `Diverged`.
    Diverged {
        /// What the journal has, and what the code reached.
        detail: String,
    },
    /// A recorded value is not of the type that this build has for it: it would be dead-lettered as `Undecodable`.
    Undecodable {
        /// Which value, and what is wrong with it.
        detail: String,
    },
    /// The body panics over the records.
    Panicked {
        /// With this message.
        message: String,
    },
    /// The body fails over the records, past the point of no return.
    FailedPastNoReturn {
        /// The saga's error as text.
        message: String,
    },
    /// The saga would be dead-lettered for another reason.
    DeadLettered {
        /// The reason that the dead letter would have.
        reason: Reason,
        /// What was observed.
        detail: String,
    },
    /// A compensation is owed, and no step of its name is registered: a rollback or an undo would be dead-lettered
    /// there.
    UnknownCompensation {
        /// The recorded name of the compensation.
        compensation: Name,
        /// The step that it undoes.
        undoes: Name,
    },
    /// A step is on its way, and none of its name is registered.
    UnknownStep {
        /// The recorded name of the step.
        step: Name,
    },
    /// A step is on its way, and is undone in another way in this build.
    KindChanged {
        /// The recorded name of the step.
        step: Name,
        /// What the journal has.
        recorded: Kind,
        /// What this build has.
        here: Kind,
    },
}

impl Report {
    /// Returns true if every saga fits, and none is damaged.
    pub fn all_fit(&self) -> bool {
        self.misfits.is_empty() && self.damaged.is_empty()
    }

    /// Returns what does not fit of that saga.
    pub fn misfits_of<'a>(&'a self, saga: &'a SagaId) -> impl Iterator<Item = &'a Misfit> {
        self.misfits.iter().filter(move |misfit| misfit.saga == *saga)
    }

    /// Returns how many sagas do not fit.
    fn sagas_that_do_not(&self) -> usize {
        let mut sagas: Vec<&SagaId> = self.misfits.iter().map(|misfit| &misfit.saga).collect();
        sagas.dedup();
        sagas.len()
    }
}

/// Returns a kind as its step says it.
pub(super) fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::Auxiliary => "one that only undoes others",
        kind => kind.as_str(),
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::UnknownSaga => f.write_str("this build runs no saga of that name"),
            Why::Unreadable { detail } => write!(f, "its journal cannot be read: {detail}"),
            Why::NoPath(departure) => departure.fmt(f),
            Why::Diverged { detail } => f.write_str(detail),
            Why::Undecodable { detail } => f.write_str(detail),
            Why::Panicked { message } => write!(f, "the body panics over the records: {message}"),
            Why::FailedPastNoReturn { message } => {
                write!(f, "the body fails over the records, past the point of no return: {message}")
            }
            Why::DeadLettered { reason, detail } => write!(f, "{reason}: {detail}"),
            Why::UnknownCompensation { compensation, undoes } => {
                write!(f, "{undoes} is to be undone by {compensation}, which this build does not know")
            }
            Why::UnknownStep { step } => {
                write!(f, "step {step} is on its way, and this build does not know it")
            }
            Why::KindChanged { step, recorded, here } => {
                let (recorded, here) = (said(*recorded), said(*here));
                write!(f, "step {step} is on its way as {recorded}, and is {here} in this build")
            }
        }
    }
}

/// For people: what fits as a number, what does not as a table, what is damaged as a list.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_misfits(f)?;
        self.damaged.iter().try_for_each(|Damaged { saga, why }| {
            write!(f, "\ndamaged, and claimed by no build: saga {saga}: {why}")
        })
    }
}

impl Report {
    fn fmt_misfits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sagas = |n: usize| if n == 1 { "1 saga".to_owned() } else { format!("{n} sagas") };
        let (fits, does) = (self.fits.len(), if self.fits.len() == 1 { "fits" } else { "fit" });
        match self.sagas_that_do_not() {
            0 => return write!(f, "{} {does} this build, and none does not", sagas(fits)),
            1 => write!(f, "{} {does} this build, 1 does not:", sagas(fits))?,
            n => write!(f, "{} {does} this build, {n} do not:", sagas(fits))?,
        }
        let mut rows = vec![["saga", "began as", "is", "at", "why"].map(str::to_owned)];
        rows.extend(self.misfits.iter().map(|m| {
            let at = m.site.as_ref().map_or("-", SitePath::as_str);
            let began = format!("{} {}", m.name, m.version);
            let why = m.why.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            [m.saga.to_string(), began, m.phase.to_string(), at.to_owned(), why]
        }));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for [saga, began, is, at, why] in &rows {
            let [a, b, c, d] = widths;
            write!(f, "\n  {saga:a$}  {began:b$}  {is:c$}  {at:d$}  {why}")?;
        }
        Ok(())
    }
}
