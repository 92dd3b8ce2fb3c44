//! Calls that are sent again: while the first runs, after a crash, after a failure, with another input, on purpose.

use std::cell::Cell;
use std::time::Duration;

use saga::payload::{Codec, CodecError};
use saga::prelude::*;
use saga::session::CallError;
use saga::test::{Side, in_virtual_time};
use saga::{Outcome, Phase, record::Record};

use super::shop::*;

/// Lets the caller of a call lose its patience after so many seconds.
async fn impatient<T>(call: impl Future<Output = T>, seconds: u64) {
    assert!(tokio::time::timeout(Duration::from_secs(seconds), call).await.is_err(), "it waits");
}

#[test]
fn s35_a_call_sent_again_while_the_first_runs_waits_for_that_one() {
    in_virtual_time(async {
        for said in [Said::Silence, Said::DoneInSilence] {
            let (test, shop) = started().await;
            let session = open(&test, "ticket-9").await;
            shop.says("hold 12A", [said]);
            impatient(session.call(hold(7, "12A".into())), 1).await;
            let both = tokio::join!(session.call(hold(7, "12A".into())), session.call(hold(7, "12A".into())));
            assert!(matches!(both, (Ok(1), Ok(1))), "{both:?}");
            assert_eq!(shop.ledger(), ["hold 12A"]);
            session.roll_back("done").await.unwrap();
            assert_eq!(shop.ledger(), ["hold 12A", "release 12A"]);
        }
    });
}

#[test]
fn s36_a_call_sent_again_after_the_process_died_gets_the_answer_of_the_first() {
    in_virtual_time(async {
        for said in [Said::Silence, Said::DoneInSilence] {
            let (mut test, shop) = started().await;
            let session = open(&test, "ticket-9").await;
            shop.says("hold 12A", [said]);
            impatient(session.call(hold(7, "12A".into())), 1).await;
            test.crash().await.unwrap();
            let session = open(&test, "ticket-9").await;
            assert_eq!(session.call(hold(7, "12A".into())).await.unwrap(), 1);
            session.roll_back("done").await.unwrap();
            assert_eq!(shop.ledger(), ["hold 12A", "release 12A"]);
        }
    });
}

fn note(text: &str) -> Redacted<String> {
    Redacted::new(text.to_owned())
}

#[test]
fn s37_a_booking_in_other_words_is_a_conflict_and_not_a_second_booking() {
    in_virtual_time(async {
        let (mut test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        let first = book(7, "12A".into(), note("by the window"));
        assert_eq!(session.call(first).await.unwrap(), 1);
        assert_eq!(session.call(book(7, "12A".into(), note("by the window"))).await.unwrap(), 1, "the same");
        test.crash().await.unwrap();
        let session = open(&test, "ticket-9").await;
        let conflict = session.call(book(7, "12A".into(), note("a window seat"))).await.unwrap_err();
        let CallError::Conflict { site, recorded, given } = &conflict else { panic!("{conflict}") };
        assert_eq!(site.as_str(), "book");
        let shown = r#"step book({"order":7,"seat":"12A","note":{"$redacted":0}})"#;
        assert_eq!([recorded.as_str(), given], [shown; 2]);
        // On purpose it is made; another seat, or another order, is another booking.
        assert_eq!(session.again(book(7, "12A".into(), note("two")), "for two").await.unwrap(), 2);
        session.call(book(7, "12B".into(), note("by the window"))).await.unwrap();
        session.call(book(8, "12A".into(), note("by the window"))).await.unwrap();
        assert_eq!(shop.ledger(), ["book 12A", "book 12A", "book 12B", "book 12A"]);
    });
}

/// A codec that hides what it seals from a reader, and from nothing else.
struct Reversed;

impl Codec for Reversed {
    fn name(&self) -> &str {
        "reversed"
    }

    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
        Ok(plain.iter().rev().copied().collect())
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
        self.seal(sealed)
    }
}

#[test]
fn a_repeat_is_recognized_in_a_journal_that_is_sealed() {
    in_virtual_time(async {
        let (mut test, shop) = started_with(|builder| builder.codec(Reversed)).await;
        let session = open(&test, "ticket-9").await;
        session.call(book(7, "12A".into(), note("x"))).await.unwrap();
        test.crash().await.unwrap();
        let session = open(&test, "ticket-9").await;
        assert_eq!(session.call(book(7, "12A".into(), note("x"))).await.unwrap(), 1);
        let conflict = session.call(book(7, "12A".into(), note("y"))).await.unwrap_err();
        assert!(matches!(conflict, CallError::Conflict { .. }), "{conflict}");
        assert!(session.commit().await.unwrap().is_completed());
        assert_eq!(shop.ledger(), ["book 12A"]);
    });
}

#[test]
fn a_call_that_failed_for_good_is_made_when_it_is_mended_and_waits_for_one_in_flight() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        shop.says("book 12A", [Said::No(ShopError::NoSuchSeat), Said::DoneInSilence]);
        session.call(book(7, "12A".into(), note("x"))).await.unwrap_err();
        session.call(book(7, "12A".into(), note("x"))).await.unwrap_err();
        // The identity is the same, the input is not: made. Another in other words waits for it, and is a conflict.
        let (mended, other) = tokio::join!(
            session.call(book(7, "12A".into(), note("y"))),
            session.call(book(7, "12A".into(), note("z"))),
        );
        assert_eq!(mended.unwrap(), 1);
        assert!(matches!(other, Err(CallError::Conflict { .. })), "{other:?}");
        assert_eq!(shop.ledger(), ["book 12A"]);
    });
}

#[test]
fn s42_a_failure_undoes_nothing_and_the_mended_call_is_made() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12A".into())).await.unwrap();
        shop.says("hold 13Z", [Said::No(ShopError::NoSuchSeat)]);
        for _ in 0..2 {
            // The second time from the journal: the shop would say yes.
            let failed = session.call(hold(7, "13Z".into())).await.unwrap_err();
            let is_known = matches!(failed, CallError::Failed(StepFailure::Failed(ShopError::NoSuchSeat)));
            assert!(is_known, "{failed}");
        }
        session.call(hold(7, "12B".into())).await.unwrap();
        assert!(session.commit().await.unwrap().is_completed());
        assert_eq!(shop.ledger(), ["hold 12A", "hold 12B"]);
    });
}

#[test]
fn s14_a_failure_that_may_pass_is_tried_again_by_the_agent_and_undoes_nothing() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12A".into())).await.unwrap();
        shop.says("hold 12B", [Said::No(ShopError::Busy)]);
        let busy = session.call(hold(7, "12B".into())).await.unwrap_err();
        assert!(matches!(busy, CallError::Failed(StepFailure::Exhausted { attempts: 1, .. })), "{busy}");
        session.call(hold(7, "12B".into())).await.unwrap();
        // In a saga a retriable step that is exhausted stops the saga.
        shop.says("insist 12C", [Said::No(ShopError::Busy), Said::No(ShopError::Busy)]);
        let busy = session.call(insist("12C".into())).await.unwrap_err();
        assert!(matches!(busy, CallError::Failed(StepFailure::Exhausted { attempts: 2, .. })), "{busy}");
        session.call(insist("12C".into())).await.unwrap();
        shop.says("stock", [Said::No(ShopError::Busy), Said::No(ShopError::Busy)]);
        let busy = session.call(stock()).await.unwrap_err();
        assert!(matches!(busy, CallError::Failed(StepFailure::Exhausted { attempts: 2, .. })), "{busy}");
        assert!(session.commit().await.unwrap().is_completed());
        assert_eq!(shop.ledger(), ["hold 12A", "hold 12B", "insist 12C"]);
    });
}

#[test]
fn s15_what_was_undone_is_not_undone_again() {
    in_virtual_time(async {
        let (mut test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12A".into())).await.unwrap();
        for _ in 0..2 {
            assert!(session.roll_back("done").await.unwrap().is_rolled_back());
        }
        test.crash().await.unwrap();
        let session = open(&test, "ticket-9").await;
        assert!(session.roll_back("done").await.unwrap().is_rolled_back());
        assert_eq!(shop.ledger(), ["hold 12A", "release 12A"]);
    });
}

#[test]
fn a_repeat_on_purpose_is_made_and_its_reason_is_recorded() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "any".into())).await.unwrap();
        assert_eq!(session.again(hold(7, "any".into()), "a second guest").await.unwrap(), 2);
        assert_eq!(session.call(hold(7, "any".into())).await.unwrap(), 2, "the last one");
        assert_eq!(shop.ledger(), ["hold any", "hold any"]);
        let journal = session.handle().journal().await.unwrap();
        let reasons = journal.iter().filter_map(|entry| match &entry.record {
            Record::Intent { again, .. } => Some(again.as_deref()),
            _ => None,
        });
        assert_eq!(reasons.collect::<Vec<_>>(), [None, Some("a second guest")]);
    });
}

#[test]
fn a_call_in_doubt_that_needs_a_person_says_so_and_is_answered_once_that_has_acted() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        shop.says("hold_once 12A", [Said::DoneInSilence]);
        for _ in 0..2 {
            let in_doubt = session.call(hold_once("12A".into())).await.unwrap_err();
            assert!(matches!(in_doubt, CallError::Ended { phase: Phase::DeadLettered }), "{in_doubt}");
        }
        let by = By::new("Ann", "the seat is held");
        session.handle().resolve_happened("hold_once".into(), &1, by).await.unwrap();
        assert_eq!(session.call(hold_once("12A".into())).await.unwrap(), 1);
        session.call(hold(7, "12B".into())).await.unwrap();
        session.roll_back("done").await.unwrap();
        assert_eq!(shop.ledger(), ["hold_once 12A", "hold 12B", "release 12B", "release 12A"]);
    });
}

#[test]
fn a_session_that_another_worker_drives_is_not_called_by_this_one() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12A".into())).await.unwrap();
        let other = Runtime::builder(test.store()).shared_resource(shop.clone()).step::<hold>();
        let clock = saga::clock::SystemClock::at(test.now());
        let other = other.clock(std::sync::Arc::new(clock)).start().await.unwrap();
        let there = other.session("ticket-9").unwrap().open().await.unwrap();
        let refused = there.call(hold(7, "12A".into())).await.unwrap_err();
        assert!(matches!(refused, CallError::DrivenElsewhere), "{refused}");
        // What is in the journal and in the inbox works from everywhere.
        assert_eq!(there.undo_plan().await.unwrap().entries.len(), 1);
        assert!(there.roll_back("done").await.unwrap().is_rolled_back());
        assert_eq!(shop.ledger(), ["hold 12A", "release 12A"]);
    });
}

/// An agent that holds three seats, one of them twice and two at once, asks between, and commits or rolls back.
async fn agent(session: &saga::Session, commits: bool, held: &Cell<usize>) -> Option<bool> {
    session.call(hold(7, "12A".into())).await.ok()?;
    held.set(1);
    session.call(free_seats(7)).await.ok()?;
    let both = tokio::join!(session.call(hold(7, "12B".into())), session.call(hold(7, "12C".into())));
    both.0.ok().and(both.1.ok())?;
    held.set(3);
    session.call(hold(7, "12A".into())).await.ok()?;
    let end = if commits { session.commit().await } else { session.roll_back("no more").await };
    Some(matches!(end.ok()?, Outcome::Completed { .. }))
}

#[test]
fn killed_before_and_after_each_durable_write_each_call_is_made_once() {
    in_virtual_time(async {
        for (commits, said) in [(true, None), (false, None), (false, Some(Said::DoneInSilence))] {
            for side in [Side::Before, Side::After] {
                let mut write = 1;
                while crashed_at(write, side, commits, said.clone()).await {
                    write += 1;
                }
                assert!(write > 6, "there are that many writes: {write}");
            }
        }
    });
}

/// Returns true if there was such a write.
async fn crashed_at(write: u64, side: Side, commits: bool, said: Option<Said>) -> bool {
    let (mut test, shop) = started().await;
    shop.says("hold 12B", said);
    test.crash_at(write, side);
    let held = Cell::new(0);
    let crashed = {
        let runs = async {
            let session = open(&test, "ticket-9").await;
            agent(&session, commits, &held).await
        };
        tokio::select! {
            ended = runs => ended.is_none(),
            () = test.crashed() => true,
        }
    };
    let where_ = format!("write {write}, {side:?}, commits: {commits}");
    let journal = test.store().load(&"ticket-9".parse().unwrap(), 0, usize::MAX).await.unwrap();
    let done = journal.iter().filter(|entry| matches!(entry.record, Record::Done { .. })).count();
    assert!(done >= held.get(), "{where_}: a call was answered before its outcome was durable");
    test.crash().await.unwrap();
    // The agent's process starts anew, and does the same once more.
    let session = open(&test, "ticket-9").await;
    let committed = agent(&session, commits, &held).await;
    let mut ledger = shop.ledger();
    if commits {
        // If it was committed before the crash, calls are refused, and nothing is done again.
        assert_ne!(committed, Some(false), "{where_}");
        ledger.sort();
        assert_eq!(ledger, ["hold 12A", "hold 12B", "hold 12C"], "{where_}");
    } else {
        let (held, released) = ledger.split_at(ledger.len() / 2);
        assert_eq!(held.len(), released.len(), "{where_}: {ledger:?}");
        let undone = released.iter().rev().map(|effect| effect.replace("release", "hold"));
        assert!(held.iter().cloned().eq(undone), "{where_}: {ledger:?}");
        let ended = session.ended().await.unwrap();
        assert!(ended.is_rolled_back(), "{where_}: {ended}");
    }
    crashed
}
