//! How a handle waits for its saga: until it rests, until a delivery is taken, or until no wait is of use any more.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use saga_core::machine::{self, Delivery, Event, Facts, Room};
use saga_core::store::Summary;
use saga_core::{Reason, Receipt, Record, State, Timestamp};

use super::any::AnyHandle;
use super::error::ActError;
use crate::author::look_error::LookError;
use crate::drive::driver::LISTED;
use crate::drive::finished::Finished;
use crate::value::journal::journal;

impl AnyHandle {
    /// Waits until it has ended or is a dead letter; gives its state then.
    pub(crate) fn settled(&self) -> BoxFuture<'_, Result<Arc<State>, LookError>> {
        Box::pin(self.rested())
    }

    async fn rested(&self) -> Result<Arc<State>, LookError> {
        let mut seen = None;
        if let Some(channel) = &self.channel {
            let mut finished = channel.finished.clone();
            let is_news = finished.borrow().is_none();
            if let Ok(finished) = finished.wait_for(Option::is_some).await
                && let Some(Finished::Settled(state)) = finished.as_deref()
            {
                if is_news {
                    return Ok(state.clone());
                }
                // It may have been acted on since.
                seen = Some(state.clone());
            }
        }
        let mut watcher = self.watcher();
        loop {
            let summary = self.summary().await?;
            let phase = summary.status.phase;
            if phase.is_settled() {
                match seen.take() {
                    Some(state) if state.progress() == summary.status.progress => return Ok(state),
                    _ => {}
                }
                if let Some(state) = self.at_rest(&summary).await? {
                    return Ok(Arc::new(state));
                }
                // It has been sent on since it was listed.
                continue;
            }
            self.expect_news(&summary)?;
            watcher.news().await;
        }
    }

    pub(crate) async fn summary(&self) -> Result<Summary, LookError> {
        let summary = self.engine().store.summary(&self.id).await?;
        summary.ok_or_else(|| LookError::NoSuchSaga { saga: self.id.clone() })
    }

    /// Returns the state of a saga that was listed as at rest; `None` if it has been sent on since.
    async fn at_rest(&self, listed: &Summary) -> Result<Option<State>, LookError> {
        let state = self.look().await?;
        if state.phase().is_settled() {
            return Ok(Some(state));
        }
        let is_listed_still = self.summary().await? == *listed;
        Ok(is_listed_still.then(|| self.as_listed(state)))
    }

    /// Returns the state that a worker makes of it when it claims the saga: a dead letter, as the store lists it.
    pub(super) fn as_listed(&self, mut state: State) -> State {
        let engine = self.engine();
        let facts =
            Facts { now: engine.clock.now(), catalog: &engine.registry, room: Room::Limited, random: 0 };
        let event = Event::DeadLettered { reason: Reason::Undecodable, detail: LISTED.to_owned() };
        // An act on it says that its author has seen the records of both: they are the ones that the worker writes.
        for event in [event, Event::Recovered { is_poison: false }] {
            // Only a delivery is refused.
            drop(machine::advance(&mut state, event, &facts, &mut Vec::new()));
        }
        state
    }

    /// Checks that a wait for the saga's next move can end.
    pub(crate) fn expect_news(&self, listed: &Summary) -> Result<(), LookError> {
        let (engine, name) = (self.engine(), &listed.status.saga);
        if engine.live.get(&self.id).is_some() {
            return Ok(());
        }
        if engine.is_draining() {
            return Err(LookError::ShutDown { saga: self.id.clone() });
        }
        let is_due = listed.status.wake_at.is_some_and(|at| self.leases_since(at) >= 1);
        let by_others = engine.store.takes_many_workers() && !is_due;
        if listed.held || by_others || engine.registry.find_claimed(name).is_some() {
            return Ok(());
        }
        Err(LookError::NotRegistered { saga: self.id.clone(), name: name.clone() })
    }

    /// Returns how many leases have passed since then: after one, any other worker would have claimed what could be
    /// claimed.
    fn leases_since(&self, at: Timestamp) -> u128 {
        let engine = self.engine();
        engine.clock.now().since(at).as_millis() / engine.settings.lease.as_millis().max(1)
    }

    /// Delivers, and waits until a worker has taken it. Returns the receipt of a cancel that the driver here took.
    pub(crate) async fn deliver(&self, delivery: Delivery) -> Result<Option<Box<Receipt>>, ActError> {
        let engine = self.engine();
        // Its answer is found by its id, whichever worker takes it, and however often it is sent.
        let delivery = delivery.identified(|| engine.rng.draw_id());
        // Of what this worker drives the answer comes from its driver.
        let before = match engine.live.get(&self.id) {
            Some(_) => 0,
            None => {
                let journal = journal(&*engine.store, &self.id).await.map_err(LookError::from)?;
                self.expect_delivery(&delivery, journal.first().map(|entry| &entry.record))?;
                journal.len()
            }
        };
        let mut expected = engine.replies.expect();
        // Before the delivery is there: a worker may be done with it at once.
        let mut watcher = self.watcher();
        let delivered_at = engine.clock.now();
        let id = engine.store.deliver(&self.id, delivery.clone(), delivered_at).await?;
        let mut reply = expected.under(id);
        let abandons = matches!(delivery, Delivery::Abandon { .. });
        loop {
            // Others may have its code, and come first.
            if abandons && (!engine.store.takes_many_workers() || self.leases_since(delivered_at) >= 1) {
                engine.live.close(&self.id);
            }
            tokio::select! {
                biased;
                Ok(answered) = &mut reply => return answered.map_err(ActError::Refused),
                () = watcher.news() => {
                    let waiting = engine.store.undelivered(&self.id).await.map_err(LookError::from)?;
                    // Ours would have answered by now.
                    if waiting.iter().all(|w| w.id != id) && reply.is_empty() {
                        return self.taken_elsewhere(before, delivery).await;
                    }
                    if let Err(why) = self.expect_taker(delivered_at, 1 + u128::from(abandons)).await {
                        return Err(ActError::NotTaken { saga: self.id.clone(), why });
                    }
                    // This worker has seen it, and cannot read the journal that it is for.
                    if engine.troubles.was_seen_in_vain(&self.id, id)
                        && let Err(why) = self.look().await
                    {
                        return Err(ActError::NotTaken { saga: self.id.clone(), why });
                    }
                }
            }
        }
    }

    /// Checks that a worker may take a delivery that is to be made, as far as this worker knows.
    fn expect_delivery(&self, delivery: &Delivery, head: Option<&Record>) -> Result<(), ActError> {
        let (engine, saga) = (self.engine(), self.id.clone());
        let refuse = |why| Err(ActError::NotDelivered { saga: saga.clone(), why });
        if engine.is_draining() {
            return refuse(LookError::ShutDown { saga: saga.clone() });
        }
        let Some(Record::Scheduled { saga: name, .. }) = head else { return Ok(()) };
        let can_be_taken = engine.registry.find_claimed(name).is_some()
            || engine.store.takes_many_workers()
            // That takes no code.
            || matches!(delivery, Delivery::Abandon { .. });
        match can_be_taken {
            true => Ok(()),
            false => refuse(LookError::NotRegistered { saga: saga.clone(), name: name.clone() }),
        }
    }

    /// Checks that a worker may yet take a delivery that waits since then. A worker that has the code would have taken
    /// it within so many leases.
    async fn expect_taker(&self, since: Timestamp, leases_max: u128) -> Result<(), LookError> {
        let engine = self.engine();
        if engine.live.get(&self.id).is_some() {
            return Ok(());
        }
        if engine.is_draining() {
            return Err(LookError::ShutDown { saga: self.id.clone() });
        }
        let summary = self.summary().await?;
        let name = summary.status.saga;
        let is_known = summary.held || engine.registry.find_claimed(&name).is_some();
        if is_known || self.leases_since(since) < leases_max {
            return Ok(());
        }
        Err(LookError::NotRegistered { saga: self.id.clone(), name })
    }

    /// Reads the answer to a delivery that another worker took from the journal.
    async fn taken_elsewhere(
        &self,
        before: usize,
        delivery: Delivery,
    ) -> Result<Option<Box<Receipt>>, ActError> {
        let is_cancel = matches!(delivery, Delivery::Cancel { .. });
        let journal = self.journal().await?;
        let taken =
            crate::drive::delivery::taken_elsewhere(self.engine(), &self.id, &journal, before, delivery);
        taken.map_err(ActError::Refused)?;
        let state = State::of(self.id.clone(), &journal);
        let state = state.map_err(|source| LookError::NoJournal { saga: self.id.clone(), source })?;
        Ok(is_cancel.then(|| Box::new(Receipt::of(&state))))
    }
}
