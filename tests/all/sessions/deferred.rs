//! Calls that are made when the session commits: none of a session that does not, each once of one that does.
#![allow(clippy::unwrap_used)]

use saga::session::CallError;
use saga::test::{Side, in_virtual_time};
use saga::{Outcome, Phase};

use super::shop::*;

#[test]
fn an_agent_that_is_stopped_before_its_commit_has_sent_no_mail() {
    in_virtual_time(async {
        let (mut test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12A".into())).await.unwrap();
        let receipt = session.on_commit(mail(7, "your seat is 12A".into())).await.unwrap();
        assert_eq!(receipt.site, "mail".into());
        drop(session);
        test.crash().await.unwrap();
        let session = open(&test, "ticket-9").await;
        assert_eq!(session.undo_plan().await.unwrap().deferred, ["mail".into()]);
        assert!(session.roll_back("stopped").await.unwrap().is_rolled_back());
        assert_eq!(shop.ledger(), ["hold 12A", "release 12A"]);
    });
}

#[test]
fn a_repeat_gets_the_receipt_of_the_first_and_other_words_are_a_conflict_or_another_mail() {
    in_virtual_time(async {
        let (mut test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        let first = session.on_commit(mail(7, "thanks".into())).await.unwrap();
        assert_eq!(session.on_commit(mail(7, "thanks".into())).await.unwrap(), first);
        drop(session);
        test.crash().await.unwrap();
        let session = open(&test, "ticket-9").await;
        assert_eq!(session.on_commit(mail(7, "thanks".into())).await.unwrap(), first);
        let other = session.on_commit(mail(8, "thanks".into())).await.unwrap();
        assert_ne!(other, first);
        assert!(matches!(session.commit().await.unwrap(), Outcome::Completed { .. }));
        assert_eq!(shop.ledger(), ["mail 7 thanks", "mail 8 thanks"]);
        let late = session.on_commit(mail(9, "too late".into())).await.unwrap_err();
        assert!(matches!(late, CallError::Ended { phase: Phase::Completed }), "{late}");
    });
}

#[test]
fn s38_killed_at_each_durable_write_of_its_commit_each_mail_is_sent_once() {
    let mut died = 0;
    for write in 1.. {
        let crashed = [Side::Before, Side::After].map(|side| {
            in_virtual_time(async {
                let (mut test, shop) = started().await;
                test.crash_at(write, side);
                let crashed = tokio::select! {
                    biased;
                    () = test.crashed() => true,
                    () = works(&test) => false,
                };
                test.crash().await.unwrap();
                works(&test).await;
                let mut ledger = shop.ledger();
                ledger.sort();
                assert_eq!(ledger, ["hold 12A", "mail 7 a", "mail 7 b"], "write {write}, {side:?}");
                crashed
            })
        });
        if crashed == [false, false] {
            break;
        }
        died += 1;
    }
    assert!(died > 5, "it died at {died} writes");
}

/// Makes the same calls each time, as an agent that has forgotten what it did, and commits.
async fn works(test: &saga::test::TestRuntime) {
    let session = open(test, "ticket-9").await;
    for call in 0..3 {
        let made = match call {
            0 => session.call(hold(7, "12A".into())).await.map(drop).map_err(|e| e.to_string()),
            1 => session.on_commit(mail(7, "a".into())).await.map(drop).map_err(|e| e.to_string()),
            _ => session.on_commit(mail(7, "b".into())).await.map(drop).map_err(|e| e.to_string()),
        };
        // Once it commits, no call is made.
        if let Err(error) = made {
            assert!(error.contains("committing") || error.contains("completed"), "{error}");
        }
    }
    assert!(session.commit().await.unwrap().is_completed());
}
