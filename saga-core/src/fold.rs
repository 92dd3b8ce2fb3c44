//! `fold(state, record) -> state`: what each record means. It decides nothing and refuses only what cannot be: a
//! record out of sequence, or one that speaks of something that is not there.

mod course;
mod effect;
mod noted;
mod wait;

use crate::record::{Entry, Record, of_course, of_effects, of_waits};
use crate::state::{LOOKED_THROUGH, SiteState, State};
use crate::{SagaId, Seq, SitePath};

/// A journal that no sequence of decisions can have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// A record is missing or doubled.
    #[error("record {found} stands where record {expected} should")]
    Sequence {
        /// The sequence number that comes next.
        expected: Seq,
        /// The sequence number of the record.
        found: Seq,
    },
    /// It speaks of something that the journal has not.
    #[error("record {seq} speaks of {site:?}, where the journal has nothing of that kind")]
    NotThere {
        /// The sequence number of the record.
        seq: Seq,
        /// The site it names.
        site: String,
    },
    /// The first record is another than `scheduled`, or a later one is.
    #[error("record {seq} is of a kind that cannot stand there")]
    Misplaced {
        /// The sequence number of the record.
        seq: Seq,
    },
}

impl State {
    /// Returns the state that a journal amounts to.
    ///
    /// # Errors
    /// [`FoldError`] if it is not a journal.
    pub fn of<'a>(id: SagaId, journal: impl IntoIterator<Item = &'a Entry>) -> Result<Self, FoldError> {
        let mut state = State::new(id);
        for entry in journal {
            state.apply(entry)?;
        }
        Ok(state)
    }

    /// Takes one more record into account.
    ///
    /// # Errors
    /// [`FoldError`]; the state is then as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        if entry.seq != self.next_seq {
            return Err(FoldError::Sequence { expected: self.next_seq, found: entry.seq });
        }
        let scheduled = matches!(entry.record, Record::Scheduled { .. });
        if scheduled != (entry.seq == 0) {
            return Err(FoldError::Misplaced { seq: entry.seq });
        }
        if let Some(site) = self.fold(entry)? {
            self.renew(site);
        }
        if entry.record.is_progress() {
            self.progress += 1;
        }
        self.acts.note(entry);
        self.next_seq += 1;
        self.last_at = entry.at;
        Ok(())
    }

    /// Applies the record; gives the site at which something may have been opened or settled.
    fn fold<'a>(&mut self, entry: &'a Entry) -> Result<Option<&'a SitePath>, FoldError> {
        match &entry.record {
            of_effects!() => self.fold_effect(entry).map(Some),
            of_waits!() => self.fold_wait(entry).map(Some),
            of_course!() | Record::NoEffect { .. } => {
                self.fold_course(entry);
                Ok(None)
            }
        }
    }

    fn insert(&mut self, site: &SitePath, state: SiteState) {
        match self.find(site) {
            Some(at) => self.sites[at].1 = state,
            None => {
                self.sites.push((site.clone(), state));
                self.index_last();
                self.note_children_around(site);
            }
        }
    }

    /// Indexes the last site, once there are so many that a search takes longer.
    fn index_last(&mut self) {
        let from = match self.sites.len() {
            few if few <= LOOKED_THROUGH => return,
            few if few == LOOKED_THROUGH + 1 => 0,
            many => many - 1,
        };
        let new = self.sites.iter().enumerate().skip(from);
        self.index.extend(new.map(|(at, (site, _))| (site.clone(), at)));
    }

    fn site_mut(&mut self, site: &SitePath) -> Option<&mut SiteState> {
        self.find(site).map(|at| &mut self.sites[at].1)
    }
}

impl Entry {
    fn not_there(&self, site: &SitePath) -> FoldError {
        FoldError::NotThere { seq: self.seq, site: site.to_string() }
    }
}
