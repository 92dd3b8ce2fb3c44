//! The world outside, which survives what is done to the workers: a ledger of every effect, its undo, its key and its
//! time. It keeps the contracts that steps rely on: a key that comes again is known again, for ever, and what a probe has
//! said not to have happened never lands.
//!
//! What befalls a call follows from the seed, the site and how often it was called; so a round's world can be repeated.

mod books;
mod fate;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use saga::{Role, Rollback};
use serde::{Deserialize, Serialize};

pub(crate) use books::{Books, Effect};
use fate::Fate;

/// How a service knows a call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Known {
    /// By its key.
    ByKey,
    /// By what it does: doing it twice is doing it once.
    ByNature,
    /// Not at all: every call is another effect.
    NotAtAll,
}

/// What a compensation undoes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Undoes {
    /// The effect of this id, which must be there.
    This(String),
    /// The effect of this key if it is there; if not, it shall never land.
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

/// How a saga ended, as its worker was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Ended {
    Completed,
    RolledBack(Rollback),
}

/// What a worker asks of the world, or tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Request {
    Act(Call),
    /// Whether the call of this key happened.
    Probe(String),
    /// `Runtime::run` has returned: the saga is durable, with this time in its first record.
    Began {
        saga: String,
        at_ms: i64,
    },
    /// Its outcome was told.
    Ended {
        saga: String,
        how: Ended,
    },
}

/// What the world answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// It happened, and is known by this id.
    Landed(String),
    /// It did not, for now.
    Busy,
    /// It did not, and will not.
    Refused,
    /// Nobody knows.
    Unclear,
    /// It has not happened, and never will under that key.
    NotHappened,
    /// It is on its way.
    Pending,
    /// Noted.
    Noted,
}

/// The ledger; clones are the same.
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

    /// Does what is asked, in its own time, whatever becomes of whoever asks. `None`: no answer ever comes.
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

/// The machine's time: the journals' as well.
#[allow(clippy::disallowed_methods, reason = "the harness runs in real time")]
pub(crate) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
