//! What has happened to a saga since its driver looked last, so that a look costs what has happened and not what there
//! is: where records changed something, and how far the time had come.

use saga_core::machine::{self, Work};
use saga_core::{Entry, Record, SitePath, State, Timestamp};

/// What has happened to a saga since its driver looked last.
#[derive(Debug)]
pub(super) struct News {
    /// Where records changed something.
    sites: Vec<SitePath>,
    /// Whether anything may have changed anywhere.
    everywhere: bool,
    /// The time of the last look.
    until: Timestamp,
    /// Whether some record that is not durable yet has to be before anything else is done.
    is_urgent: bool,
}

impl Default for News {
    fn default() -> Self {
        Self { sites: Vec::new(), everywhere: true, until: Timestamp(i64::MIN), is_urgent: false }
    }
}

impl News {
    /// Takes in records that were added.
    pub(super) fn take_in(&mut self, entries: &[Entry]) {
        for Entry { record, .. } in entries {
            self.is_urgent |= !record.is_lazy();
            match record.site() {
                Some(site) => self.sites.push(site.clone()),
                // A signal that ends a wait is followed by a record of that.
                None => self.everywhere |= !matches!(record, Record::Signalled { .. }),
            }
        }
    }

    /// Returns what is to be done at `now` because of what has happened, and when time will change something. Some of
    /// it may be under way already.
    pub(super) fn work<'a>(&mut self, state: &'a State, now: Timestamp) -> Vec<Work<'a>> {
        let mut work = Vec::new();
        if std::mem::take(&mut self.everywhere) {
            work.extend(machine::work(state, now));
        } else {
            for site in &self.sites {
                work.extend(machine::work_at(state, site, now));
            }
            work.extend(machine::probes_due(state, self.until, now));
            work.extend(machine::wake_at(state, now));
        }
        self.sites.clear();
        // If the clock is set back, what it passes again is looked at again.
        self.until = now;
        work
    }

    /// Returns true if nothing but lazy records waits to be durable.
    pub(super) fn is_lazy(&self) -> bool {
        !self.is_urgent
    }

    /// Takes out all records that wait, because they are about to be durable.
    pub(super) fn committed(&mut self, entries: &mut Vec<Entry>) -> Vec<Entry> {
        self.is_urgent = false;
        std::mem::take(entries)
    }
}
