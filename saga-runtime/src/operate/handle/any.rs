//! The handle of a saga of unknown type.

use std::sync::Arc;

#[cfg(doc)]
use saga_core::machine::Refusal;
use saga_core::machine::{Delivery, UndoPlan};
use saga_core::record::Knowledge;
use saga_core::{By, DeadLetter, Entry, Payload, Phase, Receipt, Role, SagaId, SitePath, State};
use serde::Serialize;

use super::error::ActError;
use super::known::Known;
use crate::author::look_error::LookError;
use crate::author::view::StateView;
use crate::drive::engine::Engine;
use crate::drive::live::Channel;
use crate::drive::watchers::Watcher;
use crate::operate::outcome::Outcome;
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

    /// Waits until it has ended or is a dead letter, and returns the outcome, with its values as they are recorded.
    /// [`Payload::shown`] gives one as JSON without its secrets. [`Runtime::find_as`](crate::Runtime::find_as) gives a
    /// handle that decodes them.
    ///
    /// **Cancel safety**: nothing happens to the saga if this is dropped.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn outcome(&self) -> Result<Outcome<Payload, Payload>, LookError> {
        let state = self.settled().await?;
        if state.phase() == Phase::DeadLettered {
            let journal = self.journal().await?;
            let letter = DeadLetter::of(&state, &journal);
            return Ok(Outcome::DeadLettered(Known::new(self.clone(), state.last_seq(), letter)));
        }
        Outcome::recorded(&state)
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
    pub async fn signal<T: Serialize>(&self, name: &str, signal_id: &str, value: &T) -> Result<(), ActError> {
        let payload = self.encode(value)?;
        let delivery = Delivery::Signal { id: signal_id.to_owned(), name: name.to_owned(), payload };
        self.deliver(delivery).await.map(drop)
    }

    /// Answers the only open question with yes.
    ///
    /// # Errors
    /// [`Refusal::NoQuestion`], or [`Refusal::WhichQuestion`] if there are several.
    pub async fn approve(&self, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Answer { site: None, approved: true, by }).await.map(drop)
    }

    /// Answers the only open question with no.
    ///
    /// # Errors
    /// As [`approve`](Self::approve).
    pub async fn deny(&self, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Answer { site: None, approved: false, by }).await.map(drop)
    }

    /// Answers the question at `site`.
    ///
    /// # Errors
    /// [`Refusal::NoQuestion`].
    pub async fn answer_at(&self, site: SitePath, approved: bool, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Answer { site: Some(site), approved, by }).await.map(drop)
    }

    /// Undoes a completed saga; returns once that is recorded.
    ///
    /// # Errors
    /// [`Refusal`]: not completed, irreversible, a window closed, nothing left.
    pub async fn undo(&self, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Undo { site: None, by }).await.map(drop)
    }

    /// Undoes a completed saga from the step or child at `site` on: itself, and all that happened after it.
    ///
    /// # Errors
    /// As [`undo`](Self::undo).
    pub async fn undo_from(&self, site: SitePath, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Undo { site: Some(site), by }).await.map(drop)
    }

    /// Sends a dead letter on in its direction, with fresh attempts for all its blockers.
    ///
    /// # Errors
    /// [`Refusal`]: not dead-lettered, in doubt, output lost.
    pub async fn redrive(&self, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Redrive { site: None, input: None, by }).await.map(drop)
    }

    /// Sends on only what is blocked at `site`.
    ///
    /// # Errors
    /// As [`redrive`](Self::redrive).
    pub async fn redrive_at(&self, site: SitePath, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Redrive { site: Some(site), input: None, by }).await.map(drop)
    }

    /// Sends on what is blocked at `site`, with another input: an object of the step's parameters, or JSON of that
    /// shape. A secret may be given as it was shown, `{"$redacted": n}`: then the recorded one is kept.
    ///
    /// # Errors
    /// As [`redrive`](Self::redrive); [`Refusal::Unusable`] if the input is not of the step's type.
    pub async fn redrive_with<T: Serialize>(
        &self,
        site: SitePath,
        input: &T,
        by: By,
    ) -> Result<(), ActError> {
        let input = Some(self.encode(input)?);
        self.deliver(Delivery::Redrive { site: Some(site), input, by }).await.map(drop)
    }

    /// Says that the step at `site` happened and gave `output`, from which its compensation is evaluated.
    ///
    /// # Errors
    /// [`Refusal`]: nothing is blocked there, or the output is not of the step's type.
    pub async fn resolve_happened<T: Serialize>(
        &self,
        site: SitePath,
        output: &T,
        by: By,
    ) -> Result<(), ActError> {
        let knowledge = Knowledge::Happened { output: self.encode(output)? };
        self.deliver(Delivery::Resolve { site, role: Role::Do, knowledge, by }).await.map(drop)
    }

    /// Says that the step at `site`, which is in doubt, did not happen and never will.
    ///
    /// # Errors
    /// [`Refusal`]: nothing in doubt there.
    pub async fn resolve_not_happened(&self, site: SitePath, by: By) -> Result<(), ActError> {
        let delivery = Delivery::Resolve { site, role: Role::Do, knowledge: Knowledge::NotHappened, by };
        self.deliver(delivery).await.map(drop)
    }

    /// Says that the compensation of the step at `site` was done by hand.
    ///
    /// # Errors
    /// [`Refusal`]: nothing is blocked there.
    pub async fn resolve_undone(&self, site: SitePath, by: By) -> Result<(), ActError> {
        let knowledge = Knowledge::Happened { output: Payload::null() };
        self.deliver(Delivery::Resolve { site, role: Role::Undo, knowledge, by }).await.map(drop)
    }

    /// Declares the compensation of the step at `site` not needed.
    ///
    /// # Errors
    /// [`Refusal`]: no compensation is owed there.
    pub async fn waive(&self, site: SitePath, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Waive { site, by }).await.map(drop)
    }

    /// Rolls a dead letter back.
    ///
    /// # Errors
    /// [`Refusal::TooLate`] past the point of no return.
    pub async fn roll_back(&self, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::RollBack { by }).await.map(drop)
    }

    /// Closes a dead letter as it is.
    ///
    /// # Errors
    /// [`Refusal::NotDeadLettered`].
    pub async fn abandon(&self, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::Abandon { by }).await.map(drop)
    }

    /// Ends all backoffs: what waits for another attempt begins it now.
    ///
    /// # Errors
    /// [`Refusal::Ended`].
    pub async fn retry_now(&self, by: By) -> Result<(), ActError> {
        self.deliver(Delivery::RetryNow { by }).await.map(drop)
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
