//! A world for the tests of the matrix, and a saga in it with which nothing is wrong.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use saga::Builder;
use saga::prelude::*;
use saga::test::{Matrix, Report, World, matrix};

/// A purse in which things are put and from which they are taken, and the keys that it has seen.
#[derive(Clone, Default)]
pub(crate) struct Purse(Arc<Mutex<Inside>>);

#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) coins: BTreeMap<String, i64>,
    pub(crate) keys: BTreeSet<String>,
}

impl Purse {
    pub(crate) fn open(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(crate) fn put(&self, what: &str, coins: i64) {
        let mut inside = self.open();
        let there = inside.coins.entry(what.to_owned()).or_default();
        *there += coins;
        inside.coins.retain(|_, coins| *coins != 0);
    }

    /// Puts it there, unless that was done under this key before.
    pub(crate) fn put_once(&self, key: &IdempotencyKey, what: &str, coins: i64) {
        if self.open().keys.insert(key.to_string()) {
            self.put(what, coins);
        }
    }
}

impl World for Purse {
    type Seen = BTreeMap<String, i64>;

    fn resources(&self, builder: Builder) -> Builder {
        builder.resource(self.clone())
    }

    fn look(&self) -> Self::Seen {
        self.open().coins.clone()
    }
}

#[step(compensate = take(what), probe = is_there(what, key))]
pub(crate) async fn put(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    purse.put_once(key, &what, 1);
    Ok(())
}

#[step(retriable)]
pub(crate) async fn take(purse: &Purse, key: &IdempotencyKey, what: String) -> Result<(), Failure> {
    purse.put_once(key, &what, -1);
    Ok(())
}

#[step(readonly)]
pub(crate) async fn is_there(purse: &Purse, what: String, of: IdempotencyKey) -> Result<Probe<()>, Failure> {
    let inside = purse.open();
    let happened = inside.keys.contains(of.as_str()) && inside.coins.contains_key(&what);
    Ok(if happened { Probe::Happened(()) } else { Probe::NotHappened })
}

#[step(irreversible, retriable)]
pub(crate) async fn pay(purse: &Purse, key: &IdempotencyKey) -> Result<(), Failure> {
    purse.put_once(key, "paid", 1);
    Ok(())
}

#[step(irreversible, retriable)]
pub(crate) async fn thank(purse: &Purse, key: &IdempotencyKey) -> Result<(), Failure> {
    purse.put_once(key, "thanked", 1);
    Ok(())
}

#[step(readonly)]
pub(crate) async fn count(purse: &Purse) -> Result<usize, Failure> {
    Ok(purse.open().coins.len())
}

#[saga]
pub(crate) async fn right() -> Result<(), Failure> {
    put("a".into()).await?;
    put("b".into()).await?;
    count().await?;
    pay().await;
    thank().await;
    Ok(())
}

pub(crate) fn purse<S: saga::Saga>(call: saga::SagaCall<S>) -> Matrix<S, Purse> {
    matrix(call).world(Purse::default)
}

/// The report is of something wrong, found by that case among others; it names the case, and says what it saw.
pub(crate) fn assert_caught(report: &Report, case: &str, saying: &str) {
    let found = report.case(case).unwrap_or_else(|| panic!("no case {case:?}\n{report:#}"));
    let why = found.wrong.as_deref().unwrap_or_else(|| panic!("{case:?} finds nothing\n{report:#}"));
    assert!(why.contains(saying), "{why}");
    let text = report.to_string();
    assert!(text.contains(&format!("WRONG: {case}\n")), "{text}");
    assert!(!text.contains("nothing wrong"), "{text}");
    let asserted = std::panic::catch_unwind(|| report.assert());
    assert!(asserted.is_err());
}
