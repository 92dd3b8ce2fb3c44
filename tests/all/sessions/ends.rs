//! How a session ends that its agent does not end: by its terms, by a person, by the limit of its time.

use std::time::Duration;

use saga::prelude::*;
use saga::session::{CallError, WhenIdle};
use saga::test::{TestRuntime, in_virtual_time};
use saga::{Cause, Outcome, Phase, RunError, Session};

use super::shop::*;

const HOUR: Duration = Duration::from_secs(3600);

async fn idle_after(test: &TestRuntime, time: &str, when_idle: WhenIdle) -> Session {
    test.runtime().session("ticket-9").unwrap().idle_after(time, when_idle).open().await.unwrap()
}

#[test]
fn s44_a_session_that_is_not_called_ends_by_its_terms_and_says_so() {
    in_virtual_time(async {
        // The agent is gone with its process, without it, and while no worker is up.
        for gone in ["holds it", "released", "down"] {
            for when_idle in [WhenIdle::RollBack, WhenIdle::Commit] {
                let (mut test, shop) = started().await;
                let session = idle_after(&test, "1d", when_idle).await;
                session.call(hold(7, "12A".into())).await.unwrap();
                test.pass(23 * HOUR).await;
                session.call(hold(7, "12B".into())).await.unwrap();
                let mut held = Some(session);
                if gone != "holds it" {
                    held = None;
                }
                test.pass(23 * HOUR).await;
                let handle = test.find(&"ticket-9".parse().unwrap()).await.unwrap().unwrap();
                assert_eq!(
                    handle.phase().await.unwrap(),
                    Phase::Waiting,
                    "{gone}: it was called a day ago at most"
                );
                if gone == "down" {
                    test.die().await;
                    test.pass(48 * HOUR).await;
                    test.restart().await.unwrap();
                }
                test.pass(2 * HOUR).await;
                drop(held);
                let session = open(&test, "ticket-9").await;
                match (when_idle, session.ended().await.unwrap()) {
                    (WhenIdle::Commit, Outcome::Completed { output, .. }) => {
                        assert!(output.idle);
                        assert_eq!(shop.ledger(), ["hold 12A", "hold 12B"]);
                    }
                    (_, Outcome::RolledBack { cause, .. }) if when_idle == WhenIdle::RollBack => {
                        assert_eq!(cause, Cause::Idle { idle_ms: 86_400_000 });
                        assert_eq!(cause.to_string(), "not called for 1d");
                        assert_eq!(shop.ledger(), ["hold 12A", "hold 12B", "release 12B", "release 12A"]);
                    }
                    (_, end) => panic!("{gone}, {when_idle:?}: {end}"),
                }
                let late = session.call(hold(7, "12C".into())).await.unwrap_err();
                assert!(matches!(late, CallError::Ended { .. }), "{late}");
            }
        }
    });
}

#[test]
fn an_attempt_in_flight_or_in_backoff_is_not_idle() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = idle_after(&test, "5s", WhenIdle::RollBack).await;
        // It hangs for its 10 s, and is run again.
        shop.says("hold 12A", [Said::DoneInSilence]);
        assert_eq!(session.call(hold(7, "12A".into())).await.unwrap(), 1);
        assert!(session.commit().await.unwrap().is_completed());
    });
}

#[test]
fn within_limits_the_whole_session() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let builder = test.runtime().session("ticket-9").unwrap();
        let session = builder.within("1h").open().await.unwrap();
        for seat in ["12A", "12B"] {
            session.call(hold(7, seat.into())).await.unwrap();
            test.pass(HOUR / 2).await;
        }
        let end = session.ended().await.unwrap();
        assert!(matches!(end, Outcome::RolledBack { cause: Cause::Deadline, .. }), "{end}");
        assert_eq!(shop.ledger().len(), 4);
        let wrong = test.runtime().session("ticket-10").unwrap().within("an hour").open().await.unwrap_err();
        assert!(wrong.to_string().contains("\"an hour\" is no length of time"), "{wrong}");
    });
}

#[test]
fn calls_are_limited_and_repeats_are_free() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = test.runtime().session("ticket-9").unwrap().calls_max(2).open().await.unwrap();
        session.call(hold(7, "12A".into())).await.unwrap();
        session.call(free_seats(7)).await.unwrap();
        session.call(hold(7, "12A".into())).await.unwrap();
        for over in
            [session.call(hold(7, "12B".into())).await, session.again(hold(7, "12A".into()), "two").await]
        {
            assert!(matches!(over, Err(CallError::OverBudget { calls_max: 2 })), "{over:?}");
        }
        assert!(session.roll_back("enough").await.unwrap().is_rolled_back());
        assert_eq!(shop.ledger(), ["hold 12A", "release 12A"]);
    });
}

#[test]
fn a_call_in_flight_settles_before_the_commit_and_is_undone_by_a_cancel() {
    in_virtual_time(async {
        let (test, shop) = started().await;
        let session = open(&test, "ticket-9").await;
        shop.says("hold 12A", [Said::DoneInSilence]);
        let (called, ended, late) = tokio::join!(
            session.call(hold(7, "12A".into())),
            session.commit(),
            session.call(hold(7, "12B".into())),
        );
        assert!(matches!((called, ended), (Ok(1), Ok(end)) if end.is_completed()));
        assert!(matches!(late, Err(CallError::Ended { phase: Phase::Completed })), "{late:?}");
        assert_eq!(shop.ledger(), ["hold 12A"]);

        let session = open(&test, "ticket-10").await;
        shop.says("hold 12C", [Said::DoneInSilence]);
        let cancel = async {
            test.pass(Duration::from_secs(1)).await;
            session.handle().cancel(By::new("Ann", "wrong ticket")).await
        };
        let (called, cancelled) = tokio::join!(session.call(hold(7, "12C".into())), cancel);
        assert!(matches!(called, Err(CallError::Ended { phase: Phase::RollingBack })), "{called:?}");
        cancelled.unwrap().settled().await.unwrap();
        assert_eq!(shop.ledger(), ["hold 12A", "hold 12C", "release 12C"]);
    });
}

#[test]
fn an_id_is_a_session_or_a_saga_and_a_runtime_without_steps_has_no_sessions() {
    in_virtual_time(async {
        #[saga]
        async fn order() -> Result<u32, Failure> {
            sleep("1h").await;
            Ok(1)
        }
        let test = TestRuntime::start(|builder| builder.saga::<order>()).await.unwrap();
        let none = test.runtime().session("ticket-9").unwrap().open().await.unwrap_err();
        assert_eq!(none.to_string(), "saga session is not registered");

        let (test, _shop) = started().await;
        let _session = open(&test, "ticket-9").await;
        let runtime = Runtime::builder(test.store()).saga::<order>().step::<free_seats>();
        let runtime = runtime.resource(Shop::default()).start().await.unwrap();
        runtime.run("order-1", order()).await.unwrap();
        let taken = runtime.session("order-1").unwrap().open().await.unwrap_err();
        assert!(matches!(taken, RunError::IdConflict { .. }), "{taken}");
        let taken = runtime.run("ticket-9", order()).await.unwrap_err();
        assert!(matches!(taken, RunError::IdConflict { .. }), "{taken}");
    });
}

#[test]
fn no_saga_has_the_name_of_sessions() {
    in_virtual_time(async {
        #[saga(name = "session")]
        async fn mine() -> Result<u32, Failure> {
            Ok(1)
        }
        let refused = Runtime::builder(MemoryStore::new()).saga::<mine>().start().await.unwrap_err();
        assert!(refused.to_string().contains("the name of all sessions"), "{refused}");
    });
}
