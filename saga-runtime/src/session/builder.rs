//! Opening a session.

use std::time::Duration;

#[cfg(doc)]
use saga_core::InvalidId;
use saga_core::record::{Terms, WhenIdle};
use saga_core::{Payload, SagaId};

use crate::author::wait::IntoWait;
use crate::operate::run_error::RunError;
use crate::operate::runtime::{Call, Runtime};
use crate::replay::registry::SESSION;
use crate::session::open::{Held, Session};
use crate::value::defaults::session::{CALLS_MAX, IDLE};

impl Runtime {
    /// Begins to open the session of that id. A session is a saga with steps that are chosen while it runs, by an agent:
    /// each call is recorded, made once, and undone if the session is rolled back.
    ///
    /// ```
    /// use saga::prelude::*;
    ///
    /// /// Holds a seat.
    /// #[step(compensate = free(seat), idempotent)]
    /// async fn hold(seat: String) -> Result<String, Failure> {
    ///     Ok(format!("seat {seat}"))
    /// }
    ///
    /// #[step(retriable, idempotent)]
    /// async fn free(_seat: String) -> Result<(), Failure> {
    ///     Ok(())
    /// }
    /// # saga::test::in_virtual_time(async {
    /// let runtime = Runtime::builder(MemoryStore::new()).step::<hold>().start().await.unwrap();
    /// let session = runtime.session("ticket-9").unwrap().open().await.unwrap();
    /// assert_eq!(session.call(hold("12A".to_owned())).await.unwrap(), "seat 12A");
    /// // The same call again: answered from the journal, in this process or a later one.
    /// assert_eq!(session.call(hold("12A".to_owned())).await.unwrap(), "seat 12A");
    /// assert!(session.commit().await.unwrap().is_completed());
    /// # });
    /// ```
    ///
    /// # Errors
    /// [`InvalidId`] if the id cannot be one.
    pub fn session<I: TryInto<SagaId>>(&self, id: I) -> Result<SessionBuilder, I::Error> {
        Ok(SessionBuilder {
            runtime: self.clone(),
            id: id.try_into()?,
            terms: Terms { calls_max: CALLS_MAX, idle_ms: None, when_idle: WhenIdle::RollBack },
            within_ms: Ok(None),
            idle_ms: IDLE.into_wait_ms(),
        })
    }
}

/// Opens a session. Its terms are recorded when the session is new; one that is there keeps those that it has.
#[must_use = "nothing is opened before `open`"]
pub struct SessionBuilder {
    runtime: Runtime,
    id: SagaId,
    terms: Terms,
    within_ms: Result<Option<u64>, String>,
    idle_ms: Result<u64, String>,
}

impl std::fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionBuilder({})", self.id)
    }
}

impl SessionBuilder {
    /// Sets the number of calls that the session may make ([`CALLS_MAX`] by default). Repeats that are answered from its
    /// journal do not count, nor does undoing.
    pub fn calls_max(mut self, calls: u32) -> Self {
        self.terms.calls_max = calls;
        self
    }

    /// Limits the time of the whole session: when it is over and the session is not committed, it is rolled back.
    pub fn within(mut self, time: impl IntoWait) -> Self {
        self.within_ms = time.into_wait_ms().map(Some);
        self
    }

    /// Ends the session when it has made no call for so long ([`IDLE`] by default), also if no process has it open then.
    /// The time runs from its last record, and not while a call with an effect is in flight.
    pub fn idle_after(mut self, time: impl IntoWait, when_idle: WhenIdle) -> Self {
        self.idle_ms = time.into_wait_ms();
        self.terms.when_idle = when_idle;
        self
    }

    /// Opens the session: a new one, or the one of that id, which may have ended. While the [`Session`] is there, it stays
    /// in memory.
    ///
    /// **Cancel safety**: if the future is dropped, the session may or may not be there. Open it again.
    ///
    /// # Errors
    /// [`RunError::IdConflict`] if the id belongs to a saga; [`RunError::NotRegistered`] if the runtime has no steps for
    /// sessions; [`RunError::Unrecordable`] if a time cannot be one.
    pub async fn open(self) -> Result<Session, RunError> {
        let why = |why| RunError::Unrecordable { why };
        let idle_ms = Some(self.idle_ms.map_err(why)?);
        let call = Call {
            saga: SESSION,
            version: 1,
            deadline: self.within_ms.map_err(why)?.map(Duration::from_millis),
            input: Ok(Payload::null()),
            session: Some(Terms { idle_ms, ..self.terms }),
            means_same: |_, _, _| true,
        };
        // Before it is driven, so that it is not released.
        let held = Held::new(self.runtime.engine(), &self.id);
        let handle = self.runtime.begin(self.id, call).await?;
        Ok(Session::new(handle, held))
    }
}
