//! What operators have done to a saga: so that a repeated act gets the answer of the first, and one on what has changed
//! since is refused.

use serde::{Deserialize, Serialize};

use super::State;
use crate::machine::{Delivery, Refusal};
use crate::record::{ActKind, Entry, Record};
use crate::{By, Seq, Site};

/// So many acts of no effect are recorded of one saga; the rest are refused all the same, and leave no record.
pub const ACTS_WITHOUT_EFFECT_MAX: usize = 100;

/// An act that is in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// Its record.
    pub seq: Seq,
    /// What it was.
    pub act: ActKind,
    /// Where, if it was somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// Who and why.
    pub by: By,
    /// Why it was refused, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Box<Refusal>>,
}

impl std::fmt::Display for Acted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {}", self.act, self.by)
    }
}

/// All acts of a saga, as its records tell of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Acts {
    /// Oldest first.
    all: Vec<Acted>,
    without_effect: usize,
    /// The last record that changed what an act could be about.
    changed: Seq,
}

impl Acts {
    pub(crate) fn note(&mut self, entry: &Entry) {
        let refusal = match &entry.record {
            Record::NoEffect { refusal, .. } => {
                self.without_effect += 1;
                refusal.clone()
            }
            // It waits for the body, and changes nothing that an operator looks at.
            Record::Signalled { .. } => None,
            _ => {
                self.changed = entry.seq;
                None
            }
        };
        let Some((act, site, by)) = entry.record.act() else { return };
        // One act may have two records: the first is the one that counts.
        if by.act.is_none() || self.of_id(by).is_none() {
            let (site, by) = (site.cloned(), by.clone());
            self.all.push(Acted { seq: entry.seq, act, site, by, refusal });
        }
    }

    fn of_id(&self, by: &By) -> Option<&Acted> {
        let id = by.act.as_ref()?;
        self.all.iter().find(|acted| acted.by.act.as_ref() == Some(id))
    }

    /// Whether one more act of no effect is recorded.
    pub(crate) fn has_room(&self) -> bool {
        self.without_effect < ACTS_WITHOUT_EFFECT_MAX
    }
}

impl State {
    /// The number of its last record: what an act says that its author has seen. 0 before its first.
    pub fn last_seq(&self) -> Seq {
        self.next_seq.saturating_sub(1)
    }

    /// What operators have done to it, oldest first, refused acts included.
    pub fn acts(&self) -> &[Acted] {
        &self.acts.all
    }

    /// The answer that the act was given when it came first, if it has come before.
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

    /// Why the act comes too late, if the saga has changed since its author looked.
    pub(crate) fn stale(&self, by: &By) -> Option<Refusal> {
        let seen = by.seen.filter(|seen| *seen < self.acts.changed)?;
        let acts = self.acts.all.iter().rev();
        let last = acts.take_while(|acted| acted.seq > seen).find(|acted| acted.refusal.is_none());
        let last = last.cloned().map(Box::new);
        Some(Refusal::Stale { seen, now: self.acts.changed, phase: self.phase(), last })
    }
}
