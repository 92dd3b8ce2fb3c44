//! The world as a process reaches it: over a socket, or directly in the same process. Also the bugs that a test puts
//! into the process.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};

use saga::journal::Role;
use saga::prelude::*;

use crate::answer::{Slip, WorldError};
use crate::ledger::{Call, Known, Ledger, Reply, Request, Undoes};
use crate::mutant::Mutant;
use crate::wire::Client;

/// The way to the ledger.
#[derive(Debug)]
pub(crate) enum Way {
    /// It is in another process.
    Socket(Client),
    /// It is in this process.
    Here(Ledger),
}

/// The resource of all steps.
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

    /// Sends a request, and waits for the answer, which may never come.
    pub(crate) async fn ask(&self, request: Request) -> Reply {
        let answer = match &self.way {
            Way::Socket(client) => client.ask(request).await,
            // Dropping the caller does not cancel a request that was sent.
            Way::Here(ledger) => tokio::spawn(ledger.clone().serve(request)).await.ok().flatten(),
        };
        match answer {
            Some(reply) => reply,
            None => pending().await,
        }
    }

    /// Makes a call with an effect.
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

    /// Finds out whether the call of a key happened.
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
