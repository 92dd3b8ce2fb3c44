//! How a driver takes in what has happened, in the order in which it did: while no worker had the saga, or since it last
//! looked. Before anything begins or is run again.

use std::future::pending;
use std::time::Duration;

use saga_core::machine::{Delivery, Ending, Event};
use saga_core::record::AttemptError;
use saga_core::store::Waiting;
use saga_core::{Phase, Reason, Timestamp};

use super::{Driver, LISTED};
use crate::drive::committer::CommitError;
use crate::drive::engine::patiently;
use crate::drive::finished::Finished;
use crate::drive::jobs::Job;
use crate::replay::board::lock;

impl Driver {
    /// Takes in all that happened before this claim. What ran is in doubt; what was said in time counts, and what has
    /// passed by then has; only then something begins.
    pub(super) fn catch_up(&mut self, is_poison: bool, deliveries: (Timestamp, Vec<Waiting>)) {
        if self.claim.written == Some(Phase::DeadLettered) {
            // Changes nothing, unless a build that could not read the journal has listed it so.
            let detail = LISTED.to_owned();
            self.take(Event::DeadLettered { reason: Reason::Undecodable, detail });
        }
        self.take(Event::Recovered { is_poison });
        let (known_until, deliveries) = deliveries;
        // What comes too late for a limit is known up to then; the deadline does not depend on it.
        let is_late = lock(&self.board).state.is_late(self.now);
        let known_until = if is_late { self.now } else { known_until };
        self.take_in(deliveries, known_until);
        if !self.engine.is_draining() {
            self.take_at(Event::Due, known_until);
        }
    }

    /// Takes what was delivered. What stops the saga or is said to it comes first, each in its time, so that a limit or a
    /// deadline before it counts and one after it does not; then what may make something begin. `known_until`: nothing
    /// that was delivered before that is missing.
    pub(super) fn take_in(&mut self, deliveries: impl IntoIterator<Item = Waiting>, known_until: Timestamp) {
        let is_word = |waiting: &Waiting| {
            let delivery = &waiting.delivery;
            matches!(delivery, Delivery::Cancel { .. } | Delivery::Signal { .. } | Delivery::Answer { .. })
        };
        let new = deliveries.into_iter().filter(|waiting| !self.seen.contains(&waiting.id));
        let (words, acts): (Vec<_>, Vec<_>) = new.partition(is_word);
        for word in words {
            // The clock may have gone back since.
            self.take(Event::Elapsed { until: word.at.min(self.now) });
            self.deliver(word);
        }
        // In a shutdown nothing begins: they wait for the next worker.
        if !acts.is_empty() && !self.engine.is_draining() {
            self.take(Event::Elapsed { until: known_until });
            acts.into_iter().for_each(|act| self.deliver(act));
        }
    }

    /// Waits for something to happen, and takes it in.
    pub(super) async fn next(&mut self, wake: Option<(Timestamp, Duration)>) -> Result<(), Finished> {
        let mut is_over = false;
        if self.flight.ended.is_empty() {
            let timer = async {
                match wake {
                    Some((_, left)) => tokio::time::sleep(left).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.flight.next() => {}
                () = self.mailbox.news() => {}
                () = timer => is_over = true,
            }
        }
        self.stay.ends(is_over);
        let delivered = self.mailbox.take();
        self.now = self.engine.clock.now();
        // Before what has ended or come due: a cancel that is here keeps what it may from being run again.
        self.take_in(delivered, Timestamp(i64::MIN));
        // The wait was counted monotonically: it is over, whatever the clock says; or the clock says that it is.
        if let Some((due, _)) = wake.filter(|(due, _)| is_over || *due <= self.now) {
            self.passed = due;
            self.come_due(self.now.max(due)).await?;
        }
        // What else has ended by now goes into the same commit.
        self.flight.settle();
        let mut ended = std::mem::take(&mut self.flight.ended);
        for end in ended.drain(..) {
            self.claim.has_attempted |= matches!(end.job, Job::Attempt { .. });
            let event = self.flight.event_of(end);
            self.take(event);
        }
        // For its room.
        self.flight.ended = ended;
        // All that has ended is taken in: what still runs is in flight.
        if self.engine.shutdown.interrupts() {
            self.interrupt();
        }
        Ok(())
    }

    /// Lets the machine act on the time `now`. Before a limit is recorded as passed, the store is asked for deliveries
    /// that came in time: they may be there, and not yet in the mailbox.
    async fn come_due(&mut self, now: Timestamp) -> Result<(), Finished> {
        let (saga, limit_passes) = {
            let state = &lock(&self.board).state;
            (state.id().clone(), state.limit_passes(now))
        };
        if limit_passes {
            let engine = self.engine.clone();
            let asked = patiently(&engine, || engine.store.undelivered(&saga));
            match self.flight.beside(asked).await {
                Ok(delivered) => self.take_in(delivered, now),
                // It is left to the next worker.
                Err(_) if engine.is_draining() => return Ok(()),
                Err(error) => return Err(Finished::Lost(CommitError::Store(error))),
            }
        }
        self.take_at(Event::Due, now);
        Ok(())
    }

    /// Takes the steps out of `jobs` that may no longer begin, though that they do is durable: the deadline passed while
    /// it was made so (the store may have been gone for long), or a stop was decided after them in the same turn. Returns
    /// true if that is news for the machine.
    pub(super) fn call_off(&mut self, jobs: &mut Vec<Job>) -> bool {
        let is_late = self.has_become_late();
        if !self.stops || lock(&self.board).state.stop().is_none() {
            return is_late;
        }
        let off: Vec<Job> = jobs.extract_if(.., |job| job.is_step()).collect();
        let has_news = is_late || !off.is_empty();
        for job in off {
            let Job::Attempt { site, role, attempt } = job else { continue };
            let ending =
                Ending::NotDone { trouble: AttemptError::NotBegun, retry_after: None, conclusive: false };
            self.take(Event::AttemptEnded { site, role, attempt, ending });
        }
        has_news
    }

    /// Returns true if a readonly step that the body has reached may begin. It has no intent before which the machine
    /// would check the time, and its result would not be read after the deadline.
    pub(super) fn may_read(&mut self) -> bool {
        !self.has_become_late() && lock(&self.board).state.body_may_run()
    }

    /// Returns true if the deadline has passed since the machine last got the time; then it gets the time.
    fn has_become_late(&mut self) -> bool {
        let now = {
            let state = &lock(&self.board).state;
            let Some(deadline) = state.head().and_then(|head| head.deadline) else { return false };
            let now = self.engine.clock.now();
            if deadline > now || !state.is_late(now) {
                return false;
            }
            now
        };
        self.now = now;
        self.take(Event::Elapsed { until: now });
        true
    }

    fn take_at(&mut self, event: Event, now: Timestamp) {
        if let Err(refusal) = self.decide(event, now) {
            tracing::debug!(%refusal, "refused");
        }
    }
}
