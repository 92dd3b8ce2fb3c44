//! The outside world, which survives the workers: a ledger of every effect, its undo, its key and its time. It keeps
//! the contracts that steps rely on. A repeated key is always recognized, and an effect that a probe denied never
//! lands.
//!
//! The fate of a call follows from the seed, the site and the number of earlier calls, so a round's world can be
//! repeated.

mod books;
mod fate;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use saga::{Rollback, journal::Role};
use serde::{Deserialize, Serialize};

pub(crate) use books::{Books, Effect};
use fate::Fate;

/// How a service recognizes a repeated call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Known {
    /// By its key.
    ByKey,
    /// By its nature: a repeat has no further effect.
    ByNature,
    /// Not at all: every call is another effect.
    NotAtAll,
}

/// What a compensation undoes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Undoes {
    /// The effect of this id, which must exist.
    This(String),
    /// The effect of this key if it exists; if not, it must never land.
    IfThere(String),
}

/// A call with an effect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) saga: String,
    pub(crate) site: String,
    pub(crate) role: Role,
    pub(crate) attempt: u32,
    pub(crate) key: String,
    pub(crate) step: String,
    pub(crate) known: Known,
    pub(crate) undoes: Option<Undoes>,
}

/// The end of a saga, as its worker reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Ended {
    Completed,
    RolledBack(Rollback),
}

/// A worker's request to the world, or report to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Request {
    Act(Call),
    /// Asks whether the call of this key happened.
    Probe(String),
    /// `Runtime::run` has returned: the saga is durable, with this time in its first record.
    Began {
        saga: String,
        at_ms: i64,
    },
    /// The saga's outcome is known to the worker.
    Ended {
        saga: String,
        how: Ended,
    },
}

/// The world's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The effect landed, under this id.
    Landed(String),
    /// It did not land; a retry may.
    Busy,
    /// It did not land, and never will.
    Refused,
    /// It is not known whether it landed.
    Unclear,
    /// It has not happened, and never will under that key.
    NotHappened,
    /// It is in flight.
    Pending,
    /// The report is recorded.
    Noted,
}

/// The ledger; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    seed: u64,
    books: Arc<Mutex<Books>>,
}

impl Ledger {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, books: Arc::default() }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles a request, also if the caller goes away meanwhile. `None`: no answer ever comes.
    pub(crate) async fn serve(self, request: Request) -> Option<Reply> {
        match request {
            Request::Act(call) => self.act(call).await,
            Request::Probe(key) => Some(self.books().probe(&key)),
            Request::Began { saga, at_ms } => {
                self.books().began(&saga, at_ms);
                Some(Reply::Noted)
            }
            Request::Ended { saga, how } => {
                self.books().ended(&saga, how);
                Some(Reply::Noted)
            }
        }
    }

    async fn act(&self, call: Call) -> Option<Reply> {
        let nth = self.books().take_off(&call, now_ms());
        let fate = Fate::of(self.seed, &call, nth);
        if let Some(wait) = fate.wait() {
            tokio::time::sleep(wait).await;
        }
        let mut books = self.books();
        let landed = fate.lands().then(|| books.land(&call, now_ms()));
        books.touch_down(&call.key);
        match fate {
            Fate::Well | Fate::Slow(_) => landed,
            Fate::Busy => Some(Reply::Busy),
            Fate::Refused => Some(Reply::Refused),
            Fate::UnclearLanded | Fate::UnclearLost => Some(Reply::Unclear),
            Fate::SilentLanded | Fate::SilentLost | Fate::Late(_) => None,
        }
    }
}

/// Returns the machine's time, which the journals use too.
#[allow(clippy::disallowed_methods, reason = "the harness runs in real time")]
pub(crate) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
