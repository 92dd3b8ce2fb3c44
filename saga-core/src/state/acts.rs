//! Operators' acts on a saga. A repeated act gets the first answer, and an act based on outdated knowledge is refused.

use super::State;
use crate::delivery::Delivery;
use crate::record::{Entry, Record, of_course, of_effects, of_waits};
use crate::refusal::{Acted, Refusal};
use crate::{By, Seq};

/// The maximum number of acts without effect that are recorded for one saga. Later ones are refused without a record.
pub const ACTS_WITHOUT_EFFECT_MAX: usize = 100;

/// All acts of a saga, according to its records.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Acts {
    /// All acts, the oldest first.
    all: Vec<Acted>,
    without_effect: usize,
    /// The last record that changed anything an act could be about.
    changed: Seq,
}

impl Acts {
    pub(crate) fn note(&mut self, entry: &Entry) {
        let refusal = match &entry.record {
            Record::NoEffect { refusal, .. } => {
                self.without_effect += 1;
                refusal.clone()
            }
            of_effects!() | of_waits!() | of_course!() => {
                // A signal waits for the body, and changes nothing that an operator looks at.
                if !matches!(entry.record, Record::Signalled { .. }) {
                    self.changed = entry.seq;
                }
                None
            }
        };
        let Some((act, site, by)) = entry.record.act() else { return };
        // One act may have two records; the first one counts.
        if by.act.is_none() || self.of_id(by).is_none() {
            let (site, by) = (site.cloned(), by.clone());
            self.all.push(Acted { seq: entry.seq, act, site, by, refusal });
        }
    }

    fn of_id(&self, by: &By) -> Option<&Acted> {
        let id = by.act.as_ref()?;
        self.all.iter().find(|acted| acted.by.act.as_ref() == Some(id))
    }

    /// Returns true if another act without effect may be recorded.
    pub(crate) fn has_room(&self) -> bool {
        self.without_effect < ACTS_WITHOUT_EFFECT_MAX
    }
}

impl State {
    /// Returns the sequence number of the last record, for [`By::having_seen`]; 0 before the first record.
    pub fn last_seq(&self) -> Seq {
        self.next_seq.saturating_sub(1)
    }

    /// Returns operators' acts on the saga, oldest first, refused acts included.
    pub fn acts(&self) -> &[Acted] {
        &self.acts.all
    }

    /// Returns the first answer to the act; `None` if the act is new.
    pub fn answer_to(&self, delivery: &Delivery) -> Option<Result<(), Refusal>> {
        let (act, site, by) = delivery.act()?;
        let acted = self.acts.of_id(by)?;
        let elsewhere = matches!((site, &acted.site), (Some(a), Some(b)) if a != b);
        if acted.act != act || elsewhere {
            return Some(Err(Refusal::ActIdTaken { by: Box::new(acted.clone()) }));
        }
        Some(match &acted.refusal {
            Some(refusal) => Err(Refusal::clone(refusal)),
            None => Ok(()),
        })
    }

    /// Returns a refusal if the saga has changed since the act's author looked.
    pub(crate) fn stale(&self, by: &By) -> Option<Refusal> {
        let seen = by.seen.filter(|seen| *seen < self.acts.changed)?;
        let acts = self.acts.all.iter().rev();
        let last = acts.take_while(|acted| acted.seq > seen).find(|acted| acted.refusal.is_none());
        let last = last.cloned().map(Box::new);
        Some(Refusal::Stale { seen, now: self.acts.changed, phase: self.phase(), last })
    }
}
