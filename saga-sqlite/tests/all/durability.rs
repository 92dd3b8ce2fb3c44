//! Counts how often writes are made durable, which is what a step costs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::support::{self, NOW, commit, creation, id, join, seqs, status, step, value};
use rusqlite::Connection;
use saga_core::conformance::block_on;
use saga_core::store::{Append, AppendError, Store, StoreError};
use saga_core::{Epoch, Phase, Seq};
use saga_sqlite::SqliteStore;
use tempfile::TempDir;

fn store() -> (SqliteStore, TempDir) {
    let dir = tempfile::tempdir().expect("a directory can be made");
    (SqliteStore::open(dir.path().join("sagas.db")).expect("it can be opened"), dir)
}

type Answers = Result<Vec<Result<Epoch, AppendError>>, StoreError>;

/// Blocks all writes until it is dropped.
struct Pause(Connection);

impl Pause {
    fn of(store: &SqliteStore) -> Self {
        let connection = Connection::open(store.path()).expect("it is a database");
        connection.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
        Pause(connection)
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.execute_batch("ROLLBACK").expect("it was begun");
    }
}

fn poll_once<T>(future: &mut Pin<Box<dyn Future<Output = T> + '_>>) {
    let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(poll, Poll::Pending), "nobody can write now");
}

#[test]
fn a_saga_of_five_steps_takes_six_transactions() {
    let (store, _dir) = store();
    block_on(async {
        let worker = join(&store, "worker").await;
        let before = store.stats();
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        for seq in 1..5 {
            commit(&store, worker, &step("a", epoch, seq, value(100))).await.expect("the store works");
        }
        let last = Append {
            status: Some(status(Phase::Completed)),
            release: true,
            ..step("a", epoch, 5, value(100))
        };
        commit(&store, worker, &last).await.expect("the store works");
        let after = store.stats();
        assert_eq!(after.transactions - before.transactions, 6);
        assert_eq!((after.appends - before.appends, after.records - before.records), (6, 6));
    });
}

#[test]
fn a_batch_is_one_transaction_however_large() {
    let (store, _dir) = store();
    block_on(async {
        let worker = join(&store, "worker").await;
        let before = store.stats().transactions;
        let batch: Vec<Append> = (0..500).map(|n| creation(&format!("saga-{n}"))).collect();
        let answers = store.commit(worker, &batch, NOW).await.expect("the store works");
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(store.stats().transactions - before, 1);
    });
}

#[test]
fn what_waits_while_the_file_is_busy_goes_into_one_transaction() {
    let (store, _dir) = store();
    block_on(async {
        let worker = join(&store, "worker").await;
        let mut epochs = Vec::new();
        for name in ["a", "b"] {
            epochs.push(commit(&store, worker, &creation(name)).await.expect("the store works"));
        }
        let before = store.stats().transactions;
        let batches: Vec<[Append; 1]> = (1..=20)
            .map(|n: Seq| {
                [step(["a", "b"][n as usize % 2], epochs[n as usize % 2], n.div_ceil(2), value(10))]
            })
            .collect();
        let (saga, pause) = (id("a"), Pause::of(&store));
        // The first may be written at once.
        let commit =
            |batch| -> Pin<Box<dyn Future<Output = Answers> + '_>> { store.commit(worker, batch, NOW) };
        let mut commits: Vec<_> = batches.iter().map(|batch| commit(&batch[..])).collect();
        commits.iter_mut().for_each(poll_once);
        let mut delivery: Pin<Box<dyn Future<Output = _> + '_>> =
            store.deliver(&saga, support::cancel(), NOW);
        poll_once(&mut delivery);
        drop(pause);
        for commit in commits {
            let answers = commit.await.expect("the store works");
            assert!(answers[0].is_ok(), "{answers:?}");
        }
        delivery.await.expect("a delivery is accepted");
        let transactions = store.stats().transactions - before;
        assert!((1..=2).contains(&transactions), "{transactions} transactions for 21 jobs");
    });
}

#[test]
fn a_commit_that_was_given_up_is_done_or_not_and_can_be_sent_again() {
    let (store, _dir) = store();
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let mail = store.deliver(&id("a"), support::cancel(), NOW).await.expect("a delivery is accepted");
        let append = Append { taken: vec![mail], ..step("a", epoch, 1, value(10)) };
        let batch = [append.clone()];
        let pause = Pause::of(&store);
        let mut given_up: Pin<Box<dyn Future<Output = _> + '_>> = store.commit(worker, &batch, NOW);
        poll_once(&mut given_up);
        drop(given_up);
        drop(pause);
        assert_eq!(commit(&store, worker, &append).await.expect("the store works"), epoch);
        assert_eq!(seqs(&store, "a").await, [0, 1]);
        assert!(store.inbox(worker).await.expect("the inbox can be read").is_empty());
    });
}

#[test]
fn looking_costs_no_transaction() {
    let (store, _dir) = store();
    block_on(async {
        let worker = join(&store, "worker").await;
        let epoch = commit(&store, worker, &creation("a")).await.expect("the store works");
        let before = store.stats().transactions;
        let claims = store.claim(worker, &support::wanted(), NOW).await.expect("the worker may claim");
        assert!(claims.claimed.is_empty());
        assert!(store.inbox(worker).await.expect("the inbox can be read").is_empty());
        assert_eq!(store.held(worker).await.expect("it can be listed").len(), 1);
        let nothing = Append { entries: vec![], ..step("a", epoch, 1, value(1)) };
        commit(&store, worker, &nothing).await.expect("the store works");
        assert_eq!(store.stats().transactions, before, "nothing was written");
    });
}
