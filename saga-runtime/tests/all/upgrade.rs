//! A store with sagas of one build, and another build that must continue them: which fit, which do not, where and why.
//! Each misfit that the check reports would also occur if the build ran.
//!
//! Mutants seen to fail here: the order of a journal not checked against the automaton, at a claim or in a check; owed
//! compensations looked for only in rollbacks; completed sagas checked past their windows; one page checked.
// A saga drops a failure by `let _ =`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::let_underscore_must_use)]

use std::sync::Arc;
use std::time::Duration;

use saga::prelude::*;
use saga::store::{Query, Store};
use saga::upgrade::{Misfit, Report, Why, check};
use saga::{
    Phase, Reason, Saga, SqliteStore,
    by_hand::{Exit, SagaContext, StateView, Witness},
    policy::Kind,
};

use crate::support::shop::{Build, FIRST, ann, first, left, three_waiting, until};

/// Returns the only misfit of that saga.
fn only<'a>(report: &'a Report, saga: &str) -> &'a Misfit {
    let of = SagaId::new(saga).unwrap();
    let misfits: Vec<&Misfit> = report.misfits.iter().filter(|m| m.saga == of).collect();
    assert_eq!(misfits.len(), 1, "{report}");
    misfits[0]
}

fn at(misfit: &Misfit) -> &str {
    misfit.site.as_ref().map_or("", |site| site.as_str())
}

#[tokio::test(start_paused = true)]
async fn the_same_build_fits() {
    let report = three_waiting().await.check(FIRST).await;
    assert!(report.all_fit(), "{report}");
    let mut fits: Vec<_> =
        report.fits.iter().map(|f| (f.saga.as_str(), &*f.name, f.version, f.version_here)).collect();
    fits.sort();
    assert_eq!(fits, [("order", "order", 3, 3), ("trip", "trip", 1, 1), ("wait", "wait", 1, 1)]);
    assert_eq!(report.to_string(), "3 sagas fit this build, and none does not");
}

/// A longer end, another way forward, another name in the code.
mod fits {
    use super::*;
    use first::*;

    #[step(compensate = release(output), idempotent, name = "hold")]
    pub(crate) async fn reserve(item: String) -> Result<String, Failure> {
        Ok(item)
    }

    #[saga(version = 2)]
    pub(crate) async fn trip(to: String) -> Result<String, Failure> {
        let flight = reserve(to.clone()).await?;
        let hotel = book(to).await?;
        if approve("sure?").await.is_err() {
            return Err(Failure::permanent("no"));
        }
        sleep("1h").await;
        book("a taxi".into()).await?;
        Ok(flight + &hotel)
    }
}

#[tokio::test(start_paused = true)]
async fn a_build_that_goes_on_further_fits() {
    let report = three_waiting().await.check(|b| b.saga::<fits::trip>()).await;
    assert_eq!(report.misfits_of(&SagaId::new("trip").unwrap()).count(), 0, "{report}");
    let trip = report.fits.iter().find(|f| f.saga.as_str() == "trip").unwrap();
    assert_eq!((trip.version, trip.version_here, trip.phase), (1, 2, Phase::Waiting));
}

/// Every record of the journal fits alone; their order does not.
mod turned_round {
    use super::*;
    use first::*;

    #[saga(version = 2)]
    pub(crate) async fn trip(to: String) -> Result<String, Failure> {
        let hotel = book(to.clone()).await?;
        let flight = hold(to).await?;
        approve("sure?").await?;
        Ok(flight + &hotel)
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_in_another_order_is_no_path() {
    let shop = three_waiting().await;
    let build: Build = |b| b.saga::<turned_round::trip>();
    let report = shop.check(build).await;
    let misfit = only(&report, "trip");
    assert!(matches!(misfit.why, Why::NoPath(_)), "{misfit:?}");
    assert_eq!(at(misfit), "hold");
    let told = misfit.why.to_string();
    assert!(told.contains("`hold`") && told.contains("`book`"), "{told}");
    // It is also dead-lettered when it is claimed, before its body runs.
    let runtime = shop.started(build).await;
    let handle = runtime.find(&SagaId::new("trip").unwrap()).await.unwrap().unwrap();
    handle.approve(ann()).await.unwrap();
    until(&handle, Phase::DeadLettered).await;
    let letter = handle.dead_letter().await.unwrap().unwrap();
    assert_eq!(letter.seen().blockers.len(), 1, "{letter}");
    assert_eq!(
        (letter.seen().blockers[0].reason, letter.seen().blockers[0].site.as_ref()),
        (Reason::Diverged, misfit.site.as_ref())
    );
    assert!(letter.seen().blockers[0].detail.starts_with(&told), "{letter}");
    assert!(letter.seen().blockers[0].detail.contains(r#"step hold({"item":"Ork"})"#), "{letter}");
    runtime.shutdown().await;
}

mod other_values {
    use super::*;
    use first::*;

    #[step(compensate = release(output.to_string()), idempotent, name = "hold")]
    pub(crate) async fn hold_number(item: String) -> Result<u64, Failure> {
        Ok(item.len() as u64)
    }

    /// Its output is of another type.
    #[saga]
    pub(crate) async fn trip(to: String) -> Result<String, Failure> {
        let flight = hold_number(to.clone()).await?;
        let hotel = book(to).await?;
        approve("sure?").await?;
        Ok(format!("{flight}{hotel}"))
    }

    /// Calls its step with another input.
    #[saga]
    pub(crate) async fn order(cents: u32) -> Result<u32, Failure> {
        hold("that".into()).await?;
        let paid = charge(cents).await?;
        let _ = approve("sent?").await;
        Ok(paid)
    }

    /// Takes another input.
    #[saga]
    pub(crate) async fn wait(desk: u8) -> Result<String, Failure> {
        Ok(queue(desk.to_string()).await?)
    }
}

#[tokio::test(start_paused = true)]
async fn values_of_other_types_and_other_values() {
    let shop = three_waiting().await;
    let report = shop.check(|b| b.saga::<other_values::trip>()).await;
    assert!(!report.all_fit() && report.fits.is_empty());
    let trip = only(&report, "trip");
    assert!(matches!(&trip.why, Why::Undecodable { detail } if detail.contains("u64")), "{trip:?}");
    assert_eq!(at(trip), "hold");
    let report = shop.check(|b| b.saga::<other_values::order>().saga::<other_values::wait>()).await;
    let order = only(&report, "order");
    let Why::Diverged { detail } = &order.why else { panic!("{order:?}") };
    assert!(detail.contains(r#"{"item":"it"}"#) && detail.contains(r#"{"item":"that"}"#), "{detail}");
    let wait = only(&report, "wait");
    assert!(
        matches!(&wait.why, Why::Undecodable { detail } if detail.starts_with("the saga's input")),
        "{wait:?}"
    );
    assert_eq!(wait.site, None);
}

mod misbehaves {
    use super::*;
    use first::*;

    #[saga]
    pub(crate) async fn trip(to: String) -> Result<String, Failure> {
        let flight = hold(to.clone()).await?;
        assert_eq!(flight, "Rome", "it always goes to Rome");
        let hotel = book(to).await?;
        approve("sure?").await?;
        Ok(flight + &hotel)
    }

    /// Makes more turns than its bound allows, before it does anything.
    #[allow(non_camel_case_types)]
    pub(crate) enum wait {}
    impl Saga for wait {
        const NAME: &'static str = "wait";
        type Input = serde_json::Value;
        type Output = ();
        type Error = Failure;
        type State = StateView;
        async fn body(cx: SagaContext) -> Exit<(), Failure> {
            let queued = Witness::new();
            if cx.registers(&[&queued]) {
                return cx.registered().await;
            }
            cx.turn(&mut 0, Some(0), "the loop").await;
            Exit::of(queued.at(&cx, 1, &[], queue("desk".into())).await.map(drop).map_err(Into::into))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_panic_or_go_round_too_often() {
    let build: Build = |b| b.saga::<misbehaves::trip>().saga::<misbehaves::wait>();
    let report = three_waiting().await.check(build).await;
    let trip = only(&report, "trip");
    assert!(matches!(&trip.why, Why::Panicked { message } if message.contains("Rome")), "{trip:?}");
    assert_eq!(only(&report, "order").why, Why::UnknownSaga);
    let dead_lettered =
        Why::DeadLettered { reason: Reason::BoundExceeded, detail: "the loop has made 0 turns".into() };
    assert_eq!(only(&report, "wait").why, dead_lettered);
    // A message of several lines stays in its row.
    assert_eq!(report.to_string().lines().count(), 5, "{report}");
}

/// `book` and its compensation are gone; `hold` has a compensation with more parameters.
mod forgets {
    use super::*;

    #[step(compensate = release(output, 1), idempotent)]
    pub(crate) async fn hold(item: String) -> Result<String, Failure> {
        Ok(item)
    }
    #[step(retriable, idempotent)]
    pub(crate) async fn release(id: String, times: u32) -> Result<(), Failure> {
        drop((id, times));
        Ok(())
    }

    #[saga]
    pub(crate) async fn trip(to: String) -> Result<String, Failure> {
        Ok(hold(to).await?)
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_is_looked_for_on_the_way_back_and_after_completion() {
    let shop = left(async |runtime| {
        let done = runtime.run("done", first::trip("Ork".into())).await.unwrap();
        let back = runtime.run("back", first::trip("Ork".into())).await.unwrap();
        until(done.any(), Phase::Waiting).await;
        done.approve(ann()).await.unwrap();
        until(back.any(), Phase::Waiting).await;
        assert!(done.outcome().await.unwrap().is_completed());
    })
    .await;
    let build: Build = |b| b.saga::<forgets::trip>();
    let report = shop.check(build).await;
    for saga in ["done", "back"] {
        let of = SagaId::new(saga).unwrap();
        let whys: Vec<(&str, &Why)> =
            report.misfits_of(&of).filter(|m| at(m) != "approve").map(|m| (at(m), &m.why)).collect();
        let gone = Why::UnknownCompensation { compensation: "unbook".into(), undoes: "book".into() };
        assert!(whys.contains(&("book", &gone)), "{report}");
        let takes_more = |why: &Why| matches!(why, Why::Undecodable { detail } if detail.contains("times"));
        assert!(whys.iter().any(|(site, why)| *site == "hold" && takes_more(why)), "{report}");
    }
    // A registered step is known, although nothing names it any more.
    let kept = shop.check(|b| b.saga::<forgets::trip>().step::<first::unbook>()).await;
    assert!(kept.misfits.iter().all(|m| !matches!(m.why, Why::UnknownCompensation { .. })), "{kept}");
    // `book` could be undone for two hours. For completed sagas that is over then; for others it is still owed.
    tokio::time::sleep(Duration::from_secs(3 * 3600)).await;
    let later = shop.check(build).await;
    assert_eq!(later.misfits_of(&SagaId::new("done").unwrap()).count(), 0, "{later}");
    assert!(later.misfits_of(&SagaId::new("back").unwrap()).count() > 0, "{later}");
}

/// A rollback needs no body: only what it owes must be known.
#[tokio::test(start_paused = true)]
async fn a_rollback_is_not_held_against_the_automaton() {
    let shop = left(async |runtime| {
        let trip = runtime.run("trip", first::trip("Ork".into())).await.unwrap();
        until(trip.any(), Phase::Waiting).await;
    })
    .await;
    // A build without `unbook` must roll it back, and dead-letters it there.
    let runtime = shop.started(|b| b.saga::<forgets::trip>()).await;
    let handle = runtime.find(&SagaId::new("trip").unwrap()).await.unwrap().unwrap();
    handle.cancel(ann()).await.unwrap();
    until(&handle, Phase::DeadLettered).await;
    runtime.shutdown().await;
    let report = shop.check(|b| b.saga::<turned_round::trip>()).await;
    assert!(report.all_fit() && report.fits[0].phase == Phase::DeadLettered, "{report}");
    let report = shop.check(|b| b.saga::<forgets::trip>()).await;
    assert!(
        report.misfits.iter().all(|m| !matches!(m.why, Why::NoPath(_) | Why::Diverged { .. })),
        "{report}"
    );
    assert!(report.misfits.iter().any(|m| matches!(m.why, Why::UnknownCompensation { .. })), "{report}");
}

mod other_kinds {
    use super::*;

    #[step(irreversible, idempotent)]
    pub(crate) async fn queue(item: String) -> Result<String, Failure> {
        Ok(item)
    }

    #[saga]
    pub(crate) async fn wait(item: String) -> Result<String, Failure> {
        Ok(queue(item).await?)
    }

    pub(crate) mod renamed {
        use super::*;

        #[step(compensate = first::release(output), idempotent)]
        pub(crate) async fn line_up(item: String) -> Result<String, Failure> {
            Ok(item)
        }

        #[saga]
        pub(crate) async fn wait(item: String) -> Result<String, Failure> {
            Ok(line_up(item).named("queue").await?)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_on_its_way_is_known_and_of_its_kind() {
    let shop = three_waiting().await;
    let report = shop.check(|b| b.saga::<other_kinds::wait>()).await;
    let changed =
        Why::KindChanged { step: "queue".into(), recorded: Kind::Compensated, here: Kind::Irreversible };
    let of = SagaId::new("wait").unwrap();
    assert!(report.misfits_of(&of).any(|m| m.why == changed && at(m) == "queue"), "{report}");
    let report = shop.check(|b| b.saga::<other_kinds::renamed::wait>()).await;
    let unknown = Why::UnknownStep { step: "queue".into() };
    assert!(report.misfits_of(&of).any(|m| m.why == unknown), "{report}");
    assert!(report.misfits_of(&of).any(|m| matches!(m.why, Why::Diverged { .. })), "{report}");
}

/// A recorded failure of a step that is now retried until it succeeds: no value represents it.
#[tokio::test(start_paused = true)]
async fn a_failure_of_a_step_that_cannot_fail_any_more() {
    #[step(compensate = first::release(output), retriable, idempotent)]
    async fn refuse(item: String) -> Result<String, Failure> {
        Ok(item)
    }
    #[saga]
    async fn retort(item: String) -> Result<String, Failure> {
        let item = refuse(item).await;
        approve("all the same?").await?;
        Ok(item)
    }
    let shop = left(async |runtime| {
        let handle = runtime.run("retort", first::retort("no".into())).await.unwrap();
        until(handle.any(), Phase::Waiting).await;
    })
    .await;
    assert!(shop.check(FIRST).await.all_fit());
    let report = shop.check(|b| b.saga::<retort>()).await;
    let misfit = only(&report, "retort");
    assert!(matches!(&misfit.why, Why::Diverged { detail } if detail.contains("cannot fail")), "{misfit:?}");
    assert_eq!(at(misfit), "refuse");
}

/// The macro refuses such a body. A hand-written one is possible, and leads to a dead letter.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_past_the_point_of_no_return() {
    #[allow(non_camel_case_types)]
    enum order {}
    impl Saga for order {
        const NAME: &'static str = "order";
        type Input = serde_json::Value;
        type Output = u32;
        type Error = Failure;
        type State = StateView;
        async fn body(cx: SagaContext) -> Exit<u32, Failure> {
            let (a, b, c) = (Witness::new(), Witness::new(), Witness::new());
            if cx.registers(&[&a, &b, &c]) {
                return cx.registered().await;
            }
            a.at(&cx, 1, &[], first::hold("it".into())).await.ok();
            b.at(&cx, 1, &[], first::charge(300)).await.ok();
            // It is not awaited to its end: the body continues without an answer.
            drop(futures_util::FutureExt::now_or_never(c.at(&cx, 1, &[], approve("sent?"))));
            Exit::Failed(Failure::permanent("that is too much"))
        }
    }
    let report = three_waiting().await.check(|b| b.saga::<order>()).await;
    let misfit = only(&report, "order");
    let why = Why::FailedPastNoReturn { message: "that is too much".into() };
    assert_eq!((misfit.why.clone(), misfit.site.as_ref()), (why, None));
}

/// The check reports what happens when the build runs: the same reason, at the same site, in the same words.
#[tokio::test(start_paused = true)]
async fn what_is_told_is_what_would_happen() {
    let rows: [(Build, &str, Reason); 5] = [
        (|b| b.saga::<other_values::trip>(), "trip", Reason::Undecodable),
        (|b| b.saga::<other_values::order>(), "order", Reason::Diverged),
        (|b| b.saga::<turned_round::trip>(), "trip", Reason::Diverged),
        (|b| b.saga::<misbehaves::wait>(), "wait", Reason::BoundExceeded),
        (|b| b.saga::<other_kinds::renamed::wait>(), "wait", Reason::Diverged),
    ];
    for (build, saga, reason) in rows {
        let shop = three_waiting().await;
        let report = shop.check(build).await;
        let runtime = shop.started(build).await;
        let handle = runtime.find(&SagaId::new(saga).unwrap()).await.unwrap().unwrap();
        // Any delivery makes it claimable.
        handle.signal("news", "1", &"good").await.unwrap();
        let state = async {
            while handle.look().await.unwrap().body_blockers().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            handle.look().await.unwrap()
        };
        let state = tokio::time::timeout(Duration::from_secs(60), state).await.expect("its body is blocked");
        let blocker = &state.body_blockers()[0];
        assert_eq!(blocker.reason, reason, "{saga}: {blocker:?}");
        let same = |m: &&Misfit| m.site == blocker.site && blocker.detail.starts_with(&words(&m.why));
        assert!(report.misfits_of(handle.id()).any(|m| same(&m)), "{saga}: {blocker:?}, but {report}");
        runtime.shutdown().await;
    }
}

/// Returns the observation, without the name of the reason.
fn words(why: &Why) -> String {
    match why {
        Why::DeadLettered { detail, .. } => detail.clone(),
        why => why.to_string(),
    }
}

/// More sagas than a page has, in a store that is in use.
#[tokio::test(start_paused = true)]
async fn all_pages_are_looked_at() {
    let shop = left(async |runtime| {
        for n in 0..1203 {
            let trip = runtime.run(format!("trip-{n}"), first::trip("Ork".into())).await.unwrap();
            if n == 1202 {
                until(trip.any(), Phase::Waiting).await;
            }
        }
    })
    .await;
    let report = shop.check(FIRST).await;
    assert_eq!((report.fits.len(), report.misfits.len()), (1203, 0));
}

/// A worker uses the file; the check only reads, and changes nothing.
#[tokio::test]
async fn a_store_in_use_is_only_read() {
    let dir = std::env::temp_dir().join(format!("saga-upgrade-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("trips.db");
    let runtime = FIRST(Runtime::builder(SqliteStore::open(&path).unwrap())).start().await.unwrap();
    let handle = runtime.run("trip", first::trip("Ork".into())).await.unwrap();
    until(handle.any(), Phase::Waiting).await;
    let before = handle.journal().await.unwrap();
    let reader = SqliteStore::open_read_only(&path).unwrap();
    let report = check(&Runtime::builder(reader).saga::<turned_round::trip>()).await.unwrap();
    assert!(matches!(only(&report, "trip").why, Why::NoPath(_)), "{report}");
    let report = check(&FIRST(Runtime::builder(SqliteStore::open_read_only(&path).unwrap()))).await.unwrap();
    assert!(report.all_fit(), "{report}");
    assert_eq!(handle.journal().await.unwrap(), before);
    let held = runtime.sagas(&Query::default()).await.unwrap().sagas;
    assert_eq!((held.len(), held[0].status.deaths), (1, 0));
    handle.approve(ann()).await.unwrap();
    assert!(handle.outcome().await.unwrap().is_completed());
    runtime.shutdown().await;
    drop(runtime);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_could_not_start_is_not_checked() {
    let store: Arc<dyn Store> = three_waiting().await.store;
    let error = check(&Runtime::builder(store)).await.unwrap_err();
    assert_eq!(error.to_string(), "no saga was registered, and no step for sessions to call");
}

/// The report as text.
#[tokio::test(start_paused = true)]
async fn a_report_is_a_table() {
    let shop = three_waiting().await;
    let report = shop.check(|b| b.saga::<turned_round::trip>().saga::<first::wait>()).await;
    let told = "1 saga fits this build, 2 do not:
  saga   began as  is       at    why
  trip   trip 1    waiting  hold  the journal begins with `hold`; the automaton goes to `book`
  order  order 3   waiting  -     this build runs no saga of that name";
    assert_eq!(report.to_string(), told);
}
