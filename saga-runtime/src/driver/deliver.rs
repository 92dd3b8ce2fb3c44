//! How a driver takes what people want of its saga: each delivery once, evaluated by code where it needs to be, then
//! taken to the machine as any event is.

use saga_core::machine::{BodyEnd, Delivery, Event, Reach, Refusal};
use saga_core::store::Waiting;
use saga_core::{Reason, Receipt, Record, Site};

use super::{Driver, Reply};
use crate::body::lock;
use crate::delivery::read;

impl Driver {
    /// Takes a delivery, once.
    pub(super) fn deliver(&mut self, waiting: Waiting) {
        if !self.seen.insert(waiting.id) {
            return;
        }
        self.stay.begins();
        if let Delivery::Signal { id, .. } = &waiting.delivery {
            self.signals.push((id.clone(), waiting.id));
        }
        let reply = self.deliver_to_machine(waiting.delivery);
        if let Err(refusal) = &reply {
            tracing::info!(saga = %waiting.saga, %refusal, "a delivery was refused");
        }
        self.taken.push(waiting.id);
        self.replies.push((waiting.id, reply));
    }

    /// The signal that has just ended the wait at `site` is none that the body can use: its sender is told, and the wait
    /// goes on. One that ended it in a journal was of the right type once: that is for a person.
    pub(super) fn refuse_signal(&mut self, site: Site, why: String) -> Option<BodyEnd> {
        let taken = self.entries.iter().rev().find_map(|entry| match &entry.record {
            Record::WaitEnded { site: at, signal } if *at == site => signal.clone(),
            _ => None,
        });
        let Some(id) = taken else {
            return Some(BodyEnd::Halted(Reason::Undecodable, Some(site), why));
        };
        let of_signal = self.signals.iter().find(|(signal, _)| *signal == id).map(|(_, delivery)| *delivery);
        if let Some((_, reply)) = self.replies.iter_mut().find(|(delivery, _)| Some(*delivery) == of_signal) {
            *reply = Err(Refusal::SignalRefused { site: site.clone(), why: why.clone() });
        }
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
