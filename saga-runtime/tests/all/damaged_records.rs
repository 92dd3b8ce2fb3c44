//! Scenario 59 of `docs/scenarios.md`: one saga's record is damaged, and all others continue. The store's part is in
//! `saga-sqlite/tests/all/damage.rs`; this is the runtime's part.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::machine::Delivery;
use saga_core::store::{Append, Status, Store, StoreError};
use saga_core::{Entry, MemoryStore, Payload, Record};

saga!(trip, |cx, input| [a] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    Ok("booked".to_owned())
});

async fn start(store: &Arc<Valve>, world: &World) -> Runtime {
    let clock = Arc::new(SystemClock::at(test::BEGINNING));
    let builder = Runtime::builder(store.clone()).resource(world.clone()).clock(clock);
    builder.saga::<trip>().start().await.unwrap()
}

/// Writes a journal that no build can have written, of a released saga.
async fn write_nonsense(store: &dyn Store, id: &SagaId) {
    let now = test::BEGINNING;
    let input = Payload::encode("").unwrap();
    let scheduled = Record::Scheduled {
        saga: "trip".into(),
        version: 1,
        input,
        deadline: None,
        key_namespace: None,
        session: None,
    };
    let nonsense = Record::TimerFired { site: SitePath::from("nowhere") };
    let entries = [scheduled, nonsense].into_iter().zip(0..);
    let entries: Vec<Entry> = entries.map(|(record, seq)| Entry { seq, at: now, record }).collect();
    let status = Some(Status::of(&State::of(id.clone(), &entries[..1]).unwrap(), None, 0));
    let append =
        Append { next: None, saga: id.clone(), epoch: None, entries, status, taken: vec![], release: true };
    let worker = store.join("before", Duration::from_secs(1), now).await.unwrap();
    store.commit(worker, &[append], now).await.unwrap().remove(0).unwrap();
    store.leave(worker).await.unwrap();
}

fn signal(id: &str) -> Delivery {
    Delivery::Signal { id: id.to_owned(), name: "arrived".to_owned(), payload: Payload::null() }
}

/// Yields often enough for any finite work. A look for work that finds something at once lets no virtual time pass.
async fn turns() {
    for _ in 0..20_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn s59_a_journal_that_does_not_fold_is_not_claimed_again_and_again_for_a_delivery() {
    let (world, store) = (World::new(), Valve::new(Arc::new(MemoryStore::new())));
    let broken = SagaId::new("broken").unwrap();
    write_nonsense(&*store, &broken).await;
    store.deliver(&broken, signal("one"), test::BEGINNING).await.unwrap();
    let runtime = start(&store, &world).await;
    turns().await;
    assert_eq!(store.claimed(), 1, "claimed once for what it cannot take");
    let letter = store.summary(&broken).await.unwrap().unwrap().status;
    assert_eq!((letter.phase, &letter.reasons[..]), (Phase::DeadLettered, &[Reason::Undecodable][..]));
    store.deliver(&broken, signal("two"), runtime.now()).await.unwrap();
    turns().await;
    assert_eq!(store.claimed(), 2, "and once more for what came since");
    // The others continue, and no delivery is lost: a build that can read the journal takes it.
    let handle = runtime.run("whole", trip::call()).await.unwrap();
    assert!(handle.outcome().await.unwrap().is_completed());
    assert_eq!(store.undelivered(&broken).await.unwrap().len(), 2);
    runtime.shutdown().await;
    let next = start(&store, &world).await;
    turns().await;
    assert_eq!(store.claimed(), 3, "the next worker tries as well, once");
    next.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn s59_what_the_store_refuses_for_good_reaches_the_caller_as_that() {
    let (world, store) = (World::new(), Valve::new(Arc::new(MemoryStore::new())));
    let runtime = start(&store, &world).await;
    store.commits(Flow::Corrupt);
    let refused = runtime.run("a", trip::call()).await.unwrap_err();
    let RunError::Store(error) = &refused else { panic!("{refused:?}") };
    assert!(matches!(error, StoreError::Corrupt { .. }) && !error.is_transient(), "{error:?}");
    store.commits(Flow::Open);
    let handle = runtime.run("a", trip::call()).await.unwrap();
    assert!(handle.outcome().await.unwrap().is_completed());
}

#[tokio::test(start_paused = true)]
async fn s59_a_look_for_work_that_fails_is_a_trouble() {
    let (world, store) = (World::new(), Valve::new(Arc::new(MemoryStore::new())));
    let runtime = start(&store, &world).await;
    turns().await;
    assert_eq!(runtime.store_trouble(), None);
    store.writes(Flow::Corrupt);
    tokio::time::sleep(HOUR).await;
    let trouble = runtime.store_trouble().unwrap();
    assert_eq!(trouble, "the store cannot be read: the valve is shut");
    store.writes(Flow::Open);
    tokio::time::sleep(HOUR).await;
    assert_eq!(runtime.store_trouble(), None);
}
