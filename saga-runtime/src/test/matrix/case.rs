//! The disturbances of one run of a saga, and their name: the name alone repeats the case.

use std::fmt;
use std::str::FromStr;

use saga_core::{Role, SitePath};

use crate::test::{Fault, Side};

/// The variable that selects one case: `SAGA_CASE="charge_card: refuses" cargo test`.
pub(super) const VARIABLE: &str = "SAGA_CASE";

/// One fault, or one act.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Disturbance {
    /// An attempt of the step at a site, or of its compensation, meets a fault.
    Fault {
        /// The site of the step.
        site: SitePath,
        /// The side of the step.
        role: Role,
        /// The fault.
        fault: Fault,
    },
    /// The process dies at this durable write, from 1.
    Crash(u64, Side),
    /// The saga is cancelled when this write is durable, from 1.
    CancelAfter(u64),
    /// The question is denied.
    Denied(SitePath),
    /// The question is not answered.
    Unanswered(SitePath),
    /// The signal that is awaited there does not come.
    NoSignal(SitePath),
    /// The completed saga is undone.
    UndoneAfterwards,
}

/// The disturbances of one run; empty for the undisturbed run.
///
/// ```
/// use saga_runtime::test::Case;
/// let name = "charge_card: refuses + undo of hold_flight: fails once + crash before write 9";
/// assert_eq!(name.parse::<Case>().unwrap().to_string(), name);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Case(Vec<Disturbance>);

/// A text that is not the name of a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not what goes wrong in any case")]
pub struct NoSuchCase(String);

const CALM: &str = "undisturbed";
const AND: &str = " + ";
const UNDO_OF: &str = "undo of ";
const FOR_GOOD: &str = "fails for good";

impl Case {
    /// Returns the case without disturbances.
    pub fn undisturbed() -> Self {
        Self::default()
    }

    /// Returns the disturbances.
    pub fn disturbances(&self) -> &[Disturbance] {
        &self.0
    }

    /// Returns the case with one more disturbance.
    #[must_use]
    pub fn and(&self, disturbance: Disturbance) -> Self {
        Self(self.0.iter().cloned().chain([disturbance]).collect())
    }

    /// Returns the case without its crash.
    pub(super) fn without_crash(&self) -> Self {
        Self(self.0.iter().filter(|d| !matches!(d, Disturbance::Crash(..))).cloned().collect())
    }

    /// Returns the case without repeated calls.
    pub(super) fn without_repeats(&self) -> Self {
        let repeats = |d: &&Disturbance| matches!(d, Disturbance::Fault { fault: Fault::RunsTwice, .. });
        Self(self.0.iter().filter(|d| !repeats(d)).cloned().collect())
    }

    /// Returns the case without disturbances that stop it, kill it, or leave doubt of an attempt.
    pub(super) fn without_doubt(&self) -> Self {
        let is_clean = |d: &&Disturbance| match d {
            Disturbance::Fault { role, fault, .. } => {
                *role == Role::Do && matches!(fault, Fault::Refuses | Fault::FailsOnce)
            }
            Disturbance::Denied(_) | Disturbance::Unanswered(_) | Disturbance::NoSignal(_) => true,
            Disturbance::Crash(..) | Disturbance::CancelAfter(_) | Disturbance::UndoneAfterwards => false,
        };
        Self(self.0.iter().filter(is_clean).cloned().collect())
    }

    pub(super) fn has(&self, disturbance: &Disturbance) -> bool {
        self.0.contains(disturbance)
    }

    pub(super) fn faults(&self) -> impl Iterator<Item = (SitePath, Role, Fault)> {
        self.0.iter().filter_map(|d| match d {
            Disturbance::Fault { site, role, fault } => Some((site.clone(), *role, *fault)),
            _ => None,
        })
    }

    pub(super) fn crash(&self) -> Option<(u64, Side)> {
        self.0.iter().find_map(|d| match d {
            Disturbance::Crash(write, side) => Some((*write, *side)),
            _ => None,
        })
    }

    pub(super) fn cancel_after(&self) -> Option<u64> {
        self.0.iter().find_map(|d| match d {
            Disturbance::CancelAfter(write) => Some(*write),
            _ => None,
        })
    }
}

impl From<Disturbance> for Case {
    fn from(disturbance: Disturbance) -> Self {
        Self(vec![disturbance])
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(Disturbance::to_string).collect();
        f.pad(&if names.is_empty() { CALM.to_owned() } else { names.join(AND) })
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disturbance::Fault { site, role: Role::Undo, fault: Fault::Refuses } => {
                write!(f, "{UNDO_OF}{site}: {FOR_GOOD}")
            }
            Disturbance::Fault { site, role: Role::Undo, fault } => write!(f, "{UNDO_OF}{site}: {fault}"),
            Disturbance::Fault { site, role: Role::Do, fault } => write!(f, "{site}: {fault}"),
            Disturbance::Crash(write, Side::Before) => write!(f, "crash before write {write}"),
            Disturbance::Crash(write, Side::After) => write!(f, "crash after write {write}"),
            Disturbance::CancelAfter(write) => write!(f, "cancel after write {write}"),
            Disturbance::Denied(site) => write!(f, "{site}: denied"),
            Disturbance::Unanswered(site) => write!(f, "{site}: no answer comes"),
            Disturbance::NoSignal(site) => write!(f, "{site}: no signal comes"),
            Disturbance::UndoneAfterwards => f.write_str("undone afterwards"),
        }
    }
}

impl FromStr for Case {
    type Err = NoSuchCase;

    fn from_str(name: &str) -> Result<Self, NoSuchCase> {
        match name.trim() {
            CALM => Ok(Self::undisturbed()),
            name => name.split(AND).map(str::parse).collect::<Result<_, _>>().map(Self),
        }
    }
}

impl FromStr for Disturbance {
    type Err = NoSuchCase;

    fn from_str(name: &str) -> Result<Self, NoSuchCase> {
        let name = name.trim();
        let number = |prefix: &str| name.strip_prefix(prefix).and_then(|n| n.parse::<u64>().ok());
        let whole = number("crash before write ")
            .map(|write| Disturbance::Crash(write, Side::Before))
            .or_else(|| number("crash after write ").map(|write| Disturbance::Crash(write, Side::After)))
            .or_else(|| number("cancel after write ").map(Disturbance::CancelAfter))
            .or_else(|| (name == "undone afterwards").then_some(Disturbance::UndoneAfterwards));
        whole.or_else(|| at_site(name)).ok_or_else(|| NoSuchCase(name.to_owned()))
    }
}

fn at_site(name: &str) -> Option<Disturbance> {
    let (place, what) = name.rsplit_once(": ")?;
    let site = || SitePath::from(place);
    match what {
        "denied" => return Some(Disturbance::Denied(site())),
        "no answer comes" => return Some(Disturbance::Unanswered(site())),
        "no signal comes" => return Some(Disturbance::NoSignal(site())),
        _ => {}
    }
    let fault = match what {
        FOR_GOOD => Fault::Refuses,
        what => Fault::ALL.into_iter().find(|fault| fault.as_str() == what)?,
    };
    Some(match place.strip_prefix(UNDO_OF) {
        Some(of) => Disturbance::Fault { site: SitePath::from(of), role: Role::Undo, fault },
        None => Disturbance::Fault { site: site(), role: Role::Do, fault },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_what_its_name_says() {
        let site = || SitePath::from("all.0/hold#2[3]");
        let faults = Fault::ALL.into_iter().flat_map(|fault| {
            [Role::Do, Role::Undo].map(|role| Disturbance::Fault { site: site(), role, fault })
        });
        let others = [
            Disturbance::Crash(9, Side::Before),
            Disturbance::Crash(10, Side::After),
            Disturbance::CancelAfter(3),
            Disturbance::Denied(site()),
            Disturbance::Unanswered(site()),
            Disturbance::NoSignal(site()),
            Disturbance::UndoneAfterwards,
        ];
        let all = Case(faults.chain(others).collect());
        for one in &all.0 {
            assert_eq!(one.to_string().parse().as_ref(), Ok(one));
        }
        assert_eq!(all.to_string().parse(), Ok(all));
        assert_eq!("undisturbed".parse(), Ok(Case::undisturbed()));
        assert_eq!("hold: explodes".parse::<Case>(), Err(NoSuchCase("hold: explodes".to_owned())));
    }
}
