//! Crash loops are not convictions: a saga is dead-lettered as a poison pill only if the process dies because of it.
//!
//! Mutants seen to fail here: three deaths in any company convict; a kill during a shutdown is charged.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::Payload;
use saga_core::machine::Delivery;
use saga_core::policy::Retry;
use saga_core::store::{Query, Store as _};
use tokio::sync::Notify;

/// Takes so many seconds.
#[allow(non_camel_case_types)]
enum slow {}
impl Step for slow {
    const NAME: &'static str = "slow";
    type Input = u64;
    type Output = ();
    type Error = Failure;
    type Undo = undo::Irreversible;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(_: &StepContext, seconds: u64) -> Result<(), Failure> {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        Ok(())
    }
}

/// Aborts the process.
#[derive(Clone, Default)]
struct Abort(Arc<Notify>);

#[allow(non_camel_case_types)]
enum abort {}
impl Step for abort {
    const NAME: &'static str = "abort";
    type Input = ();
    type Output = ();
    type Error = Failure;
    type Undo = undo::Irreversible;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, (): ()) -> Result<(), Failure> {
        cx.resource::<Abort>().0.notify_one();
        pending().await
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<Abort>()]
    }
}

saga!(patient, |cx, input| [a] {
    a.at(&cx, 1, &[], StepCall::<slow>::new(input.parse().unwrap())).await?;
    Ok("done".to_owned())
});

saga!(deadly, |cx, input| [a] {
    a.at(&cx, 1, &[], StepCall::<abort>::new(())).await?;
    Ok("done".to_owned())
});

async fn started_with(aborts: &Abort, innocents: usize, seconds: u64) -> TestRuntime {
    let of = aborts.clone();
    let test =
        started(&World::new(), move |b| b.resource(of.clone()).saga::<patient>().saga::<deadly>()).await;
    for n in 0..innocents {
        test.run(format!("innocent {n}"), SagaCall::<patient>::new(seconds.to_string())).await.unwrap();
    }
    test
}

async fn phases(test: &TestRuntime, phase: Phase) -> Vec<String> {
    let query = Query { phases: vec![phase], limit: 1000, ..Query::default() };
    let mut ids: Vec<_> =
        test.runtime().sagas(&query).await.unwrap().sagas.iter().map(|s| s.id.to_string()).collect();
    ids.sort();
    ids
}

/// Kills the process every `period`, `times` times.
async fn kills(test: &mut TestRuntime, period: Duration, times: u32) {
    for _ in 0..times {
        test.pass(period).await;
        test.crash().await.unwrap();
        assert_eq!(phases(test, Phase::DeadLettered).await, Vec::<String>::new());
    }
}

/// A kill each second for a minute, and steps of five seconds. And kills that come so late that some suspects run.
#[tokio::test(start_paused = true)]
async fn a_loop_of_kills_convicts_no_saga() {
    let loops =
        [(50, 5, SECOND, 60), (2, 5, SECOND, 60), (10, 20, 15 * SECOND, 60), (10, 20, 12 * SECOND, 60)];
    for (sagas, seconds, period, times) in loops {
        let mut test = started_with(&Abort::default(), sagas, seconds).await;
        kills(&mut test, period, times).await;
        test.pass(HOUR).await;
        assert_eq!(phases(&test, Phase::Completed).await.len(), sagas, "{sagas} sagas, each {period:?}");
    }
}

/// Restarts the process each time that it aborts, until it has lived for an hour; gives how often that was.
async fn until_calm(test: &mut TestRuntime, aborts: &Abort) -> u32 {
    for times in 0..300 {
        let dies = tokio::time::timeout(HOUR, aborts.0.notified()).await;
        if dies.is_err() {
            return times;
        }
        test.crash().await.unwrap();
    }
    panic!("it is not calm after 300 deaths");
}

/// Those that abort the process are found, however many, and no other is blamed.
#[tokio::test(start_paused = true)]
async fn only_what_aborts_the_process_is_convicted() {
    for (innocents, killers, kills_first) in [(49, 1, 0), (49, 3, 0), (0, 1, 0), (1, 1, 0), (5, 2, 10)] {
        let aborts = Abort::default();
        let mut test = started_with(&aborts, innocents, 5).await;
        for n in 0..killers {
            test.run(format!("killer {n}"), deadly::call()).await.unwrap();
        }
        kills(&mut test, SECOND / 2, kills_first).await;
        let deaths = until_calm(&mut test, &aborts).await;
        let convicted: Vec<_> = (0..killers).map(|n| format!("killer {n}")).collect();
        assert_eq!(phases(&test, Phase::DeadLettered).await, convicted, "after {deaths} deaths");
        assert_eq!(phases(&test, Phase::Completed).await.len(), innocents);
        assert!(deaths <= 2 + 4 * killers as u32, "{deaths} deaths for {killers} that abort");
    }
}

/// A platform that kills before the shutdown is over convicts no saga, however often.
#[tokio::test(start_paused = true)]
async fn a_kill_during_a_shutdown_is_not_charged() {
    let aborts = Abort::default();
    let mut test = started_with(&aborts, 1, 59).await;
    kills(&mut test, SECOND, 2).await;
    for _ in 0..4 {
        // It is run again within 30 s.
        test.pass(35 * SECOND).await;
        let runtime = test.runtime().clone();
        let down = tokio::spawn(async move { runtime.shutdown().await });
        test.pass(SECOND).await;
        assert!(!down.is_finished(), "the step takes longer");
        test.crash().await.unwrap();
        assert_eq!(phases(&test, Phase::DeadLettered).await, Vec::<String>::new());
    }
    test.pass(HOUR).await;
    assert_eq!(phases(&test, Phase::Completed).await.len(), 1);
}

/// A delivery to a saga that is held back waits for it, and does not have it claimed again and again.
#[tokio::test(start_paused = true)]
async fn a_delivery_to_a_saga_that_is_held_back_waits() {
    let (aborts, valve) = (Abort::default(), Valve::new(Arc::new(MemoryStore::new())));
    let runs = async || {
        let builder = Runtime::builder(valve.clone()).resource(aborts.clone()).lease(2 * SECOND);
        builder.saga::<patient>().saga::<deadly>().start().await.unwrap()
    };
    let mut runtime = runs().await;
    let killer = runtime.run("killer", deadly::call()).await.unwrap().id().clone();
    for life in 0..3 {
        aborts.0.notified().in_time().await;
        if life == 1 {
            runtime.run("innocent", SagaCall::<patient>::new("50".to_owned())).await.unwrap();
            tokio::time::sleep(SECOND).await;
        }
        saga_runtime::test::kill(&runtime);
        tokio::time::sleep(3 * SECOND).await;
        runtime = runs().await;
    }
    tokio::time::sleep(SECOND).await;
    let claimed = valve.claimed();
    valve.deliver(&killer, Delivery::RetryNow { by: ann() }, runtime.now()).await.unwrap();
    tokio::time::sleep(5 * SECOND).await;
    assert_eq!(valve.undelivered(&killer).await.unwrap().len(), 1, "it waits");
    assert_eq!(valve.claimed() - claimed, 0, "it is not claimed");
    aborts.0.notified().in_time().await;
    tokio::time::sleep(SECOND).await;
    assert!(valve.undelivered(&killer).await.unwrap().is_empty());
}

async fn deaths(test: &TestRuntime) -> Vec<u32> {
    let query = Query { limit: 1000, ..Query::default() };
    test.runtime().sagas(&query).await.unwrap().sagas.iter().map(|saga| saga.status.deaths).collect()
}

/// A kill in the moment in which a saga that is held back would be claimed, judged and released is not charged to it.
#[tokio::test(start_paused = true)]
async fn a_kill_at_any_moment_after_the_start_is_not_charged_to_what_is_held_back() {
    let mut test = started_with(&Abort::default(), 2, 5).await;
    kills(&mut test, SECOND, 9).await;
    for moments in 0..80 {
        assert_eq!(deaths(&test).await, [3, 3], "killed after {moments} moments");
        for _ in 0..moments {
            tokio::task::yield_now().await;
        }
        test.crash().await.unwrap();
    }
}

/// Deliveries between its deaths do not acquit a saga.
#[tokio::test(start_paused = true)]
async fn deliveries_do_not_acquit_a_saga_that_aborts() {
    for is_signal in [true, false] {
        let aborts = Abort::default();
        let mut test = started_with(&aborts, 0, 5).await;
        let id = test.run("killer", deadly::call()).await.unwrap().id().clone();
        let mut times = 0;
        while tokio::time::timeout(HOUR, aborts.0.notified()).await.is_ok() {
            times += 1;
            assert!(times < 10, "it is never dead-lettered");
            let payload = Payload::encode(&times).unwrap();
            let delivery = match is_signal {
                true => Delivery::Signal { id: times.to_string(), name: "go".into(), payload },
                false => Delivery::RetryNow { by: ann() },
            };
            test.store().deliver(&id, delivery, test.now()).await.unwrap();
            test.pass(SECOND).await;
            test.crash().await.unwrap();
        }
        assert_eq!(phases(&test, Phase::DeadLettered).await, ["killer"]);
    }
}

/// A driver that is lost, as often as it may be, is not a death.
#[tokio::test(start_paused = true)]
async fn a_lost_driver_is_charged_once() {
    let (aborts, store) = (Abort::default(), Arc::new(MemoryStore::new()));
    let valve = Valve::new(store.clone());
    let runs = async || {
        let builder = Runtime::builder(valve.clone()).resource(aborts.clone()).lease(2 * SECOND);
        builder.saga::<deadly>().start().await.unwrap()
    };
    let runtime = runs().await;
    runtime.run("killer", deadly::call()).await.unwrap();
    aborts.0.notified().in_time().await;
    saga_runtime::test::kill(&runtime);
    tokio::time::sleep(3 * SECOND).await;
    let runtime = runs().await;
    aborts.0.notified().in_time().await;
    let charged = async || store.query(&Query::default()).await.unwrap().sagas[0].status.deaths;
    assert_eq!(charged().await, 2, "the next death counts twice");
    for _ in 0..6 {
        valve.loads(Flow::Open);
        valve.commits(Flow::Corrupt);
        let id = SagaId::new("killer").unwrap();
        valve.deliver(&id, Delivery::RetryNow { by: ann() }, runtime.now()).await.unwrap();
        tokio::time::sleep(SECOND).await;
        valve.commits(Flow::Open);
        aborts.0.notified().in_time().await;
        assert_eq!(charged().await, 2);
    }
}

/// A death costs a saga that runs alone less once another joins it.
#[tokio::test(start_paused = true)]
async fn a_death_in_company_that_came_later_counts_once() {
    let aborts = Abort::default();
    let mut test = started_with(&aborts, 0, 5).await;
    test.run("killer", deadly::call()).await.unwrap();
    aborts.0.notified().in_time().await;
    test.crash().await.unwrap();
    aborts.0.notified().in_time().await;
    assert_eq!(deaths(&test).await, [2], "the next death counts twice");
    test.run("innocent", SagaCall::<patient>::new("50".to_owned())).await.unwrap();
    test.pass(SECOND / 10).await;
    assert_eq!(deaths(&test).await, [1, 0]);
}

/// Two suspects keep each other from running alone. If no process lives for long enough, each runs at last, and a death
/// is then not charged to it.
#[tokio::test(start_paused = true)]
async fn suspects_in_processes_that_live_shortly_are_reported_and_run_at_last() {
    for (seconds, ends) in [(3, true), (50, false)] {
        let mut test = started_with(&Abort::default(), 2, seconds).await;
        kills(&mut test, SECOND, 9).await;
        assert_eq!(deaths(&test).await, [3, 3]);
        test.pass(SECOND).await;
        let held_back = test.runtime().held_back().unwrap();
        assert!(held_back.starts_with("saga innocent ") && held_back.contains("3 deaths"), "{held_back}");
        kills(&mut test, 7 * SECOND, 300).await;
        assert_eq!(phases(&test, Phase::Completed).await.len(), if ends { 2 } else { 0 });
        test.pass(HOUR).await;
        assert_eq!((phases(&test, Phase::Completed).await.len(), test.runtime().held_back()), (2, None));
    }
}

/// After a loop of kills the suspects do not run one by one: 50 of five seconds would take more than four minutes.
#[tokio::test(start_paused = true)]
async fn suspects_run_together_once_the_process_lives() {
    let mut test = started_with(&Abort::default(), 50, 5).await;
    kills(&mut test, SECOND, 60).await;
    test.pass(75 * SECOND).await;
    assert_eq!(phases(&test, Phase::Completed).await.len(), 50);
}

/// Aborts the process, and is tried again a while later.
#[allow(non_camel_case_types)]
enum abort_later {}
impl Step for abort_later {
    const NAME: &'static str = "abort_later";
    type Input = ();
    type Output = ();
    type Error = Failure;
    type Undo = undo::Irreversible;
    type Effort = effort::Fallible;
    type Repeat = repeat::Idempotent;
    const RETRY: Retry = Retry {
        attempts: 5,
        backoff_min: Duration::from_secs(5),
        backoff_max: Duration::from_secs(9),
        within: None,
    };
    async fn run(cx: &StepContext, (): ()) -> Result<(), Failure> {
        abort::run(cx, ()).await
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<Abort>()]
    }
}

saga!(deadly_later, |cx, input| [a] {
    a.at(&cx, 1, &[], StepCall::<abort_later>::new(())).await?;
    Ok("done".to_owned())
});

/// A release is no progress: a saga that waits for its next attempt has the deaths that it had.
#[tokio::test(start_paused = true)]
async fn a_release_does_not_acquit_a_saga_that_aborts() {
    let aborts = Abort::default();
    let of = aborts.clone();
    let mut test = started(&World::new(), move |b| b.resource(of.clone()).saga::<deadly_later>()).await;
    test.run("killer", deadly_later::call()).await.unwrap();
    let deaths = until_calm(&mut test, &aborts).await;
    assert!(deaths <= 5, "{deaths} deaths");
    assert_eq!(phases(&test, Phase::DeadLettered).await, ["killer"]);
}
