//! A service that counts concurrent callers, and two steps that call it, each with its compensation: `hold` and
//! `release`, `seat` and `unseat`. It keeps no books of effects. It knows when it was called, by which sagas, and how
//! many at a time.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saga_core::policy::Retry;
use saga_runtime::*;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// The service; clones share it.
#[derive(Clone, Default)]
pub struct Counter(Arc<Inner>);

#[derive(Default)]
struct Inner {
    desks: Mutex<HashMap<&'static str, Desk>>,
    closed: watch::Sender<Vec<&'static str>>,
}

/// One of its desks, for one step.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// The number of present callers.
    pub now: usize,
    /// The highest number of concurrent callers.
    pub most: usize,
    /// The sagas that called, in order, with the times.
    pub came: Vec<(String, tokio::time::Instant)>,
    /// The duration of a call.
    pub takes: Duration,
    /// The number of first calls that are rejected as busy.
    pub busy: usize,
    /// True if calls are refused permanently.
    pub refuses: bool,
}

impl Counter {
    /// Sets up the desk of a step.
    pub fn set(&self, step: &'static str, set: impl FnOnce(&mut Desk)) -> &Self {
        set(self.desks().entry(step).or_default());
        self
    }

    /// Returns what the desk of a step has counted.
    pub fn desk(&self, step: &'static str) -> Desk {
        self.desks().get(step).cloned().unwrap_or_default()
    }

    /// Returns the number of calls of each saga.
    pub fn visits(&self, step: &'static str) -> BTreeMap<String, usize> {
        self.desk(step).came.into_iter().fold(BTreeMap::new(), |mut visits, (saga, _)| {
            *visits.entry(saga).or_default() += 1;
            visits
        })
    }

    /// Closes the desk: present callers wait.
    pub fn close(&self, step: &'static str) {
        self.0.closed.send_modify(|closed| closed.push(step));
    }

    /// Opens the desk again.
    pub fn open(&self, step: &'static str) {
        self.0.closed.send_modify(|closed| closed.retain(|s| *s != step));
    }

    fn desks(&self) -> MutexGuard<'_, HashMap<&'static str, Desk>> {
        self.0.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, step: &'static str, cx: &StepContext) -> Result<String, Failure> {
        let (takes, busy, refuses) = {
            let mut desks = self.desks();
            let desk = desks.entry(step).or_default();
            desk.now += 1;
            desk.most = desk.most.max(desk.now);
            desk.came.push((cx.saga().to_string(), tokio::time::Instant::now()));
            (desk.takes, desk.came.len() <= desk.busy, desk.refuses)
        };
        // This runs however the call ends: the caller may go away.
        let _leaves = Leaves(self, step);
        let mut closed = self.0.closed.subscribe();
        closed.wait_for(|closed| !closed.contains(&step)).await.expect("the counter stands");
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        match (busy, refuses) {
            (_, true) => Err(Failure::permanent(format!("{step}: refused"))),
            (true, _) => Err(Failure::transient(format!("{step}: busy"))),
            (false, false) => Ok(cx.key().to_string()),
        }
    }
}

struct Leaves<'a>(&'a Counter, &'static str);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.set(self.1, |desk| desk.now -= 1);
    }
}

/// The input of the steps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct What {
    /// Of a compensation: the id of the effect that it undoes.
    #[serde(default)]
    pub id: String,
}

macro_rules! at_counter {
    ($name:ident: $undo:ident, $effort:ident $(, by $by:ident)?) => {
        #[allow(non_camel_case_types, missing_docs)]
        pub enum $name {}
        impl Step for $name {
            const NAME: &'static str = stringify!($name);
            const RETRY: Retry = Retry { attempts: 4, ..Retry::RETRIABLE };
            const TIMEOUT: Duration = Duration::from_secs(1);
            $(const UNDONE_BY: Option<&'static str> = Some(stringify!($by));)?
            type Input = What;
            type Output = String;
            type Error = Failure;
            type Undo = undo::$undo;
            type Effort = effort::$effort;
            type Repeat = repeat::Keyed;
            async fn run(cx: &StepContext, _: What) -> Result<String, Failure> {
                cx.resource::<Counter>().serve(stringify!($name), cx).await
            }
            fn needs() -> Vec<Need> {
                vec![Need::of::<Counter>()]
            }
            $(
                fn related(registry: &mut Registry) {
                    registry.step::<$by>();
                }
                fn compensation(id: String, _: &Given<'_, Self>) -> Option<Compensation> {
                    Some(Compensates::undoing(StepCall::<$by>::new(What { id })))
                }
            )?
        }
    };
}

at_counter!(hold: Compensated, Fallible, by release);
at_counter!(release: Auxiliary, Retriable);
at_counter!(seat: Compensated, Fallible, by unseat);
at_counter!(unseat: Auxiliary, Retriable);
at_counter!(pay: Irreversible, Fallible);

macro_rules! calls_at {
    ($($name:ident),*) => {$(
        /// Returns a call of that step, at that site.
        pub fn $name(site: &str) -> Named<StepCall<$name>> {
            StepCall::new(What::default()).named(site.to_owned())
        }
    )*};
}

calls_at!(hold, seat, pay);
