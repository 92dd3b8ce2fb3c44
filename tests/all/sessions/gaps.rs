//! What the records of a session leave open: reads without a record, failures among calls that are made on purpose, doubt
//! that is settled without an output.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use saga::prelude::*;
use saga::session::CallError;
use saga::test::in_virtual_time;

use super::shop::*;

/// Two reads run, the second ends first, and the process dies: the journal has `look#2` and not `look`.
#[test]
fn a_read_that_left_no_record_leaves_no_gap_that_the_next_one_falls_into() {
    in_virtual_time(async {
        let (mut test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        shop.says("cellar", [Said::Silence]);
        let slow = session.call(look("cellar".into()));
        let then = async {
            session.call(look("attic".into())).await.unwrap();
            // Makes the record of the read durable.
            session.call(hold(7, "12A".into())).await.unwrap();
        };
        tokio::select! {
            biased;
            _ = slow => panic!("it is silent"),
            () = then => {}
        }
        drop(session);
        test.crash().await.unwrap();
        let session = open(&test, "ticket-9").await;
        let calls = async {
            assert_eq!(session.call(look("attic".into())).await.unwrap(), 5);
            assert_eq!(session.call(look("cellar".into())).await.unwrap(), 6);
            session.commit().await.unwrap()
        };
        let end = tokio::time::timeout(Duration::from_secs(60), calls).await.expect("no call waits for ever");
        assert!(end.is_completed(), "{end}");
    });
}

#[test]
fn a_call_on_purpose_that_fails_hides_none_that_is_done() {
    in_virtual_time(async {
        for crashes in [false, true] {
            let (mut test, shop) = started().await;
            let mut session = open(&test, "ticket-9").await;
            let seat = || hold(7, "12A".into());
            assert_eq!(session.call(seat()).await.unwrap(), 1);
            shop.says("hold 12A", [Said::No(ShopError::Busy)]);
            session.again(seat(), "the customer wants two").await.unwrap_err();
            shop.says("hold 12A", [Said::No(ShopError::NoSuchSeat)]);
            session.again(seat(), "once more").await.unwrap_err();
            if crashes {
                drop(session);
                test.crash().await.unwrap();
                session = open(&test, "ticket-9").await;
            }
            assert_eq!(session.call(seat()).await.unwrap(), 1, "it is answered by the one that is done");
            assert_eq!(shop.ledger(), ["hold 12A"]);
        }
    });
}

#[test]
fn a_call_in_doubt_that_is_called_off_has_failed_and_the_session_goes_on() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        shop.says("hold 12A", [Said::DoneInSilence]);
        let failed = session.call(hold_by_name("12A".into())).await.unwrap_err();
        assert!(matches!(failed, CallError::Failed(StepFailure::TimedOut { .. })), "{failed}");
        assert_eq!(shop.ledger(), ["hold 12A", "release 12A"]);
        // It may be made again, by itself.
        session.call(hold_by_name("12A".into())).await.unwrap();
        assert!(session.commit().await.unwrap().is_completed());
        assert_eq!(shop.ledger(), ["hold 12A", "release 12A", "hold 12A"]);
    });
}
