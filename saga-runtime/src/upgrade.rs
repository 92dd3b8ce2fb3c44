//! Before a new version runs: which sagas in a store fit it, and which do not, where and why. And before it is
//! released: whether it has kept what the versions before it owe.
//!
//! [`check`] looks at a store; `snapshot` (feature `test`) at a file in the repository, in the user's own tests. Nothing
//! here runs a step, claims a saga or writes to a store.

#[cfg(feature = "test")]
mod changes;
#[cfg(feature = "test")]
pub(crate) mod definitions;
mod dry;
mod owed;
#[cfg(feature = "test")]
mod replay;
mod report;
#[cfg(feature = "test")]
mod snapshot;

use std::sync::Arc;

use saga_core::store::{Query, StoreError, Summary};
use saga_core::{Entry, Phase, State, Timestamp};

use crate::operate::runtime::Builder;
use crate::replay::erased::AnySaga;
use crate::replay::registry::StartError;
use crate::value::clock::{Clock, SystemClock};
use crate::value::journal::journal;
use crate::value::text::text_of;

#[cfg(feature = "test")]
pub use changes::{Change, Danger};
#[cfg(feature = "test")]
pub use definitions::Definitions;
#[cfg(feature = "test")]
pub use replay::{replay, replay_journal};
pub use report::{Fit, Misfit, Report, Why};
#[cfg(feature = "test")]
pub use snapshot::{Keep, VARIABLE, hold_to, snapshot};

/// So many sagas are listed at a time.
const PAGE: usize = 500;

/// Tells which sagas in the builder's store fit what is registered with it, and which do not, where and why.
///
/// Looked at is every saga that may still move: those that have not ended, dead letters among them, and completed ones
/// that can still be undone as a whole. Of each
/// - the name must be one that this build runs,
/// - the journal must be a path of its automaton, if it goes forward,
/// - the body must run over the records and come by each of them: it is run *dry*, with no step behind it,
/// - every compensation that is owed, and every step on its way, must be registered, and read its recorded input.
///
/// Sagas that the store lists as damaged are [named](Report::damaged): no build would go on with them.
///
/// **Guarantees**: nothing is claimed, run or written, so that the store may be in use, or open only to be read.
/// Resources need not be registered. One journal is in memory at a time.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(compensate = free(table), idempotent)]
/// async fn reserve(table: u32) -> Result<u32, Failure> {
///     Ok(table)
/// }
///
/// #[step(retriable, idempotent)]
/// async fn free(_table: u32) -> Result<(), Failure> {
///     Ok(())
/// }
///
/// #[saga(version = 1)]
/// async fn dinner(table: u32) -> Result<u32, Failure> {
///     let table = reserve(table).await?;
///     sleep("2h").await;
///     Ok(table)
/// }
///
/// /// What `dinner` is to be in version 2.
/// #[saga(version = 2, name = "dinner")]
/// async fn dinner_after_a_walk(table: u32) -> Result<u32, Failure> {
///     sleep("1h").await;
///     Ok(reserve(table).await?)
/// }
/// # saga::test::in_virtual_time(async {
/// # let store = std::sync::Arc::new(MemoryStore::new());
/// # let runtime = Runtime::builder(store.clone()).saga::<dinner>().start().await.unwrap();
/// # let handle = runtime.run("dinner-1", dinner(7)).await.unwrap();
/// # while handle.phase().await.unwrap() != saga::Phase::Waiting { tokio::task::yield_now().await; }
///
/// // `dinner-1` sleeps when version 2 is to be rolled out.
/// let builder = Runtime::builder(store).saga::<dinner_after_a_walk>();
/// let report = saga::upgrade::check(&builder).await.unwrap();
/// assert!(!report.all_fit());
/// assert_eq!(report.misfits[0].site, Some(SitePath::from("reserve")));
/// println!("{report}");
/// # });
/// ```
///
/// # Errors
/// What would keep the builder from starting, resources apart: also a store with keys in another namespace; and [`StartError::Store`] if the store cannot be read.
pub async fn check(builder: &Builder) -> Result<Report, StartError> {
    builder.registry.check_names()?;
    builder.check_key_namespace().await?;
    let clock = builder.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
    let look = Look { builder, now: clock.now(), clock };
    let mut report = Report::default();
    let phases = Phase::ALL.into_iter().filter(|p| !p.is_ended() || *p == Phase::Completed).collect();
    let mut query = Query { phases, limit: PAGE, ..Query::default() };
    loop {
        let page = builder.store.query(&query).await?;
        for summary in page.sagas {
            look.at(&summary, &mut report).await?;
        }
        report.damaged.extend(page.damaged);
        query.after = page.next;
        if query.after.is_none() {
            return Ok(report);
        }
    }
}

/// A build, looking at a store.
struct Look<'a> {
    builder: &'a Builder,
    clock: Arc<dyn Clock>,
    now: Timestamp,
}

impl Look<'_> {
    async fn at(&self, summary: &Summary, report: &mut Report) -> Result<(), StartError> {
        let status = &summary.status;
        let is_over = status.phase == Phase::Completed && !status.undoable.is_open(self.now);
        if is_over {
            return Ok(());
        }
        let journal = match journal(&*self.builder.store, &summary.id).await {
            // It has been purged since it was listed.
            Ok(journal) if journal.is_empty() => return Ok(()),
            Ok(journal) => Ok(journal),
            Err(StoreError::Corrupt { detail, .. }) => Err(detail),
            Err(error) => return Err(error.into()),
        };
        let code = self.builder.registry.find_claimed(&status.saga);
        let whys = match (journal, code) {
            (Err(detail), _) => vec![(None, Why::Unreadable { detail })],
            (Ok(_), None) => vec![(None, Why::UnknownSaga)],
            (Ok(journal), Some(code)) => self.compare(summary, &journal, code),
        };
        let (saga, name) = (summary.id.clone(), status.saga.clone());
        let (version, phase) = (status.version, status.phase);
        match code {
            Some(code) if whys.is_empty() => {
                report.fits.push(Fit { saga, name, version, version_here: code.version(), phase });
            }
            _ => report.misfits.extend(whys.into_iter().map(|(site, why)| {
                let (saga, name) = (saga.clone(), name.clone());
                Misfit { saga, name, version, phase, site, why }
            })),
        }
        Ok(())
    }

    fn compare(&self, summary: &Summary, journal: &[Entry], code: &Arc<dyn AnySaga>) -> Vec<report::Finding> {
        let state = match State::of(summary.id.clone(), journal) {
            Ok(state) => state,
            Err(error) => return vec![(None, Why::Unreadable { detail: text_of(&error) })],
        };
        let phase = state.phase();
        if matches!(phase, Phase::RolledBack | Phase::Abandoned) {
            return Vec::new();
        }
        let mut whys = owed::misfits(&state, &self.builder.registry, &self.builder.encoding, self.now);
        if dry::goes_forward(&state) {
            whys.extend(dry::misfit(&state, code, self.builder, &self.clock));
        }
        whys
    }
}
