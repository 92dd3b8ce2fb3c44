//! One decision in the making.

use crate::record::{Entry, Record};
use crate::state::{Direction, State};
use crate::{Catalog, Policy, Reason, Role, SitePath, Timestamp};

/// What a decision needs besides the state.
pub struct Facts<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// The steps that this build knows.
    pub catalog: &'a dyn Catalog,
    /// Whether compensations wait for room to run.
    pub room: Room,
    /// A number drawn for this decision.
    pub random: u64,
}

/// Whether compensations wait for room to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// None does: each attempt begins when its turn comes.
    Enough,
    /// Each attempt does, when nothing else prevents it: [`State::take_waiting_for_room`] names those that have come to
    /// wait, and [`Event::Admitted`](super::Event::Admitted) lets one begin.
    Limited,
}

/// One decision in the making: records are folded as they are pushed, so that the next one sees them.
pub(super) struct Turn<'a> {
    pub(super) state: &'a mut State,
    pub(super) facts: &'a Facts<'a>,
    pub(super) entries: &'a mut Vec<Entry>,
    pub(super) drawn: u64,
    /// The step with the compensation for which there is room.
    pub(super) admitted: Option<SitePath>,
}

impl Turn<'_> {
    /// Adds a record to the journal. Before one that takes the saga forward the deadline is decided, here and nowhere else;
    /// if that stops the saga, the record is not added, and what was to begin stays as it was.
    pub(super) fn push(&mut self, record: Record) {
        if record.is_forward() && self.pass_deadline(self.facts.now) {
            return;
        }
        let entry = Entry { seq: self.state.next_seq, at: self.facts.now, record };
        self.state.apply(&entry).expect("the machine's own records follow from its state");
        self.entries.push(entry);
    }

    /// Returns a fresh number for each wait within the decision (splitmix64; Steele, Lea, Flood, 2014).
    pub(super) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        let mut z = self.facts.random.wrapping_add(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn block(&mut self, site: &SitePath, role: Role, reason: Reason, detail: String) {
        self.push(Record::Blocked { site: site.clone(), role, reason, detail });
    }

    pub(super) fn is_forward(&self) -> bool {
        matches!(self.state.direction, Direction::Forward)
    }

    /// Returns the policy of the step that an effect runs, or `None` if this build does not know it.
    pub(super) fn policy(&self, site: &SitePath, role: Role) -> Option<Policy> {
        let step = self.state.step(site)?;
        let name = match (role, &step.undo) {
            (Role::Do, _) => &step.step,
            (Role::Undo, Some(Ok(call))) => &call.step,
            (Role::Undo, _) => return None,
        };
        self.facts.catalog.policy(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Catalog for Nothing {
        fn policy(&self, _: &str) -> Option<Policy> {
            None
        }
    }

    /// The numbers that the authors of splitmix64 give for the seed 0.
    #[test]
    fn numbers_are_drawn_by_splitmix64() {
        let facts = Facts { now: Timestamp(0), catalog: &Nothing, room: Room::Enough, random: 0 };
        let (mut state, mut entries) = (State::new("a".parse().unwrap()), Vec::new());
        let mut turn =
            Turn { state: &mut state, facts: &facts, entries: &mut entries, drawn: 0, admitted: None };
        let drawn = [turn.draw(), turn.draw(), turn.draw()];
        assert_eq!(drawn, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }
}
