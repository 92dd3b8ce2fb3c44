//! An operator that resolves dead letters. Its statements are true: it reads the ledger, and bars whatever did not
//! happen.

use saga::machine::Delivery;
use saga::record::Knowledge;
use saga::{By, SitePath, journal::Role, payload::Payload, state::State};

use crate::answer::Slip;
use crate::ledger::Ledger;

pub(crate) fn by() -> By {
    By::new("operator", "it is a dead letter")
}

/// Returns the next act that resolves the dead letter.
pub(crate) fn mend(state: &State, ledger: &Ledger) -> Option<Delivery> {
    for blocker in state.blockers().filter(|blocker| blocker.role == Role::Do) {
        let Some(site) = blocker.site.clone() else { continue };
        if state.step(&site).is_some_and(|step| step.is_in_doubt() && step.doing.is_blocked()) {
            return settle(state, site, ledger);
        }
    }
    Some(Delivery::Redrive { site: None, input: None, by: by() })
}

/// Returns an act that states the ledger's knowledge of a step in doubt.
fn settle(state: &State, site: SitePath, ledger: &Ledger) -> Option<Delivery> {
    let mut books = ledger.books();
    let landed = books.of(state.id().as_str()).find(|(_, e)| e.site == site.as_str() && e.role == Role::Do);
    let knowledge = match landed.map(|(_, effect)| effect.id.clone()) {
        Some(id) => Knowledge::Happened { output: Payload::encode(&Slip { id }).ok()? },
        None => {
            books.bar(state.key(&site, Role::Do).as_str());
            Knowledge::NotHappened
        }
    };
    Some(Delivery::Resolve { site, role: Role::Do, knowledge, by: by() })
}
