//! What the handle of a typed saga has of [`AnyHandle`]: all of it, by the same names.

use saga_core::machine::UndoPlan;
use saga_core::{By, Entry, Phase, SagaId, SitePath, State};
use serde::Serialize;

use super::Handle;
use super::act::{Act, Answering, Redriving, Undoing};
#[cfg(doc)]
use super::any::AnyHandle;
use super::any::Cancelled;
use super::error::ActError;
use super::known::{Known, phase};
use crate::author::look_error::LookError;
use crate::author::saga::Saga;
use crate::author::view::StateView;
use crate::operate::watch::Watch;

/// What can be asked of it.
impl<S: Saga> Handle<S> {
    /// Returns the saga's id; see [`AnyHandle::id`].
    pub fn id(&self) -> &SagaId {
        self.any.id()
    }

    /// Returns the state, from the journal; see [`AnyHandle::look`].
    ///
    /// # Errors
    /// As there.
    pub async fn look(&self) -> Result<State, LookError> {
        self.any.look().await
    }

    /// Returns all records, oldest first; see [`AnyHandle::journal`].
    ///
    /// # Errors
    /// As there.
    pub async fn journal(&self) -> Result<Vec<Entry>, LookError> {
        self.any.journal().await
    }

    /// Returns the phase; see [`AnyHandle::phase`].
    ///
    /// # Errors
    /// As there.
    pub async fn phase(&self) -> Result<Phase, LookError> {
        self.any.phase().await
    }

    /// Returns the saga's position, with the names of its sites; see [`AnyHandle::view`].
    ///
    /// # Errors
    /// As there.
    pub async fn view(&self) -> Result<StateView, LookError> {
        self.any.view().await
    }

    /// Returns what would be undone if it were undone now; see [`AnyHandle::undo_plan`].
    ///
    /// # Errors
    /// As there.
    pub async fn undo_plan(&self) -> Result<UndoPlan, LookError> {
        self.any.undo_plan().await
    }

    /// Follows the records as they come; see [`AnyHandle::watch`].
    pub fn watch(&self) -> Watch {
        self.any.watch()
    }

    /// Returns the saga with the acts on a running one, if it is running; see [`AnyHandle::running`].
    ///
    /// # Errors
    /// As there.
    pub async fn running(&self) -> Result<Option<Known<phase::Running>>, LookError> {
        self.any.running().await
    }

    /// Returns the saga with the acts on a completed one, if it completed; see [`AnyHandle::completed`].
    ///
    /// # Errors
    /// As there.
    pub async fn completed(&self) -> Result<Option<Known<phase::Completed>>, LookError> {
        self.any.completed().await
    }

    /// Returns the saga with the acts on a dead letter, if it is one; see [`AnyHandle::dead_letter`].
    ///
    /// # Errors
    /// As there.
    pub async fn dead_letter(&self) -> Result<Option<Known<phase::DeadLettered>>, LookError> {
        self.any.dead_letter().await
    }
}

/// What can be done to it.
impl<S: Saga> Handle<S> {
    /// Asks the saga to stop and roll back; see [`AnyHandle::cancel`].
    ///
    /// # Errors
    /// As there.
    pub async fn cancel(&self, by: By) -> Result<Cancelled, ActError> {
        self.any.cancel(by).await
    }

    /// Sends a signal to the saga; see [`AnyHandle::signal`].
    pub fn signal<T: Serialize>(&self, name: &str, signal_id: &str, value: &T) -> Act {
        self.any.signal(name, signal_id, value)
    }

    /// Answers a question with yes; see [`AnyHandle::approve`].
    pub fn approve(&self, by: By) -> Act<Answering> {
        self.any.approve(by)
    }

    /// Answers a question with no; see [`AnyHandle::deny`].
    pub fn deny(&self, by: By) -> Act<Answering> {
        self.any.deny(by)
    }

    /// Undoes a completed saga; see [`AnyHandle::undo`].
    pub fn undo(&self, by: By) -> Act<Undoing> {
        self.any.undo(by)
    }

    /// Sends a dead letter on in its direction; see [`AnyHandle::redrive`].
    pub fn redrive(&self, by: By) -> Act<Redriving> {
        self.any.redrive(by)
    }

    /// Says that the step at `site` happened and gave `output`; see [`AnyHandle::resolve_happened`].
    pub fn resolve_happened<T: Serialize>(&self, site: SitePath, output: &T, by: By) -> Act {
        self.any.resolve_happened(site, output, by)
    }

    /// Says that the step at `site` did not happen and never will; see [`AnyHandle::resolve_not_happened`].
    pub fn resolve_not_happened(&self, site: SitePath, by: By) -> Act {
        self.any.resolve_not_happened(site, by)
    }

    /// Says that the compensation of the step at `site` was done by hand; see [`AnyHandle::resolve_undone`].
    pub fn resolve_undone(&self, site: SitePath, by: By) -> Act {
        self.any.resolve_undone(site, by)
    }

    /// Declares the compensation of the step at `site` not needed; see [`AnyHandle::waive`].
    pub fn waive(&self, site: SitePath, by: By) -> Act {
        self.any.waive(site, by)
    }

    /// Rolls a dead letter back; see [`AnyHandle::roll_back`].
    pub fn roll_back(&self, by: By) -> Act {
        self.any.roll_back(by)
    }

    /// Closes a dead letter as it is; see [`AnyHandle::abandon`].
    pub fn abandon(&self, by: By) -> Act {
        self.any.abandon(by)
    }

    /// Ends all backoffs; see [`AnyHandle::retry_now`].
    pub fn retry_now(&self, by: By) -> Act {
        self.any.retry_now(by)
    }
}
