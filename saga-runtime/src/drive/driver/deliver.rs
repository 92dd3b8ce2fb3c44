//! How a driver takes what people want of its saga: each delivery once, evaluated by code where it needs to be, then
//! taken to the machine as any event is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Waker};

use saga_core::machine::{BodyEnd, Delivery, Event, Reach, Refusal};
use saga_core::store::Waiting;
use saga_core::{Entry, Payload, Reason, Receipt, Record, SitePath};

use super::Driver;
use crate::drive::delivery::read;
use crate::drive::finished::Reply;
use crate::replay::board::lock;
use crate::value::panics::drop_quietly;

impl Driver {
    /// Takes a delivery, once.
    pub(super) fn deliver(&mut self, waiting: Waiting) {
        if !self.seen.insert(waiting.id) {
            return;
        }
        self.stay.begins();
        if let Delivery::Signal { id, .. } = &waiting.delivery {
            self.outbox.is_signal(waiting.id, id);
        }
        let reply = self.deliver_to_machine(waiting.delivery);
        if let Err(refusal) = &reply {
            tracing::info!(saga = %waiting.saga, %refusal, "a delivery was refused");
        }
        self.outbox.took(waiting.id, reply);
    }

    /// Lets the body read a signal before it is durable that the signal was taken. Where the body may not go on (in a
    /// shutdown, and while a stop waits) it runs over the journal for that alone, and what it reaches is dropped.
    pub(super) fn look_at_signals(&mut self) {
        let is_taken = |entry: &Entry| matches!(entry.record, Record::WaitEnded { signal: Some(_), .. });
        loop {
            let runs = lock(&self.board).state.body_may_run() && !self.engine.is_draining();
            if runs || !self.outbox.entries.iter().any(is_taken) {
                return;
            }
            let records = self.outbox.entries.len();
            for (site, why) in self.refused_by_the_body() {
                // It is in this very turn that the signal was taken.
                drop(self.refuse_signal(site, why));
            }
            // A wait may have taken the next one by that; but in a rollback none goes on.
            if self.outbox.entries.len() == records {
                return;
            }
        }
    }

    /// Returns the sites at which the body cannot use a signal that has just been taken, and why.
    fn refused_by_the_body(&mut self) -> Vec<(SitePath, String)> {
        let input = {
            let mut board = lock(&self.board);
            board.restart();
            board.state.head().map(|head| head.input.clone())
        };
        // It begins anew when it may go on.
        self.body = None;
        let outages = self.engine.around.encoding.codecs.outages();
        let mut body = self.saga.body(self.board.clone(), input.unwrap_or_else(Payload::null));
        let polled =
            catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
        drop_quietly("a body that has looked", (polled, body));
        let refused = std::mem::take(&mut lock(&self.board).refused);
        if self.engine.around.encoding.codecs.outage_since(outages).is_some() {
            return Vec::new();
        }
        refused.into_iter().filter(|(site, _)| self.taken_at(site).is_some()).collect()
    }

    /// Returns the signal that has just ended the wait at `site`; `None` if that is durable.
    fn taken_at(&self, site: &SitePath) -> Option<String> {
        self.outbox.entries.iter().rev().find_map(|entry| match &entry.record {
            Record::WaitEnded { site: at, signal } if at == site => Some(signal.clone()),
            Record::SignalRefused { site: at, .. } if at == site => Some(None),
            _ => None,
        })?
    }

    /// Refuses the signal that has just ended the wait at `site`, because the body cannot use it: its sender gets the
    /// reason, and the wait goes on. A signal that is in the journal had the right type once: the saga is
    /// dead-lettered.
    pub(super) fn refuse_signal(&mut self, site: SitePath, why: String) -> Option<BodyEnd> {
        let Some(id) = self.taken_at(&site) else {
            return Some(BodyEnd::Blocked(Reason::Undecodable, Some(site), why));
        };
        self.outbox.refuse_signal(&id, &site, &why);
        tracing::info!(%site, id, why, "a signal was refused");
        self.take(Event::Reached(Reach::SignalRefused { site, id, why }));
        None
    }

    fn deliver_to_machine(&mut self, delivery: Delivery) -> Reply {
        let is_cancel = matches!(delivery, Delivery::Cancel { .. });
        let answered = lock(&self.board).state.answer_to(&delivery);
        match answered {
            Some(answer) => answer?,
            None => self.deliver_first(delivery)?,
        }
        Ok(is_cancel.then(|| Box::new(Receipt::of(&lock(&self.board).state))))
    }

    /// Takes what has not come before: done, or refused and recorded as that.
    fn deliver_first(&mut self, delivery: Delivery) -> Result<(), Refusal> {
        let restarts = matches!(delivery, Delivery::Redrive { .. } | Delivery::Resolve { .. });
        if let Err(refusal) = self.try_to(delivery.clone()) {
            self.take(Event::Refused { delivery, refusal: refusal.clone() });
            return Err(refusal);
        }
        if restarts {
            // What it was waiting for may have changed under it: it runs over the journal again.
            self.body = None;
        }
        Ok(())
    }

    fn try_to(&mut self, delivery: Delivery) -> Result<(), Refusal> {
        let (delivery, evaluated) = read(&self.engine, &lock(&self.board).state, delivery)?;
        self.decide(Event::Delivered { delivery, evaluated }, self.now)
    }
}
