//! The journal of a saga is a path of its own automaton, wherever the process dies. After every crash it continues, and
//! no build reports that it does not fit its own journal.
//!
//! Mutant seen to fail here: the sites of a journal checked against the automaton in another order.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use saga::prelude::*;
use saga::test::{Side, TestRuntime, in_virtual_time};
use saga::upgrade::check;
use saga::{Builder, Phase, Reason, Saga, SagaCall};

#[step(compensate = release(output), idempotent, retry(attempts = 3, backoff = "1s..2s"))]
async fn hold(cx: &StepContext, item: u32) -> Result<u32, Failure> {
    match item {
        // Held at the second try.
        1 if cx.attempt() == 1 => Err(Failure::transient("busy")),
        13 => Err(Failure::permanent("there is none")),
        item => Ok(item),
    }
}

#[step(retriable, idempotent)]
async fn release(_item: u32) -> Result<(), Failure> {
    Ok(())
}

#[step(readonly)]
async fn price(item: u32) -> Result<u32, Failure> {
    if item == 13 { Err(Failure::permanent("unknown")) } else { Ok(item) }
}

#[step(irreversible, idempotent)]
async fn charge(cents: u32) -> Result<u32, Failure> {
    Ok(cents)
}

#[step(irreversible, retriable, idempotent)]
async fn tell(_cents: u32) -> Result<(), Failure> {
    Ok(())
}

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize, SagaError)]
enum Trouble {
    #[error("a step")]
    Step(#[source] StepFailure<Failure>),
    #[error("no answer")]
    Approval(#[source] ApprovalFailure),
    #[error("a part")]
    Part(#[source] ChildFailure<Failure>),
}

/// Fails for the unlucky number, after a step was done.
#[saga(undoable)]
async fn part(items: Vec<u32>) -> Result<u32, Failure> {
    let mut sum = price(7).await?;
    for item in items {
        sum += hold(item).await?;
    }
    Ok(sum)
}

/// Everything that can be awaited, in every kind of control flow.
#[saga]
async fn whole(unlucky: bool, items: Vec<u32>) -> Result<u32, Trouble> {
    let began = now().await;
    let id = uuid().await;
    let mut sum = began.0 as u32 % 2 + id.as_bytes()[0] as u32 % 2;
    let none: Vec<u32> = Vec::new();
    all(none.iter().map(|item| hold(*item))).await?;
    let held = all(items.iter().map(|item| hold(*item))).limit(2).await?;
    sum += held.len() as u32;
    for item in items.clone() {
        if item == 2 {
            continue;
        }
        sum += price(item).await.unwrap_or_default();
        let mut turns = 0;
        #[bound(2)]
        while turns < 2 {
            turns += 1;
            sum += hold(turns + 20).await?;
        }
    }
    let (more, slept, priced) = all((hold(1).named("outbound"), sleep("3s"), price(4).named("fare"))).await?;
    let () = slept;
    sum += more + priced;
    sum += match part(if unlucky { vec![5, 13] } else { vec![5] }).await {
        Ok(part) => part,
        Err(_) => hold(6).named("instead").await?,
    };
    if let Err(failure) = hold(13).await {
        sum += failure.to_string().len() as u32;
    }
    let signalled = signal::<u32>("go").within("1m").await.unwrap_or(3);
    approve("sure?").within("2h").await?;
    sleep("2s").await;
    let last = if unlucky { price(13).named("last").await.ok() } else { Some(signalled) };
    let paid = charge(sum).await?;
    tell(paid).await;
    for _ in 0..last.unwrap_or(2) {
        tell(1).named("again").await;
    }
    Ok(paid)
}

/// Rolls back from its last step.
#[saga]
async fn back(items: Vec<u32>) -> Result<u32, Trouble> {
    let sum = part(items.clone()).await?;
    all((hold(2), hold(3))).await?;
    Ok(sum + hold(13).named("last").await?)
}

fn sagas(builder: Builder) -> Builder {
    builder.saga::<whole>().saga::<back>()
}

/// Runs it with a crash before and after each of its writes, until a run ends without one.
fn crashes_anywhere<S: Saga>(call: impl Fn() -> SagaCall<S>, ends: Phase) {
    let mut crashes = 0;
    for write in 1.. {
        for side in [Side::Before, Side::After] {
            let crashed = in_virtual_time(one_crash(call(), write, side, ends));
            if !crashed {
                assert!(crashes > 10, "it crashed {crashes} times only");
                return;
            }
            crashes += 1;
        }
    }
}

async fn one_crash<S: Saga>(call: SagaCall<S>, write: u64, side: Side, ends: Phase) -> bool {
    let mut test = TestRuntime::start(sagas).await.unwrap();
    test.crash_at(write, side);
    let id = SagaId::new("a").unwrap();
    let crashed = {
        let runs = async {
            let handle = test.run("a", call).await.unwrap();
            ends_of(handle.any()).await
        };
        tokio::select! {
            phase = runs => {
                assert_eq!(phase, ends);
                false
            }
            () = test.crashed() => true,
        }
    };
    if !crashed {
        return false;
    }
    test.die().await;
    let report = check(&sagas(saga::Runtime::builder(test.store()))).await.unwrap();
    assert!(report.all_fit(), "after write {write}: {report}");
    test.restart().await.unwrap();
    if let Some(handle) = test.find(&id).await.unwrap() {
        assert_eq!(ends_of(&handle).await, ends, "after write {write}: {:?}", handle.dead_letter().await);
    }
    true
}

/// Answers questions with yes, and states that what is in doubt did not happen. Ends with the saga, or with any other
/// reason for a dead letter.
async fn ends_of(handle: &saga::AnyHandle) -> Phase {
    loop {
        let phase = handle.phase().await.unwrap();
        if phase.is_ended() {
            return phase;
        }
        if let Some(letter) = handle.dead_letter().await.unwrap() {
            let doubts = letter.seen().blockers.iter().filter(|stop| stop.reason == Reason::InDoubt);
            let Some(site) = doubts.filter_map(|stop| stop.site.clone()).next() else { return phase };
            letter.resolve_not_happened(site, By::new("ann", "it is empty")).await.unwrap();
            continue;
        }
        handle.approve(By::new("ann", "a test")).await.ok();
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

#[test]
fn a_saga_of_everything_goes_on_after_any_crash() {
    crashes_anywhere(|| whole(false, vec![2, 3, 4]), Phase::Completed);
    crashes_anywhere(|| whole(true, vec![]), Phase::Completed);
}

#[test]
fn a_saga_that_fails_goes_back_after_any_crash() {
    crashes_anywhere(|| back(vec![1, 2]), Phase::RolledBack);
}
