//! The sessions that calls have named, kept open between calls.
//!
//! An open session stays in memory, so that its next call costs no reading of its journal. One that makes no calls for a
//! while is dropped, which ends nothing: its next call, here or in another process, opens it again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use saga::session::SessionBuilder;
use saga::{LookError, RunError, Runtime, SagaId, Session};

/// How a server opens a session that is new.
pub(crate) type Terms = Box<dyn Fn(SessionBuilder) -> SessionBuilder + Send + Sync>;

pub(crate) struct Sessions {
    runtime: Runtime,
    terms: Terms,
    kept: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    session: Arc<Session>,
    /// True if a call has named it since the last [`Sessions::sweep`].
    named: bool,
}

/// The reason for which a session is not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unopened {
    #[error("`{id}` cannot be the id of a session: {why}")]
    Id { id: String, why: String },
    #[error("there is no session `{0}`")]
    Unknown(String),
    #[error("the session `{id}` cannot be opened")]
    Open { id: String, source: RunError },
    #[error("the session `{id}` cannot be looked up")]
    Look { id: String, source: LookError },
}

impl Sessions {
    pub(crate) fn new(runtime: Runtime, terms: Terms) -> Self {
        Self { runtime, terms, kept: Mutex::default() }
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Opens a session: the one of that id, or a new one.
    pub(crate) async fn open(&self, id: &str) -> Result<Arc<Session>, Unopened> {
        if let Some(session) = self.kept(id) {
            return Ok(session);
        }
        let builder = self.runtime.session(id);
        let builder = builder.map_err(|why| Unopened::Id { id: id.to_owned(), why: why.to_string() })?;
        let opened = (self.terms)(builder).open().await;
        let opened = opened.map_err(|source| Unopened::Open { id: id.to_owned(), source })?;
        Ok(self.keep(id, opened))
    }

    /// Opens the session of that id, which is there.
    pub(crate) async fn find(&self, id: &str) -> Result<Arc<Session>, Unopened> {
        if let Some(session) = self.kept(id) {
            return Ok(session);
        }
        let unknown = || Unopened::Unknown(id.to_owned());
        let saga = SagaId::new(id).map_err(|_| unknown())?;
        let found = self.runtime.find(&saga).await;
        let found = found.map_err(|error| Unopened::Look { id: id.to_owned(), source: error.into() })?;
        found.ok_or_else(unknown)?;
        self.open(id).await
    }

    fn kept(&self, id: &str) -> Option<Arc<Session>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get_mut(id)?;
        found.named = true;
        Some(found.session.clone())
    }

    /// Keeps a session. Another call may have opened it first, and that one is returned.
    fn keep(&self, id: &str, session: Session) -> Arc<Session> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept =
            kept.entry(id.to_owned()).or_insert_with(|| Kept { session: Arc::new(session), named: true });
        kept.session.clone()
    }

    /// Drops the sessions that no call has named since the last time. Calls in flight keep theirs.
    pub(crate) fn sweep(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| std::mem::take(&mut kept.named));
    }
}
