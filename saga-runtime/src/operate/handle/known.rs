//! A saga that was looked at, with the acts that made sense in the state seen, and no others. Not a lock: another
//! operator may have acted since, and then the act is refused as stale.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use saga_core::{By, DeadLetter, Seq, SitePath, State};
use serde::Serialize;

use super::act::{Act, Answering, Redriving, Undoing};
use super::any::{AnyHandle, Cancelled};
use super::error::ActError;
use crate::author::look_error::LookError;

/// The states in which a saga may have been seen, as types for [`Known`].
pub mod phase {
    use saga_core::{DeadLetter, State};

    /// It goes forward: scheduled, running or waiting.
    #[derive(Debug)]
    pub enum Running {}
    /// It can go neither forward nor back without a person.
    #[derive(Debug)]
    pub enum DeadLettered {}
    /// It completed, and is not being undone.
    #[derive(Debug)]
    pub enum Completed {}

    /// What is seen of a saga in that state.
    pub trait Seen: 'static {
        /// The type that shows the state as data.
        type As: std::fmt::Debug;
    }
    impl Seen for Running {
        type As = State;
    }
    impl Seen for DeadLettered {
        type As = DeadLetter;
    }
    impl Seen for Completed {
        type As = State;
    }
}

/// Implemented for states in which a saga can be stopped, signalled and answered.
#[diagnostic::on_unimplemented(
    message = "only a running saga can be cancelled, signalled or answered, and this one is `{Self}` [SG1003]",
    label = "not an act on a saga that is `{Self}`",
    note = "why: nothing runs in it that could stop, wait for a signal or ask a question",
    note = "fix: `.undo(by)` takes back a completed saga, `.redrive(by)` or `.roll_back(by)` mends a dead letter"
)]
pub trait GoesForward: phase::Seen {}
#[diagnostic::do_not_recommend]
impl GoesForward for phase::Running {}

/// Implemented for states in which a saga is dead-lettered.
#[diagnostic::on_unimplemented(
    message = "only a dead letter can be mended, and this saga is `{Self}` [SG1001]",
    label = "not an act on a saga that is `{Self}`",
    note = "why: nothing is blocked in it that could be sent on, resolved, waived, rolled back or abandoned",
    note = "fix: `.cancel(by)` turns a running saga round, `.undo(by)` a completed one; `handle.dead_letter()` gives the \
            dead letter once there is one"
)]
pub trait NeedsPerson: phase::Seen {}
#[diagnostic::do_not_recommend]
impl NeedsPerson for phase::DeadLettered {}

/// Implemented for states in which a saga can be undone.
#[diagnostic::on_unimplemented(
    message = "only a completed saga can be undone, and this one is `{Self}` [SG1002]",
    label = "not an act on a saga that is `{Self}`",
    note = "why: what has not ended is not undone but turned round: the way back is its rollback",
    note = "fix: `.cancel(by)` turns a running saga round, `.roll_back(by)` a dead letter"
)]
pub trait Completes: phase::Seen {}
#[diagnostic::do_not_recommend]
impl Completes for phase::Completed {}

/// A cancel on its way. Boxed, because its type has to say nothing of the saga's state: else a mistake would be reported
/// once for each mention of it.
pub type Cancelling = Pin<Box<dyn Future<Output = Result<Cancelled, ActError>> + Send>>;

/// A saga that was seen in the state `P` (one of [`phase`]), with the acts that make sense there: any other does not
/// compile. What was [`seen`](Known::seen) is a [`DeadLetter`], or a [`State`] otherwise.
///
/// An act that changes the state takes it: look again before the next. If the saga has changed since it was looked at,
/// the act is refused as [`Refusal::Stale`](saga_core::machine::Refusal::Stale), which names the author of the change.
/// Of an answer only its question is compared. A cancel or a signal is taken whatever has changed. [`AnyHandle`] has
/// all acts; there they are compared with nothing unless they say what was seen.
///
/// ```
/// use saga::prelude::*;
/// # use std::sync::atomic::{AtomicBool, Ordering};
/// # static OPEN: AtomicBool = AtomicBool::new(false);
///
/// #[step(irreversible)]
/// async fn charge(key: &IdempotencyKey, cents: u32) -> Result<u32, Failure> {
///     Ok(cents)
/// }
///
/// #[step(irreversible, retriable, retry(attempts = 1))]
/// async fn post(key: &IdempotencyKey, cents: u32) -> Result<(), Failure> {
///     # if OPEN.load(Ordering::Relaxed) { return Ok(()) }
///     Err(Failure::permanent("the post office is closed"))
/// }
///
/// #[saga]
/// async fn order(cents: u32) -> Result<u32, Failure> {
///     let paid = charge(cents).await?;
///     post(paid).await;
///     Ok(paid)
/// }
/// # saga::test::in_virtual_time(async {
/// let runtime = Runtime::builder(MemoryStore::new()).saga::<order>().start().await.unwrap();
/// let handle = runtime.run("order-1", order(300)).await.unwrap();
/// match handle.outcome().await.unwrap() {
///     Outcome::DeadLettered(letter) => {
///         assert_eq!(letter.seen().blockers[0].detail, "the post office is closed");
///         # OPEN.store(true, Ordering::Relaxed);
///         letter.redrive(By::new("Ann", "it is open again")).await.unwrap();
///     }
///     other => panic!("{other:?}"),
/// }
/// assert!(handle.outcome().await.unwrap().is_completed());
/// # });
/// ```
#[must_use = "nothing is done to a saga by looking at it"]
pub struct Known<P: phase::Seen> {
    handle: AnyHandle,
    /// The last record that was seen.
    seq: Seq,
    seen: Box<P::As>,
}

impl<P: phase::Seen> Known<P> {
    pub(crate) fn new(handle: AnyHandle, seq: Seq, seen: P::As) -> Self {
        Self { handle, seq, seen: Box::new(seen) }
    }

    /// Makes the act one that makes sense only as the saga was seen: it is refused if the saga has changed since.
    fn as_seen<K>(&self, act: Act<K>) -> Act<K> {
        act.with(|delivery| delivery.having_seen(self.seq))
    }

    /// Returns the saga's handle.
    pub fn handle(&self) -> &AnyHandle {
        &self.handle
    }

    /// Returns what was seen.
    pub fn seen(&self) -> &P::As {
        &self.seen
    }

    /// Returns what was seen, for keeping.
    pub fn into_seen(self) -> P::As {
        *self.seen
    }
}

impl<P: phase::Seen> fmt::Debug for Known<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Known").field(&self.handle).field(&self.seen).finish()
    }
}

impl fmt::Display for Known<phase::DeadLettered> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seen.fmt(f)
    }
}

/// Acts on a saga that goes forward.
impl<P: phase::Seen> Known<P> {
    /// Asks it to stop and roll back; see [`AnyHandle::cancel`].
    ///
    /// # Errors
    /// [`ActError`].
    pub fn cancel(self, by: By) -> Cancelling
    where
        P: GoesForward,
    {
        let handle = self.handle;
        Box::pin(async move { handle.cancel(by).await })
    }

    /// Sends it a signal; see [`AnyHandle::signal`].
    pub fn signal<T: Serialize>(&self, name: &str, signal_id: &str, value: &T) -> Act
    where
        P: GoesForward,
    {
        self.handle.signal(name, signal_id, value)
    }

    /// Answers a question with yes; see [`AnyHandle::approve`].
    pub fn approve(&self, by: By) -> Act<Answering>
    where
        P: GoesForward,
    {
        self.as_seen(self.handle.approve(by))
    }

    /// Answers a question with no; see [`AnyHandle::deny`].
    pub fn deny(&self, by: By) -> Act<Answering>
    where
        P: GoesForward,
    {
        self.as_seen(self.handle.deny(by))
    }
}

/// Acts on a completed saga.
impl<P: phase::Seen> Known<P> {
    /// Undoes it; see [`AnyHandle::undo`]. What that would do is in its [`undo_plan`](State::undo_plan).
    pub fn undo(self, by: By) -> Act<Undoing>
    where
        P: Completes,
    {
        self.as_seen(self.handle.undo(by))
    }
}

/// Acts on a dead letter.
impl<P: phase::Seen> Known<P> {
    /// Sends it on in its direction; see [`AnyHandle::redrive`].
    pub fn redrive(self, by: By) -> Act<Redriving>
    where
        P: NeedsPerson,
    {
        self.as_seen(self.handle.redrive(by))
    }

    /// Says that the step at `site` happened and gave `output`; see [`AnyHandle::resolve_happened`].
    pub fn resolve_happened<T: Serialize>(self, site: SitePath, output: &T, by: By) -> Act
    where
        P: NeedsPerson,
    {
        self.as_seen(self.handle.resolve_happened(site, output, by))
    }

    /// Says that the step at `site`, which is in doubt, did not happen and never will.
    pub fn resolve_not_happened(self, site: SitePath, by: By) -> Act
    where
        P: NeedsPerson,
    {
        self.as_seen(self.handle.resolve_not_happened(site, by))
    }

    /// Says that the compensation of the step at `site` was done by hand.
    pub fn resolve_undone(self, site: SitePath, by: By) -> Act
    where
        P: NeedsPerson,
    {
        self.as_seen(self.handle.resolve_undone(site, by))
    }

    /// Declares the compensation of the step at `site` not needed.
    pub fn waive(self, site: SitePath, by: By) -> Act
    where
        P: NeedsPerson,
    {
        self.as_seen(self.handle.waive(site, by))
    }

    /// Rolls it back; see [`AnyHandle::roll_back`].
    pub fn roll_back(self, by: By) -> Act
    where
        P: NeedsPerson,
    {
        self.as_seen(self.handle.roll_back(by))
    }

    /// Closes it as it is.
    pub fn abandon(self, by: By) -> Act
    where
        P: NeedsPerson,
    {
        self.as_seen(self.handle.abandon(by))
    }
}

impl AnyHandle {
    /// Returns the saga, if it goes forward now.
    ///
    /// # Errors
    /// [`LookError`](LookError).
    pub async fn running(&self) -> Result<Option<Known<phase::Running>>, LookError> {
        use saga_core::Phase::{Running, Scheduled, Waiting};
        let state = self.look().await?;
        let forward = matches!(state.phase(), Scheduled | Running | Waiting);
        Ok(forward.then(|| Known::new(self.clone(), state.last_seq(), state)))
    }

    /// Returns the saga, if it has completed and is not being undone.
    ///
    /// # Errors
    /// [`LookError`](LookError).
    pub async fn completed(&self) -> Result<Option<Known<phase::Completed>>, LookError> {
        let state = self.look().await?;
        let completed = state.phase() == saga_core::Phase::Completed;
        Ok(completed.then(|| Known::new(self.clone(), state.last_seq(), state)))
    }

    /// Returns the saga if it is dead-lettered, with all that an operator needs to mend it.
    ///
    /// # Errors
    /// [`LookError`](LookError).
    pub async fn dead_letter(&self) -> Result<Option<Known<phase::DeadLettered>>, LookError> {
        let journal = self.journal().await?;
        let state = State::of(self.id.clone(), &journal)
            .map_err(|source| LookError::NoJournal { saga: self.id.clone(), source })?;
        let mut state = state;
        if !state.phase().is_ended() && self.summary().await?.status.phase == saga_core::Phase::DeadLettered {
            // By a build that could not read the journal, perhaps.
            state = self.as_listed(state);
        }
        let dead_lettered = state.phase() == saga_core::Phase::DeadLettered;
        Ok(dead_lettered
            .then(|| Known::new(self.clone(), state.last_seq(), DeadLetter::of(&state, &journal))))
    }
}
