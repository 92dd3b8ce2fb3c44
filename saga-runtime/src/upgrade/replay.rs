//! Journals of finished sagas, kept as tests: the present code is run over a journal, dry, and must do what was done
//! then.
//!
//! [`check`](super::check) looks at sagas that may still move. This also looks at those that have ended, over all of
//! their way forward.

use std::path::Path;
use std::sync::Arc;

use saga_core::machine::BodyEnd;
use saga_core::{Cause, Entry, MemoryStore, Payload, Record, SagaId, State};

use super::report::{Finding, Misfit, Why};
use super::{dry, owed};
use crate::operate::runtime::{Builder, Runtime};
use crate::value::clock::{Clock, SystemClock};
use crate::value::text::text_of;

/// Runs the present code over the journal in a file, for the user's tests: its body must do what it did then, and end
/// in the same way.
///
/// The file is a list of records as JSON: `serde_json::to_string(&handle.journal().await?)`. A journal contains the
/// saga's input, including secrets.
///
/// ```
/// use saga::prelude::*;
///
/// #[step(readonly)]
/// async fn price(dish: String) -> Result<u32, Failure> {
///     Ok(dish.len() as u32)
/// }
///
/// #[saga]
/// async fn dinner(dish: String) -> Result<u32, Failure> {
///     Ok(price(dish).await? + 1)
/// }
///
/// /// Where the runtime is built, and in the test.
/// fn sagas(builder: saga::Builder) -> saga::Builder {
///     builder.saga::<dinner>()
/// }
///
/// #[test]
/// # fn hidden() {}
/// fn dinners_that_were_had() {
///     saga::test::replay("tests/journals/dinner-7.json", sagas);
/// }
/// # saga::test::in_virtual_time(async {
/// # let runtime = sagas(Runtime::builder(MemoryStore::new())).start().await.unwrap();
/// # let handle = runtime.run("dinner-7", dinner("soup".into())).await.unwrap();
/// # handle.outcome().await.unwrap();
/// # let path = std::env::temp_dir().join(format!("saga-journal-{}.json", std::process::id()));
/// # std::fs::write(&path, serde_json::to_string(&handle.journal().await.unwrap()).unwrap()).unwrap();
/// # saga::test::replay(&path, sagas);
/// # std::fs::remove_file(&path).unwrap();
/// # });
/// ```
///
/// # Panics
/// With what differs, and where; or if the file is not a journal.
#[allow(clippy::test_attr_in_doctest, reason = "it shows what a user writes; the hidden lines run it")]
#[track_caller]
pub fn replay(path: impl AsRef<Path>, build: impl FnOnce(Builder) -> Builder) {
    let text = std::fs::read_to_string(path.as_ref());
    let path = path.as_ref().display();
    let text = text.unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
    let journal: Vec<Entry> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path} is no journal: {error}"));
    if let Err(misfits) = replay_journal(&journal, build) {
        let list: String = misfits.iter().map(|misfit| format!("\n   - {}", told(misfit))).collect();
        panic!("the code no longer does what {path} tells of:{list}");
    }
}

fn told(misfit: &Misfit) -> String {
    match &misfit.site {
        Some(site) => format!("{site}: {}", misfit.why),
        None => misfit.why.to_string(),
    }
}

/// Does the same as [`replay`], with a journal in memory.
///
/// # Errors
/// The differences, with their sites: those in what the body does over the records, and in how it ends, if it ended
/// then. Also each recorded compensation that this build does not know, or has an input that it cannot read.
pub fn replay_journal(journal: &[Entry], build: impl FnOnce(Builder) -> Builder) -> Result<(), Vec<Misfit>> {
    let builder = build(Runtime::builder(MemoryStore::new()));
    let id = SagaId::new("replayed").expect("the id is not empty");
    let (name, version) = match journal.first().map(|entry| &entry.record) {
        Some(Record::Scheduled { saga, version, .. }) => (saga.clone(), *version),
        _ => ("".into(), 0),
    };
    let (phase, findings) = match State::of(id.clone(), journal) {
        Ok(state) => (state.phase(), findings(&id, journal, &builder)),
        Err(error) => {
            let detail = text_of(&error);
            (State::new(id.clone()).phase(), vec![(None, Why::Unreadable { detail })])
        }
    };
    let misfits: Vec<Misfit> = findings
        .into_iter()
        .map(|(site, why)| Misfit { saga: id.clone(), name: name.clone(), version, phase, site, why })
        .collect();
    if misfits.is_empty() { Ok(()) } else { Err(misfits) }
}

fn findings(id: &SagaId, journal: &[Entry], builder: &Builder) -> Vec<Finding> {
    let (forward, end) = way_forward(id, journal);
    let state = match State::of(id.clone(), forward) {
        Ok(state) => state,
        Err(error) => return vec![(None, Why::Unreadable { detail: text_of(&error) })],
    };
    let Some(head) = state.head() else {
        return vec![(None, Why::Unreadable { detail: "it has no records".to_owned() })];
    };
    let Some(code) = builder.registry.find_claimed(&head.saga) else {
        return vec![(None, Why::UnknownSaga)];
    };
    let at = forward.last().map(|entry| entry.at).unwrap_or_default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::at(at));
    let mut found = owed::misfits(&state, &builder.registry, &builder.encoding, at);
    match (dry::misfit(&state, code, builder, &clock), end) {
        // It panicked then, too.
        (Some((_, Why::Panicked { .. })), Some(End::Panicked)) => {}
        (Some(misfit), _) => found.push(misfit),
        (None, Some(end)) => {
            let here = dry::run(&state, code, builder, &clock);
            found.extend(end.differs(here, builder).map(|detail| (None, Why::Diverged { detail })));
        }
        (None, None) => {}
    }
    found
}

/// How the body ended then.
enum End<'a> {
    Returned(&'a Payload),
    Failed(&'a Payload, &'a str),
    Panicked,
}

/// Returns the records of the way forward, and the body's end if that ended it.
fn way_forward<'a>(id: &SagaId, journal: &'a [Entry]) -> (&'a [Entry], Option<End<'a>>) {
    let turns = |entry: &Entry| {
        matches!(
            entry.record,
            Record::Committing { .. }
                | Record::Completed { .. }
                | Record::RollbackStarted { .. }
                | Record::Abandoned { .. }
        )
    };
    let turn = journal.iter().position(turns).unwrap_or(journal.len());
    let state = State::of(id.clone(), &journal[..turn]);
    let is_stopped = state.is_ok_and(|state| state.stop().is_some());
    let stops = |entry: &Entry| matches!(entry.record, Record::StopRequested { .. });
    // After a stop nothing new began, wherever the body was.
    let stop = journal[..turn].iter().rposition(stops).filter(|_| is_stopped);
    let turn = stop.unwrap_or(turn);
    let end = journal.get(turn).and_then(|entry| match &entry.record {
        Record::Committing { output } | Record::Completed { output } => Some(End::Returned(output)),
        Record::RollbackStarted { cause } | Record::StopRequested { cause } => match cause {
            Cause::Failed { error, message, .. } => Some(End::Failed(error, message)),
            Cause::Panicked { .. } => Some(End::Panicked),
            _ => None,
        },
        _ => None,
    });
    (&journal[..turn], end)
}

impl End<'_> {
    /// Returns the difference of the body's end; `None` if there is none.
    fn differs(&self, here: Result<Option<BodyEnd>, String>, builder: &Builder) -> Option<String> {
        let same = |a: &Payload, b: &Payload| builder.encoding.codecs.same(a, b);
        let then = match (self, &here) {
            (End::Returned(then), Ok(Some(BodyEnd::Returned(now)))) if same(then, now) => return None,
            (End::Failed(then, _), Ok(Some(BodyEnd::Failed(now, _)))) if same(then, now) => return None,
            (End::Returned(then), _) => format!("gave {}", then.shown()),
            (End::Failed(_, message), _) => format!("failed: {message}"),
            (End::Panicked, _) => "panicked".to_owned(),
        };
        let now = match here {
            Ok(Some(BodyEnd::Returned(now))) => format!("it gives {}", now.shown()),
            Ok(Some(BodyEnd::Failed(_, message))) => format!("it fails: {message}"),
            Ok(Some(BodyEnd::Unrecordable(site, why))) => {
                format!("its end at {site} cannot be recorded: {why}")
            }
            Ok(Some(BodyEnd::Blocked(reason, _, detail))) => {
                format!("it is dead-lettered: {reason}: {detail}")
            }
            Ok(Some(BodyEnd::Panicked(message))) | Err(message) => format!("it panics: {message}"),
            Ok(None) => "it goes on to something else".to_owned(),
        };
        Some(format!("the body {then}, and here {now}"))
    }
}
