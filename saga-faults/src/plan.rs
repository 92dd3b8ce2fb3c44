//! The sagas of a round, and the acts of operators: both follow from the seed, so every process knows them.

use std::time::Duration;

use crate::draw::Draw;
use crate::sagas::Order;

/// The kind of saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Journey,
    Purchase,
    Fan,
    Parcel,
    Form,
    Tour,
    Request,
    Errand,
}

const SHAPES: [Shape; 8] = [
    Shape::Journey,
    Shape::Purchase,
    Shape::Fan,
    Shape::Parcel,
    Shape::Form,
    Shape::Tour,
    Shape::Request,
    Shape::Errand,
];

/// A saga that is to be run.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) id: String,
    pub(crate) shape: Shape,
    pub(crate) order: Order,
}

/// An operator's act, or a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Cancel,
    Approve,
    Deny,
    Signal,
}

/// Returns the sagas of a seed.
pub(crate) fn sagas(seed: u64, count: usize) -> Vec<Planned> {
    (0..count).map(|number| planned(seed, number)).collect()
}

fn planned(seed: u64, number: usize) -> Planned {
    let mut draw = Draw::of(seed, &["saga", &number.to_string()]);
    let shape = SHAPES[number % SHAPES.len()];
    let mut nap = || if draw.chance(30) { draw.between(1, 15) } else { draw.between(20, 200) };
    let naps = [nap(), nap(), nap()];
    let order =
        Order { naps, gives_up: draw.chance(20), count: u32::try_from(draw.between(2, 5)).unwrap_or(2) };
    Planned { id: format!("{}-{number}", format!("{shape:?}").to_lowercase()), shape, order }
}

/// Returns the acts of operators with their times, in order.
pub(crate) fn acts(seed: u64, sagas: &[Planned]) -> Vec<(Duration, usize, Act)> {
    let mut draw = Draw::of(seed, &["people"]);
    let mut acts = Vec::new();
    for (number, planned) in sagas.iter().enumerate() {
        let usual = match planned.shape {
            Shape::Request if draw.chance(15) => Some(Act::Deny),
            Shape::Request if draw.chance(90) => Some(Act::Approve),
            Shape::Errand if draw.chance(85) => Some(Act::Signal),
            _ => None,
        };
        let cancel = draw.chance(8).then_some(Act::Cancel);
        for act in usual.into_iter().chain(cancel) {
            // Acts are grouped in time, because each group opens a store.
            let at = Duration::from_millis(25 * draw.between(1, 8));
            acts.push((at, number, act));
        }
    }
    acts.sort_by_key(|(at, ..)| *at);
    acts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_has_the_same_plan() {
        let (ours, theirs) = (sagas(3, 50), sagas(3, 50));
        let same = |(a, b): (&Planned, &Planned)| a.id == b.id && a.order == b.order;
        assert!(ours.iter().zip(&theirs).all(same));
        assert_eq!(acts(3, &ours), acts(3, &theirs));
        assert!(ours.iter().any(|p| p.order.gives_up) && ours.iter().any(|p| !p.order.gives_up));
    }
}
