//! The handle of a saga of unknown type.

use std::sync::Arc;

#[cfg(doc)]
use saga_core::machine::Refusal;
use saga_core::machine::{Delivery, UndoPlan};
use saga_core::record::Knowledge;
use saga_core::{By, Entry, Payload, Phase, Receipt, Role, SagaId, SitePath, State};
use serde::Serialize;

use super::act::{Act, Answering, Redriving, Undoing};
use super::error::ActError;
use crate::author::look_error::LookError;
use crate::author::view::StateView;
use crate::drive::engine::Engine;
use crate::drive::live::Channel;
use crate::drive::watchers::Watcher;
use crate::operate::running::Running;
use crate::value::journal::journal;

/// The handle of a saga of unknown type. It has all acts, whatever state the saga is in. Where the state is known,
/// [`Known`](crate::Known) has the acts that make sense, and no others.
///
/// An act is done once. A repeat under the same id ([`By::with_act`]) gets the answer of the first, also after a
/// restart and after other changes. Without an id each call is an act of its own. An act that says what its author had
/// seen ([`By::having_seen`]) is refused as [`Refusal::Stale`] if the saga has changed since; of an answer, only its
/// question is compared. A refused act is recorded as well (at most 100 times in one saga).
///
/// ```
/// use saga::prelude::*;
///
/// #[step(compensate = free(table), idempotent)]
/// async fn reserve(table: u32) -> Result<u32, Failure> {
///     Ok(table)
/// }
///
/// #[step(retriable, idempotent)]
/// async fn free(_table: u32) -> Result<(), Failure> {
///     Ok(())
/// }
///
/// #[saga]
/// async fn dinner(table: u32) -> Result<u32, Failure> {
///     let table = reserve(table).await?;
///     sleep("2h").await;
///     Ok(table)
/// }
/// # saga::test::in_virtual_time(async {
/// let runtime = Runtime::builder(MemoryStore::new()).saga::<dinner>().start().await.unwrap();
/// let ann = || By::new("Ann", "she has changed her mind");
///
/// // A running saga is cancelled: it rolls back.
/// let first = runtime.run("dinner-1", dinner(1)).await.unwrap();
/// let receipt = first.cancel(ann()).await.unwrap().settled().await.unwrap();
/// assert_eq!(receipt.phase, saga::Phase::RolledBack);
///
/// // A completed one is undone, after a look at what that would do.
/// let second = runtime.run("dinner-2", dinner(2)).await.unwrap();
/// assert!(second.outcome().await.unwrap().is_completed());
/// assert_eq!(second.undo_plan().await.unwrap().entries[0].step.as_deref(), Some("free"));
/// second.undo(ann()).await.unwrap();
///
/// // Its records are read as they come, and an act that makes no sense is refused with the reason.
/// let mut records = second.watch();
/// while let Some(entry) = records.next().await.unwrap() {
///     println!("{} {:?}", entry.at, entry.record);
/// }
/// let refused = second.redrive(ann()).await.unwrap_err();
/// assert!(refused.to_string().contains("not dead-lettered"), "{refused}");
/// # });
/// ```
#[derive(Clone)]
pub struct AnyHandle {
    running: Arc<Running>,
    pub(crate) id: SagaId,
    pub(super) channel: Option<Channel>,
}

impl std::fmt::Debug for AnyHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handle({})", self.id)
    }
}

impl AnyHandle {
    pub(crate) fn new(running: Arc<Running>, id: SagaId, channel: Option<Channel>) -> Self {
        Self { running, id, channel }
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.running.engine
    }

    /// Returns the saga's id.
    pub fn id(&self) -> &SagaId {
        &self.id
    }

    pub(crate) fn watcher(&self) -> Watcher {
        self.engine().watchers.watch(&self.id)
    }

    /// Returns the state, from the journal.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn look(&self) -> Result<State, LookError> {
        let journal = self.journal().await?;
        State::of(self.id.clone(), &journal)
            .map_err(|source| LookError::NoJournal { saga: self.id.clone(), source })
    }

    /// Returns all records, oldest first.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn journal(&self) -> Result<Vec<Entry>, LookError> {
        let journal = journal(&*self.engine().store, &self.id).await?;
        if journal.is_empty() {
            return Err(LookError::NoSuchSaga { saga: self.id.clone() });
        }
        Ok(journal)
    }

    /// Returns the phase.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn phase(&self) -> Result<Phase, LookError> {
        Ok(self.look().await?.phase())
    }

    /// Returns the saga's position, with the names of its sites.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn view(&self) -> Result<StateView, LookError> {
        Ok(StateView::new(self.look().await?, self.engine().around.encoding.clone()))
    }

    /// Returns what would be undone if it were undone now, in order, and what cannot be.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn undo_plan(&self) -> Result<UndoPlan, LookError> {
        Ok(self.look().await?.undo_plan())
    }

    /// Asks the saga to stop and roll back; returns once that is recorded.
    ///
    /// **Cancel safety**: if the future is dropped, the cancel may or may not have been delivered. A second cancel
    /// changes nothing.
    ///
    /// # Errors
    /// [`Refusal::TooLate`] past the point of no return, [`Refusal::Ended`] after the end.
    pub async fn cancel(&self, by: By) -> Result<Cancelled, ActError> {
        let receipt = self.deliver(Delivery::Cancel { by }).await?;
        let receipt = match receipt {
            Some(receipt) => *receipt,
            None => Receipt::of(&self.look().await?),
        };
        Ok(Cancelled { receipt, handle: self.clone() })
    }

    /// Sends a signal to the saga. A second one with the same `signal_id` is the same signal, and changes nothing. A
    /// signal that comes before the saga waits for it is kept.
    ///
    /// # Errors
    /// [`Refusal::Ended`] after the end; [`Refusal::Duplicate`] if it has been taken before.
    pub fn signal<T: Serialize>(&self, name: &str, signal_id: &str, value: &T) -> Act {
        let (id, name) = (signal_id.to_owned(), name.to_owned());
        Act::new(self, self.encode(value).map(|payload| Delivery::Signal { id, name, payload }))
    }

    /// Answers a question with yes.
    ///
    /// # Errors
    /// [`Refusal::NoQuestion`], or [`Refusal::WhichQuestion`] if there are several and the act names none.
    pub fn approve(&self, by: By) -> Act<Answering> {
        Act::new(self, Ok(Delivery::Answer { site: None, approved: true, by }))
    }

    /// Answers a question with no.
    ///
    /// # Errors
    /// As [`approve`](Self::approve).
    pub fn deny(&self, by: By) -> Act<Answering> {
        Act::new(self, Ok(Delivery::Answer { site: None, approved: false, by }))
    }

    /// Undoes a completed saga; done once that is recorded.
    ///
    /// # Errors
    /// [`Refusal`]: not completed, irreversible, a window closed, nothing left.
    pub fn undo(&self, by: By) -> Act<Undoing> {
        Act::new(self, Ok(Delivery::Undo { site: None, by }))
    }

    /// Sends a dead letter on in its direction, with fresh attempts for its blockers.
    ///
    /// # Errors
    /// [`Refusal`]: not dead-lettered, in doubt, output lost.
    pub fn redrive(&self, by: By) -> Act<Redriving> {
        Act::new(self, Ok(Delivery::Redrive { site: None, input: None, by }))
    }

    /// Says that the step at `site` happened and gave `output`, from which its compensation is evaluated.
    ///
    /// # Errors
    /// [`Refusal`]: nothing is blocked there, or the output is not of the step's type.
    pub fn resolve_happened<T: Serialize>(&self, site: SitePath, output: &T, by: By) -> Act {
        let output = self.encode(output);
        let knowledge = output.map(|output| Knowledge::Happened { output });
        Act::new(self, knowledge.map(|knowledge| Delivery::Resolve { site, role: Role::Do, knowledge, by }))
    }

    /// Says that the step at `site`, which is in doubt, did not happen and never will.
    ///
    /// # Errors
    /// [`Refusal`]: nothing in doubt there.
    pub fn resolve_not_happened(&self, site: SitePath, by: By) -> Act {
        let knowledge = Knowledge::NotHappened;
        Act::new(self, Ok(Delivery::Resolve { site, role: Role::Do, knowledge, by }))
    }

    /// Says that the compensation of the step at `site` was done by hand.
    ///
    /// # Errors
    /// [`Refusal`]: nothing is blocked there.
    pub fn resolve_undone(&self, site: SitePath, by: By) -> Act {
        let knowledge = Knowledge::Happened { output: Payload::null() };
        Act::new(self, Ok(Delivery::Resolve { site, role: Role::Undo, knowledge, by }))
    }

    /// Declares the compensation of the step at `site` not needed.
    ///
    /// # Errors
    /// [`Refusal`]: no compensation is owed there.
    pub fn waive(&self, site: SitePath, by: By) -> Act {
        Act::new(self, Ok(Delivery::Waive { site, by }))
    }

    /// Rolls a dead letter back.
    ///
    /// # Errors
    /// [`Refusal::TooLate`] past the point of no return.
    pub fn roll_back(&self, by: By) -> Act {
        Act::new(self, Ok(Delivery::RollBack { by }))
    }

    /// Closes a dead letter as it is.
    ///
    /// # Errors
    /// [`Refusal::NotDeadLettered`].
    pub fn abandon(&self, by: By) -> Act {
        Act::new(self, Ok(Delivery::Abandon { by }))
    }

    /// Ends all backoffs: what waits for another attempt begins it now.
    ///
    /// # Errors
    /// [`Refusal::Ended`].
    pub fn retry_now(&self, by: By) -> Act {
        Act::new(self, Ok(Delivery::RetryNow { by }))
    }

    /// Returns what is given in place of a recorded value, or sent.
    pub(super) fn encode<T: Serialize>(&self, value: &T) -> Result<Payload, ActError> {
        let encoding = &self.engine().around.encoding;
        encoding.encode_given(value).map_err(|why| ActError::Unrecordable { why })
    }
}

/// A cancel that is recorded.
#[derive(Debug)]
pub struct Cancelled {
    receipt: Receipt,
    handle: AnyHandle,
}

impl Cancelled {
    /// Returns what was done, in flight and never started when the cancel was recorded.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Waits until the saga has ended or is dead-lettered, and returns what came of the cancel.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn settled(self) -> Result<Receipt, LookError> {
        Ok(Receipt::of(&*self.handle.settled().await?))
    }
}
