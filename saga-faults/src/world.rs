//! The world as a process reaches it: over a socket, or, if it is the same process, at once. And the bugs that a test puts
//! into that process, to see them found.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};

use saga::Role;
use saga::prelude::*;

use crate::ledger::{Call, Known, Ledger, Reply, Request, Undoes};
use crate::mutant::Mutant;
use crate::steps::{Slip, WorldError};
use crate::wire::Client;

/// How the ledger is reached.
#[derive(Debug)]
pub(crate) enum Way {
    /// It belongs to another process.
    Socket(Client),
    /// It belongs to this one.
    Here(Ledger),
}

/// What steps act upon.
#[derive(Debug)]
pub(crate) struct World {
    way: Way,
    mutant: Option<Mutant>,
    calls: AtomicU64,
}

impl World {
    pub(crate) fn new(way: Way, mutant: Option<Mutant>) -> Self {
        Self { way, mutant, calls: AtomicU64::new(0) }
    }

    /// Asks, and waits for the answer, which may never come.
    pub(crate) async fn ask(&self, request: Request) -> Reply {
        let answer = match &self.way {
            Way::Socket(client) => client.ask(request).await,
            // Once it is out, the caller's end does not call it back.
            Way::Here(ledger) => tokio::spawn(ledger.clone().serve(request)).await.ok().flatten(),
        };
        match answer {
            Some(reply) => reply,
            None => pending().await,
        }
    }

    /// A call with an effect.
    pub(crate) async fn act(
        &self,
        cx: &StepContext,
        key: &IdempotencyKey,
        step: &str,
        known: Known,
        undoes: Option<Undoes>,
    ) -> Result<Slip, WorldError> {
        let mut key = key.to_string();
        if self.mutant == Some(Mutant::IgnoresKeys) {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            key = format!("{} {call} {key}", std::process::id());
        }
        if self.mutant == Some(Mutant::SkipsCompensations) && cx.role() == Role::Undo && undoes.is_some() {
            return Ok(Slip { id: key });
        }
        let call = Call {
            saga: cx.saga().to_string(),
            site: cx.site().to_string(),
            role: cx.role(),
            attempt: cx.attempt(),
            key,
            step: step.to_owned(),
            known,
            undoes,
        };
        match self.ask(Request::Act(call)).await {
            Reply::Landed(id) => Ok(Slip { id }),
            Reply::Busy => Err(WorldError::Busy),
            Reply::Refused => Err(WorldError::Refused),
            _ => Err(WorldError::Unclear),
        }
    }

    /// Whether the call of that key happened.
    pub(crate) async fn probe(&self, of: &IdempotencyKey) -> Result<Probe<Slip>, WorldError> {
        if self.mutant == Some(Mutant::ProbesNobody) {
            return Ok(Probe::NotHappened);
        }
        match self.ask(Request::Probe(of.to_string())).await {
            Reply::Landed(id) => Ok(Probe::Happened(Slip { id })),
            Reply::NotHappened => Ok(Probe::NotHappened),
            Reply::Pending => Ok(Probe::Pending),
            _ => Err(WorldError::Unclear),
        }
    }
}
