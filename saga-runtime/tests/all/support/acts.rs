//! Helpers for tests of acts: they unpack refusals and dead letters, and query journal and world.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

pub use saga_core::machine::Refusal;
use saga_core::{DeadLetter, Receipt, Record};

use super::kit::*;

pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3600);

/// Returns the refusal of an act.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, ActError>) -> Refusal {
    match result {
        Err(ActError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Waits until the saga is dead-lettered, and returns the dead letter.
pub async fn dead_lettered<S: Saga<Output: std::fmt::Debug>>(handle: &Handle<S>) -> DeadLetter {
    match handle.outcome().in_time().await.unwrap() {
        Outcome::DeadLettered(letter) => letter.into_seen(),
        other => panic!("no dead letter: {other:?}"),
    }
}

/// Returns the only reason for which it is a dead letter, with its site.
pub fn only(letter: &DeadLetter) -> (Option<&str>, Reason) {
    assert_eq!(letter.blockers.len(), 1, "{letter}");
    (letter.blockers[0].site.as_ref().map(SitePath::as_str), letter.blockers[0].reason)
}

/// Returns the number of records of that kind in the journal.
pub async fn count(handle: &AnyHandle, is: impl Fn(&Record) -> bool) -> usize {
    handle.journal().await.unwrap().iter().filter(|e| is(&e.record)).count()
}

/// Returns the journal without acts that had no effect.
pub async fn effective(handle: &AnyHandle) -> Vec<saga_core::Entry> {
    let mut journal = handle.journal().await.unwrap();
    journal.retain(|entry| !matches!(entry.record, Record::NoEffect { .. }));
    journal
}

/// Returns the id of the last effect of `label`.
pub fn id_of(world: &World, label: &str) -> String {
    let books = world.books();
    books.effects.iter().rev().find(|e| e.label == label).map(|e| e.id.clone()).expect("it has landed")
}

/// Returns the sites as text.
pub fn names(sites: &[SitePath]) -> Vec<&str> {
    sites.iter().map(SitePath::as_str).collect()
}

/// Returns the lists of a receipt: done, in flight, never started, irreversible.
pub fn told(receipt: &Receipt) -> [Vec<&str>; 4] {
    [
        names(&receipt.done),
        names(&receipt.in_flight),
        names(&receipt.never_started),
        names(&receipt.cannot_be_undone),
    ]
}

/// Returns the site of that name.
pub fn site(name: &str) -> SitePath {
    SitePath::from(name)
}

/// Waits until the saga's state satisfies the condition.
pub async fn until(handle: &AnyHandle, is: impl Fn(&State) -> bool) {
    let mut watch = handle.watch();
    while !is(&handle.look().await.unwrap()) {
        watch.next().in_time().await.unwrap().expect("the saga ended before it came to that");
    }
}

/// Waits until the saga is in that phase.
pub async fn until_phase(handle: &AnyHandle, phase: Phase) {
    until(handle, |state| state.phase() == phase).await;
}

/// A future that must end, in virtual time.
pub trait InTime: Future + Sized {
    /// Waits for it; fails if it does not end.
    fn in_time(self) -> impl Future<Output = Self::Output> {
        let ends = tokio::time::timeout(30 * HOUR, self);
        async { ends.await.expect("it goes on for ever") }
    }
}

impl<F: Future> InTime for F {}
