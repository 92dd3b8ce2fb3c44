//! What runs for a saga: its jobs, their ends that are not taken in yet, and the slots of its compensations.

use std::future::Future;

use saga_core::Role;
use saga_core::machine::Event;

use crate::drive::bulkhead::Slots;
use crate::drive::jobs::{Begun, Job, Local, LocalEnd};
use crate::value::small_set::SmallSet;

/// What runs for a saga.
#[derive(Default)]
pub(super) struct Flight {
    local: Local,
    running: SmallSet<Job>,
    /// How many of those are readonly steps.
    reads: usize,
    pub(super) ended: Vec<LocalEnd>,
    pub(super) slots: Slots,
}

impl Flight {
    pub(super) fn runs(&self, job: &Job) -> bool {
        self.running.contains(job)
    }

    /// Returns true if anything but readonly steps runs.
    pub(super) fn has_attempts(&self) -> bool {
        self.running.len() > self.reads
    }

    /// Returns true if anything runs or has ended that is waited for. A read is not, if `reads_count` is false.
    pub(super) fn is_awaited(&self, reads_count: bool) -> bool {
        self.has_attempts() || (reads_count && self.reads > 0) || !self.ended.is_empty()
    }

    pub(super) fn begin(&mut self, job: Job, begun: Begun) {
        let slot = match &job {
            Job::Attempt { site, role: Role::Undo, .. } => self.slots.take(site),
            _ => None,
        };
        self.reads += usize::from(matches!(job, Job::Read { .. }));
        self.running.insert(job);
        self.local.push(begun.having(slot));
    }

    /// Queues the compensations that were given no slot.
    pub(super) fn queue(&mut self) {
        self.slots.arrived().for_each(|line| self.local.push(Begun::standing(line)));
    }

    /// Returns the output of `work`. What ends meanwhile is kept.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.local.beside(work, &mut self.ended).await
    }

    /// Waits until something has ended; for ever if nothing runs.
    ///
    /// **Cancel safety**: nothing is lost.
    pub(super) async fn next(&mut self) {
        match self.local.next().await {
            Some(end) => self.ended.push(end),
            None => std::future::pending().await,
        }
    }

    /// Keeps what has ended by now, without waiting.
    pub(super) fn settle(&mut self) {
        while let Some(Some(end)) = futures_util::FutureExt::now_or_never(self.local.next()) {
            self.ended.push(end);
        }
    }

    /// Returns what the end of a job means to the machine.
    pub(super) fn event_of(&mut self, end: LocalEnd) -> Event {
        self.running.remove(&end.job);
        self.reads -= usize::from(matches!(end.job, Job::Read { .. }));
        end.into_event(&mut self.slots)
    }

    /// Drops all that runs.
    pub(super) fn drop_all(&mut self) {
        self.local = Local::default();
        self.running = SmallSet::default();
        self.reads = 0;
    }
}
