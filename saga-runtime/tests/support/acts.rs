//! What tests of acts need besides the kit: refusals and dead letters taken out of what holds them, and questions to
//! journal and world.
#![allow(dead_code, unreachable_pub)]

use std::time::Duration;

pub use saga_core::machine::Refusal;
use saga_core::{DeadLetter, Receipt, Record};

use crate::kit::*;

pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3600);

/// Why it was refused.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, ActError>) -> Refusal {
    match result {
        Err(ActError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// The dead letter that it has become.
pub async fn parked<S: Saga<Output: std::fmt::Debug>>(handle: &Handle<S>) -> DeadLetter {
    match handle.outcome().in_time().await.unwrap() {
        Outcome::DeadLettered(letter) => letter.into_seen(),
        other => panic!("no dead letter: {other:?}"),
    }
}

/// The only reason for which it is a dead letter, and where.
pub fn only(letter: &DeadLetter) -> (Option<&str>, Reason) {
    assert_eq!(letter.reasons.len(), 1, "{letter}");
    (letter.reasons[0].site.as_ref().map(Site::as_str), letter.reasons[0].reason)
}

/// How often the journal has a record of that kind.
pub async fn count(handle: &AnyHandle, is: impl Fn(&Record) -> bool) -> usize {
    handle.journal().await.unwrap().iter().filter(|e| is(&e.record)).count()
}

/// Its journal, but for acts that had no effect.
pub async fn effective(handle: &AnyHandle) -> Vec<saga_core::Entry> {
    let mut journal = handle.journal().await.unwrap();
    journal.retain(|entry| !matches!(entry.record, Record::NoEffect { .. }));
    journal
}

/// The id of what landed as `label` last.
pub fn id_of(world: &World, label: &str) -> String {
    let books = world.books();
    books.effects.iter().rev().find(|e| e.label == label).map(|e| e.id.clone()).expect("it has landed")
}

/// The sites as text.
pub fn names(sites: &[Site]) -> Vec<&str> {
    sites.iter().map(Site::as_str).collect()
}

/// What a receipt says: done, in flight, never started, beyond undoing.
pub fn told(receipt: &Receipt) -> [Vec<&str>; 4] {
    [
        names(&receipt.done),
        names(&receipt.in_flight),
        names(&receipt.never_started),
        names(&receipt.cannot_be_undone),
    ]
}

/// Two letters for one site.
pub fn site(name: &str) -> Site {
    Site::from(name)
}

/// Waits until the saga's state is so.
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

/// Something that is to come to an end, in virtual time.
pub trait InTime: Future + Sized {
    /// Waits for it; a test that would wait for ever fails.
    fn in_time(self) -> impl Future<Output = Self::Output> {
        let ends = tokio::time::timeout(30 * HOUR, self);
        async { ends.await.expect("it goes on for ever") }
    }
}

impl<F: Future> InTime for F {}
