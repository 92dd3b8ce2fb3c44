//! Bodies that are not deterministic, in a way that neither a macro nor a type sees: a clock, here a counter, behind a
//! function. The same code takes another way over its journal, and the dead letter says so.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use saga::prelude::*;

static ASKED: AtomicU64 = AtomicU64::new(0);

/// What a clock behind a function is: another value each time.
fn hidden() -> u64 {
    ASKED.fetch_add(1, Ordering::Relaxed)
}

#[step(readonly)]
async fn price(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(readonly)]
async fn weigh(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[saga]
async fn calls_with_another_value(item: u64) -> Result<u64, Failure> {
    let price = price(item + hidden()).await?;
    sleep("2h").await;
    Ok(price)
}

#[saga]
async fn goes_another_way(item: u64) -> Result<u64, Failure> {
    let found = if hidden().is_multiple_of(2) { price(item).await? } else { weigh(item).await? };
    sleep("2h").await;
    Ok(found)
}

#[saga]
async fn passes_by(item: u64) -> Result<u64, Failure> {
    if hidden().is_multiple_of(2) {
        price(item).await?;
        sleep("2h").await;
    }
    Ok(item)
}

/// Runs it, and gives what its dead letter says.
fn said<S: saga::Saga>(call: saga::SagaCall<S>) -> String {
    saga::test::in_virtual_time(async {
        ASKED.store(0, Ordering::Relaxed);
        let runtime = Runtime::builder(MemoryStore::new()).saga::<S>().start().await.unwrap();
        let handle = runtime.run("unsteady-1", call).await.unwrap();
        let Outcome::DeadLettered(letter) = handle.outcome().await.unwrap() else { panic!("it ended") };
        format!("{letter:?}")
    })
}

// One test: the counter is of the whole process.
#[test]
fn the_same_code_that_takes_another_way_is_said_not_to_be_deterministic() {
    let advice = "if the code is the same as then, the body is not deterministic";
    let value = said(calls_with_another_value(7));
    assert!(value.contains(advice) && value.contains("price"), "{value}");
    let way = said(goes_another_way(7));
    assert!(way.contains(advice) && way.contains("price"), "{way}");
    let past = said(passes_by(7));
    assert!(past.contains(advice) && past.contains("price"), "{past}");
}
