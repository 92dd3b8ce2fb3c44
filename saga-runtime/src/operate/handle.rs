//! Handles: what can be asked of a saga, and what can be done to it, from outside. Dropping one changes nothing.

mod act;
mod any;
mod error;
mod known;
mod typed;
mod waiting;

use std::marker::PhantomData;

use saga_core::Timestamp;

use crate::author::look_error::LookError;
use crate::author::saga::Saga;
use crate::author::view::SagaState;
use crate::operate::outcome::Outcome;

pub use act::{Act, Answering, Plain, Redriving, Undoing};
pub use any::{AnyHandle, Cancelled};
pub use error::ActError;
pub use known::{Cancelling, Completes, GoesForward, Known, NeedsPerson, phase};

/// The handle of a saga: everything that [`AnyHandle`] can do, and its outcome and state in its own types.
///
/// ```
/// use saga::prelude::*;
///
/// #[saga]
/// async fn tea(minutes: u32) -> Result<String, Failure> {
///     sleep("3m").await;
///     Ok(format!("tea, after {minutes} minutes"))
/// }
/// # saga::test::in_virtual_time(async {
/// let runtime = Runtime::builder(MemoryStore::new()).saga::<tea>().start().await.unwrap();
/// let handle = runtime.run("tea-1", tea(3)).await.unwrap();
/// # tokio::time::sleep(std::time::Duration::from_millis(10)).await;
/// if let TeaState::Sleep { until: Some(until) } = handle.state().await.unwrap() {
///     println!("wait until {until}");
/// #     assert!(until > runtime.now());
/// }
/// assert_eq!(handle.outcome().await.unwrap().completed(), Some("tea, after 3 minutes".to_owned()));
/// # });
/// ```
pub struct Handle<S: Saga> {
    any: AnyHandle,
    saga: PhantomData<fn() -> S>,
}

impl<S: Saga> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self { any: self.any.clone(), saga: PhantomData }
    }
}

impl<S: Saga> std::fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.any.fmt(f)
    }
}

impl<S: Saga> Handle<S> {
    pub(crate) fn new(any: AnyHandle) -> Self {
        Self { any, saga: PhantomData }
    }

    /// Returns the handle without the saga's type, for code that takes any saga.
    pub fn any(&self) -> &AnyHandle {
        &self.any
    }

    /// Waits until the saga has ended or is a dead letter, and says how.
    ///
    /// **Cancel safety**: nothing happens to the saga if this is dropped.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn outcome(&self) -> Result<Outcome<S::Output, S::Error>, LookError> {
        self.any.outcome().await?.decoded(&self.any.engine().around.encoding)
    }

    /// Returns where it stands, in the saga's own states.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn state(&self) -> Result<S::State, LookError> {
        let view = self.any.view().await?;
        S::State::of(&view)
    }

    /// Returns the time at which it began.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn began_at(&self) -> Result<Timestamp, LookError> {
        let first = self.any.engine().store.load(&self.any.id, 0, 1).await?.into_iter().next();
        first.map(|e| e.at).ok_or_else(|| LookError::NoSuchSaga { saga: self.any.id.clone() })
    }
}
