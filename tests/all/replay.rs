//! A journal kept as a test. The code that wrote it replays it; changed code does not, and the difference is reported
//! with its site.
//!
//! Seen to fail with these bugs put in: the end is not compared; the way back is treated as a part of the way forward;
//! the body continues after a stop; compensations are not looked up.
#![allow(clippy::unwrap_used)]

use saga::prelude::*;
use saga::test::{TestRuntime, in_virtual_time, replay, replay_journal};
use saga::{
    Builder, SitePath,
    record::{Entry, Record},
};

#[step(idempotent, compensate = free(table))]
async fn reserve(table: u32) -> Result<u32, Failure> {
    if table == 13 { Err(Failure::permanent("unlucky")) } else { Ok(table) }
}

#[step(idempotent, retriable)]
async fn free(_table: u32) -> Result<(), Failure> {
    Ok(())
}

/// Undoes the reservation in the next version.
#[step(idempotent, retriable)]
async fn let_go(_table: u32) -> Result<(), Failure> {
    Ok(())
}

#[step(readonly)]
async fn price(dish: String) -> Result<u32, Failure> {
    Ok(dish.len() as u32)
}

#[saga]
async fn dinner(table: u32, dish: String) -> Result<u32, Failure> {
    let table = reserve(table).await?;
    assert_ne!(dish, "bones");
    let price = price(dish.clone()).await?;
    if dish == "dragon" {
        panic!("no dragons");
    }
    sleep("2h").await;
    if price > 7 {
        return Err(Failure::permanent("too dear"));
    }
    Ok(table + price)
}

/// The next version, with another end.
#[saga(name = "dinner")]
async fn other_end(table: u32, dish: String) -> Result<u32, Failure> {
    let table = reserve(table).await?;
    let price = price(dish).await?;
    sleep("2h").await;
    if price > 70 {
        return Err(Failure::permanent("too dear"));
    }
    Ok(table * price)
}

/// A version with other steps first.
#[saga(name = "dinner")]
async fn other_way(table: u32, dish: String) -> Result<u32, Failure> {
    let price = price(dish).await?;
    let table = reserve(table).await?;
    sleep("2h").await;
    Ok(table + price)
}

#[step(idempotent, compensate = let_go(table), name = "reserve")]
async fn reserve_otherwise(table: u32) -> Result<u32, Failure> {
    Ok(table)
}

/// A version with another compensation.
#[saga(name = "dinner")]
async fn other_undo(table: u32, dish: String) -> Result<u32, Failure> {
    let table = reserve_otherwise(table).await?;
    let price = price(dish).await?;
    sleep("2h").await;
    Ok(table + price)
}

fn here(builder: Builder) -> Builder {
    builder.saga::<dinner>()
}

/// Returns the journal of a dinner, cancelled if `is_cancelled`.
fn journal(table: u32, dish: &str, is_cancelled: bool) -> Vec<Entry> {
    in_virtual_time(async {
        let test = TestRuntime::start(here).await.unwrap();
        let handle = test.run("dinner", dinner(table, dish.into())).await.unwrap();
        if is_cancelled {
            test.pass(std::time::Duration::from_secs(60)).await;
            handle.cancel(By::new("Ann", "she is not hungry")).await.unwrap();
        }
        handle.outcome().await.unwrap();
        handle.journal().await.unwrap()
    })
}

#[test]
fn where_a_stop_came_first_the_body_never_was() {
    let journal = in_virtual_time(async {
        let test = TestRuntime::start(here).await.unwrap();
        test.cancel_at(1, saga::SagaId::new("dinner").unwrap(), By::new("Ann", "she is not hungry"));
        let handle = test.run("dinner", dinner(1, "bones".into())).await.unwrap();
        handle.outcome().await.unwrap();
        handle.journal().await.unwrap()
    });
    // The reservation in flight is done and undone; the body never saw its output.
    assert!(journal.iter().any(|entry| matches!(entry.record, Record::Done { .. })), "{journal:#?}");
    assert_eq!(replay_journal(&journal, here), Ok(()));
}

fn differs(journal: &[Entry], build: impl FnOnce(Builder) -> Builder) -> (Option<SitePath>, String) {
    let misfits = replay_journal(journal, build).unwrap_err();
    let first = misfits.first().unwrap();
    (first.site.clone(), first.why.to_string())
}

#[test]
fn what_the_code_did_it_does_again() {
    for (table, dish, is_cancelled) in [
        (1, "soup", false),
        (1, "soup", true),
        (13, "soup", false),
        (1, "lobsters", false),
        (1, "dragon", false),
    ] {
        let journal = journal(table, dish, is_cancelled);
        assert_eq!(replay_journal(&journal, here), Ok(()), "{table} {dish} {is_cancelled}");
        // Also a journal that is cut short, as of a saga in flight.
        let cut = if dish == "dragon" { 0 } else { journal.len() };
        for len in 1..cut {
            assert_eq!(replay_journal(&journal[..len], here), Ok(()), "{table} {dish} {is_cancelled}, {len}");
        }
    }
}

#[test]
fn another_output_is_told() {
    let journal = journal(3, "soup", false);
    let told = differs(&journal, |b| b.saga::<other_end>());
    assert_eq!(told, (None, "the body gave 7, and here it gives 12".to_owned()));
}

#[test]
fn another_outcome_is_told() {
    let journal = journal(3, "lobsters", false);
    let told = differs(&journal, |b| b.saga::<other_end>());
    assert_eq!(told, (None, "the body failed: too dear, and here it gives 24".to_owned()));
}

#[test]
fn a_panic_that_is_mended_is_told() {
    let journal = journal(1, "dragon", false);
    let (site, told) = differs(&journal, |b| b.saga::<other_end>());
    assert_eq!(site, None);
    assert_eq!(told, "the body panicked, and here it goes on to something else");
}

#[test]
fn another_way_is_told_where_it_begins() {
    let (site, told) = differs(&journal(1, "soup", false), |b| b.saga::<other_way>());
    assert_eq!(site, Some(SitePath::from("reserve")));
    assert!(told.contains("price"), "{told}");
}

#[test]
fn a_compensation_that_is_gone_is_told() {
    let journal = journal(1, "soup", false);
    let (site, told) = differs(&journal, |b| b.saga::<other_undo>());
    assert_eq!(site, Some(SitePath::from("reserve")));
    assert_eq!(told, "reserve is to be undone by free, which this build does not know");
    assert_eq!(replay_journal(&journal, |b| b.saga::<other_undo>().step::<free>()), Ok(()));
}

#[test]
fn what_is_no_journal_is_told() {
    let journal = journal(1, "soup", false);
    assert!(differs(&journal[1..], here).1.starts_with("its journal cannot be read"));
    assert!(differs(&[], here).1.starts_with("its journal cannot be read"));
    let mut other = journal;
    if let Record::Scheduled { saga, .. } = &mut other[0].record {
        *saga = "lunch".into();
    }
    assert_eq!(differs(&other, here).1, "this build runs no saga of that name");
}

#[test]
fn a_file_is_replayed_and_the_test_fails_with_what_differs() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("dinner.json");
    std::fs::write(&path, serde_json::to_string(&journal(3, "soup", false)).unwrap()).unwrap();
    replay(&path, here);
    let panic = std::panic::catch_unwind(|| replay(&path, |b| b.saga::<other_end>())).unwrap_err();
    let told = panic.downcast_ref::<String>().unwrap();
    assert!(told.contains("the code no longer does what") && told.contains("dinner.json"), "{told}");
    assert!(told.contains("- the body gave 7, and here it gives 12"), "{told}");
}
