//! The port of a session: the way in which calls come to its body, and answers to their callers. It is in memory: what
//! was begun is in the journal, and a caller that loses its answer makes its call again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use foldhash::fast::RandomState;
use saga_core::record::Failure;
use saga_core::{Payload, Phase, SagaId, SitePath};
use tokio::sync::oneshot;

use crate::drive::session::Index;
use crate::replay::erased::{AnyStep, Prints};
use crate::value::guard::guard;

/// A call that a session is asked to make.
pub(crate) struct Asked {
    /// The step's recorded name.
    pub(crate) name: &'static str,
    pub(crate) step: &'static dyn AnyStep,
    /// As it is recorded.
    pub(crate) input: Payload,
    pub(crate) prints: Prints,
    /// The reason for which it is made again on purpose.
    pub(crate) again: Option<String>,
    /// True if it is to be made when the session commits.
    pub(crate) deferred: bool,
    /// The place at which its outcome is awaited.
    pub(crate) at: Option<At>,
    pub(crate) reply: oneshot::Sender<Answer>,
    /// The number of the call at this port.
    pub(crate) ticket: u64,
}

/// The place at which the outcome of a call is awaited.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) site: SitePath,
    /// It is the n-th call of its step in the session, from 1.
    pub(crate) occurrence: u32,
    /// True if it was reached for this call; false if for an earlier one of the same identity.
    pub(crate) is_own: bool,
}

/// The result of a call, or the reason for which it has none.
pub(crate) type Answer = Result<Answered, Unanswered>;

/// The result of a call.
#[derive(Debug)]
pub(crate) enum Answered {
    /// It gave this, as it is recorded.
    Output { site: SitePath, output: Payload },
    /// It is deferred: it is made when the session commits.
    Deferred { site: SitePath },
}

/// The reason for which a call has no output.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The step failed.
    Failed { site: SitePath, failure: Failure },
    /// An earlier call of the same identity was made with another input; both are shown without their secrets.
    Conflict { site: SitePath, recorded: String, given: String },
    /// The session makes no more calls.
    Ended(Phase),
    /// It has made as many as it may.
    OverBudget(u32),
    /// The call cannot be recorded.
    Unrecordable(String),
}

/// The port of one session.
pub(crate) struct Port {
    saga: SagaId,
    ports: Arc<Ports>,
    /// The number of callers that have the session open.
    holders: AtomicUsize,
    inner: Mutex<Desk>,
}

/// The calls and answers at a port.
#[derive(Default)]
pub(crate) struct Desk {
    /// Calls that the body has not looked at.
    pub(crate) new: VecDeque<Asked>,
    /// Calls whose outcome is awaited, by the site at which that is.
    pub(crate) waiting: BTreeMap<SitePath, Vec<Asked>>,
    /// The sites at which something has happened that is awaited.
    pub(crate) woken: Arc<Mutex<Vec<SitePath>>>,
    /// Answers that are told once all that was decided is durable.
    pub(crate) told: Vec<(Asked, Answer)>,
    /// True once the session is to be committed.
    pub(crate) commits: bool,
    /// Calls that came after that: they are told how it went.
    pub(crate) late: Vec<Asked>,
    /// The number of calls that were put there.
    pub(crate) tickets: u64,
    /// What is known of the calls in the journal; `None` until the body looks.
    pub(crate) index: Option<Index>,
}

impl Port {
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        guard(&self.inner)
    }

    /// Notes that one more caller has the session open.
    pub(crate) fn hold(&self) {
        self.holders.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes that one caller less has it open.
    pub(crate) fn release(&self) {
        self.holders.fetch_sub(1, Ordering::AcqRel);
    }

    pub(crate) fn is_held(&self) -> bool {
        self.holders.load(Ordering::Acquire) > 0 || !self.desk().new.is_empty()
    }
}

impl Desk {
    /// Tells all that wait for it: what was decided is durable.
    pub(crate) fn is_durable(&mut self) {
        for (asked, answer) in self.told.drain(..) {
            // The caller may no longer wait: its call, sent again, is answered from the journal.
            drop(asked.reply.send(answer));
        }
    }

    /// Puts a call there. Returns its ticket.
    pub(crate) fn ask(&mut self, mut asked: Asked) -> u64 {
        self.tickets += 1;
        asked.ticket = self.tickets;
        match self.commits {
            true => self.late.push(asked),
            false => self.new.push_back(asked),
        }
        self.tickets
    }

    /// Takes a call back that was not looked at yet: its caller is told that it was not made.
    pub(crate) fn withdraw(&mut self, ticket: u64) {
        self.new.retain(|asked| asked.ticket != ticket);
        self.late.retain(|asked| asked.ticket != ticket);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let mut ports = guard(&self.ports.0);
        // Another may have come in its place.
        if ports.get(&self.saga).is_some_and(|port| port.strong_count() == 0) {
            ports.remove(&self.saga);
        }
    }
}

/// The ports of the sessions that are open in this process.
#[derive(Default)]
pub(crate) struct Ports(Mutex<HashMap<SagaId, Weak<Port>, RandomState>>);

impl Ports {
    /// Returns the port of a session, if it has one.
    pub(crate) fn get(&self, saga: &SagaId) -> Option<Arc<Port>> {
        guard(&self.0).get(saga)?.upgrade()
    }

    /// Returns the port of a session.
    pub(crate) fn of(self: &Arc<Self>, saga: &SagaId) -> Arc<Port> {
        let mut ports = guard(&self.0);
        if let Some(port) = ports.get(saga).and_then(Weak::upgrade) {
            return port;
        }
        let port = Arc::new(Port {
            saga: saga.clone(),
            ports: self.clone(),
            holders: AtomicUsize::new(0),
            inner: Mutex::default(),
        });
        ports.insert(saga.clone(), Arc::downgrade(&port));
        port
    }
}
