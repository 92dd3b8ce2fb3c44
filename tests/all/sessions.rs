//! Sessions: calls that an agent makes one by one, recorded, made once, and undone when the session is rolled back. A
//! ledger of the shop's effects is the oracle.
#![allow(clippy::unwrap_used)]

mod deferred;
mod ends;
mod gaps;
mod repeats;
mod shop;

use std::time::Duration;

use saga::session::CallError;
use saga::test::in_virtual_time;
use saga::{Outcome, Phase};
use shop::*;

#[test]
fn what_is_committed_stays_and_what_is_rolled_back_is_undone() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        assert_eq!(session.call(hold(7, "12A".into())).await.unwrap(), 1);
        assert_eq!(session.call(free_seats(7)).await.unwrap(), 99);
        assert!(matches!(session.commit().await.unwrap(), Outcome::Completed { output, .. } if !output.idle));
        assert_eq!(shop.ledger(), ["hold 12A"]);
        assert_eq!(session.handle().phase().await.unwrap(), Phase::Completed);

        let session = open(&test, "ticket-10").await;
        session.call(hold(7, "12B".into())).await.unwrap();
        session.call(hold(7, "12C".into())).await.unwrap();
        let plan = session.undo_plan().await.unwrap();
        let steps: Vec<_> = plan.entries.iter().map(|entry| entry.site.to_string()).collect();
        assert_eq!(steps, ["hold#2", "hold"]);
        let end = session.roll_back("the customer changed his mind").await.unwrap();
        let Outcome::RolledBack { cause, .. } = end else { panic!("{end}") };
        assert_eq!(cause.to_string(), "rolled back by agent (the customer changed his mind)");
        assert_eq!(shop.ledger(), ["hold 12A", "hold 12B", "hold 12C", "release 12C", "release 12B"]);
        let late = session.call(hold(7, "12D".into())).await.unwrap_err();
        assert!(matches!(late, CallError::Ended { phase: Phase::RolledBack }), "{late}");
    });
}

#[test]
fn a_session_is_found_again_after_a_restart() {
    in_virtual_time(async {
        let (mut test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12A".into())).await.unwrap();
        drop(session);
        test.crash().await.unwrap();
        let session = open(&test, "ticket-9").await;
        // Answered from the journal.
        assert_eq!(session.call(hold(7, "12A".into())).await.unwrap(), 1);
        assert_eq!(session.call(hold(7, "12B".into())).await.unwrap(), 2);
        session.roll_back("no more").await.unwrap();
        assert_eq!(shop.ledger(), ["hold 12A", "hold 12B", "release 12B", "release 12A"]);
        // One that has ended is found as well.
        let session = open(&test, "ticket-9").await;
        assert!(session.commit().await.unwrap().is_rolled_back());
    });
}

#[test]
fn without_its_holder_it_is_released_and_resumed_when_it_is_opened() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12A".into())).await.unwrap();
        test.pass(Duration::from_secs(60)).await;
        assert_eq!(test.runtime().running(), 1);
        drop(session);
        test.pass(Duration::from_secs(60)).await;
        assert_eq!(test.runtime().running(), 0);
        let session = open(&test, "ticket-9").await;
        session.call(hold(7, "12B".into())).await.unwrap();
        assert!(session.commit().await.unwrap().is_completed());
        assert_eq!(shop.ledger(), ["hold 12A", "hold 12B"]);
    });
}

#[test]
fn sixty_four_sessions_at_once_that_are_rolled_back_leave_nothing() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let mut agents = tokio::task::JoinSet::new();
        for n in 0..64 {
            let session = open(&test, &format!("ticket-{n}")).await;
            agents.spawn(async move {
                for row in 1..=5 {
                    session.call(hold(n, format!("{row}-{n}"))).await.unwrap();
                }
                assert!(session.roll_back("all of it").await.unwrap().is_rolled_back());
            });
        }
        agents.join_all().await;
        let ledger = shop.ledger();
        assert_eq!(ledger.len(), 64 * 5 * 2);
        let mut held = std::collections::BTreeSet::new();
        for effect in &ledger {
            let (what, seat) = effect.split_once(' ').unwrap();
            assert!(if what == "hold" { held.insert(seat) } else { held.remove(seat) }, "{effect}");
        }
        assert!(held.is_empty(), "{held:?}");
    });
}
