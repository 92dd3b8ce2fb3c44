//! What is due is retried at once where an operator says so, and starves nothing: scenarios 18 and 19 of
//! `docs/scenarios.md`, defects found in other engines.
//!
//! Mutants seen to fail here: backoffs not ended by retry-now (s18); what is due claimed by its id instead of by how
//! long it has waited (s19).
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::policy::Retry;
use saga_core::store::Query;

/// A step that is retried after an hour, and so is its compensation.
macro_rules! slow_to_retry {
    ($name:ident: $undo:ident, $effort:ident $(, by $by:ident)?) => {
        #[allow(non_camel_case_types)]
        enum $name {}
        impl Step for $name {
            const NAME: &'static str = stringify!($name);
            const RETRY: Retry = Retry { attempts: 5, backoff_min: HOUR, backoff_max: HOUR, within: None };
            $(const UNDONE_BY: Option<&'static str> = Some(stringify!($by));)?
            type Input = Item;
            type Output = String;
            type Error = Failure;
            type Undo = undo::$undo;
            type Effort = effort::$effort;
            type Repeat = repeat::Keyed;
            async fn run(cx: &StepContext, item: Item) -> Result<String, Failure> {
                cx.resource::<World>().clone().step(cx, stringify!($name), item, Known::ByKey).await
            }
            fn needs() -> Vec<Need> {
                vec![Need::of::<World>()]
            }
            $(
                fn related(registry: &mut Registry) {
                    registry.step::<$by>();
                }
                fn compensation(id: String, given: &Given<'_, Self>) -> Option<Compensation> {
                    Some(Compensates::undoing(StepCall::<$by>::new(Item { id: Some(id), ..given.input() })))
                }
            )?
        }
    };
}

slow_to_retry!(give_back: Auxiliary, Retriable);
slow_to_retry!(lend: Compensated, Fallible, by give_back);

saga!(loan, |cx, input| [a, b] {
    a.at(&cx, 1, &[], StepCall::<lend>::new(Item::new("book")).named("book".to_owned())).await?;
    b.at(&cx, 1, &[], charge("card")).await?;
    Ok("lent".to_owned())
});

/// A service was down, and its callers wait in backoff. It is up again, and an operator ends the backoffs.
#[tokio::test(start_paused = true)]
async fn s18_after_an_outage_whoever_is_asleep_can_be_woken() {
    for label in ["lend book", "give_back book"] {
        let world = World::new();
        let goes_back = label == "give_back book";
        if goes_back {
            world.always("charge card", Fault::Permanent);
        }
        world.always(label, Fault::Transient);
        let test = started(&world, |b| b.saga::<loan>()).await;
        for n in 0..20 {
            test.run(format!("{n}"), loan::call()).await.unwrap();
        }
        world.called(label, 20).in_time().await;
        test.pass(SECOND).await;
        world.always(label, Fault::None);
        test.pass(SECOND).await;
        assert_eq!(world.calls(label), 20, "they sleep");
        let began = test.now();
        for summary in test.runtime().sagas(&Query::default()).await.unwrap().sagas {
            let handle = test.find(&summary.id).await.unwrap().unwrap();
            handle.retry_now(ann()).await.unwrap();
            until(&handle, |state| state.phase().is_ended()).await;
            let ended = if goes_back { Phase::RolledBack } else { Phase::Completed };
            assert_eq!(handle.phase().await.unwrap(), ended);
            world.agrees(&handle).await;
        }
        assert!(test.now().since(began) < SECOND * 5, "{label}: {:?}", test.now().since(began));
        assert_eq!(world.calls(label), 40);
    }
}

saga!(errand, |cx, input| [a] {
    a.at(&cx, 1, &[], set(input.as_str())).await?;
    Ok(input)
});

/// A step that never succeeds and takes its time; it is due again almost at once.
#[allow(non_camel_case_types)]
enum fail_on {}
impl Step for fail_on {
    const NAME: &'static str = "fail_on";
    const RETRY: Retry = Retry { attempts: u32::MAX, backoff_min: SECOND, backoff_max: SECOND, within: None };
    type Input = Item;
    type Output = String;
    type Error = Failure;
    type Undo = undo::Irreversible;
    type Effort = effort::Retriable;
    type Repeat = repeat::Idempotent;
    async fn run(cx: &StepContext, item: Item) -> Result<String, Failure> {
        tokio::time::sleep(SECOND * 5).await;
        cx.resource::<World>().clone().step(cx, "fail_on", item, Known::ByNature).await
    }
    fn needs() -> Vec<Need> {
        vec![Need::of::<World>()]
    }
}

saga!(hopeless, |cx, input| [a] {
    Ok(a.at(&cx, 1, &[], StepCall::<fail_on>::new(Item::new("it")).named("it".to_owned())).await)
});

/// More sagas fail for ever than there is room for, so some of them are always overdue. A later saga must still run.
#[tokio::test(start_paused = true)]
async fn s19_sagas_that_fail_for_ever_starve_nobody() {
    let world = World::new();
    world.always("fail_on it", Fault::Transient);
    let test =
        started(&world, |b| b.running_max(2).linger(Duration::ZERO).saga::<hopeless>().saga::<errand>())
            .await;
    for n in 0..12 {
        // Their ids sort before all others.
        test.run(format!("0-hopeless-{n:02}"), hopeless::call()).await.unwrap();
    }
    test.pass(SECOND * 90).await;
    assert!(world.calls("fail_on it") > 24, "each has failed more than twice");
    let began = test.now();
    let mut errands = Vec::new();
    for n in 0..12 {
        errands
            .push(test.run(format!("errand-{n:02}"), SagaCall::<errand>::new(format!("{n}"))).await.unwrap());
    }
    for errand in &errands {
        let ended = tokio::time::timeout(SECOND * 600, errand.outcome()).await;
        assert!(ended.expect("it is starved").unwrap().is_completed());
    }
    // Twelve others, two at a time, five seconds each, come before; not more.
    assert!(test.now().since(began) <= SECOND * 40, "{:?}", test.now().since(began));
    let failed = world.calls("fail_on it");
    test.pass(SECOND * 90).await;
    assert!(world.calls("fail_on it") > failed + 24, "nor are they starved themselves");
}
