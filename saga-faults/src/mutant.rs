//! Bugs that a test puts into the worker. A round must find each of them.

use clap::ValueEnum;

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Mutant {
    /// Steps pass another key to the service in each call.
    IgnoresKeys,
    /// The store reports durability too early: effects begin before their intent is durable.
    AnswersTooEarly,
    /// Compensations report success, and do nothing.
    SkipsCompensations,
    /// Probes answer that it did not happen, without asking the world.
    ProbesNobody,
    /// The disk reports a sync, and does not sync.
    SyncsNothing,
}

/// Parses the name of a mutant for workers in processes of their own: those have no disk that fails.
pub(crate) fn of_worker(name: &str) -> Result<Mutant, String> {
    match Mutant::from_str(name, false)? {
        Mutant::SyncsNothing => Err("only `disk` has a disk that could do that".to_owned()),
        mutant => Ok(mutant),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mutant_has_a_name_where_it_does_something() {
        for mutant in Mutant::value_variants() {
            let name = format!("{mutant:?}");
            assert_eq!(Mutant::from_str(&name, false), Ok(*mutant), "as a failure prints it");
            assert_eq!(of_worker(&name).is_ok(), *mutant != Mutant::SyncsNothing, "{name}");
        }
        assert!(Mutant::value_variants().contains(&Mutant::SyncsNothing));
    }
}
