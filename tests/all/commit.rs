//! Deferred steps in sagas: done at the commit, one after the other, once; dropped by a rollback; whatever dies between.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use saga::prelude::*;
use saga::test::{Side, TestRuntime, in_virtual_time};
use saga::{ActError, Builder, Phase};

/// What has happened outside: by key, what and how often.
#[derive(Clone, Default)]
struct World(Arc<Mutex<BTreeMap<String, (String, u32)>>>);

impl World {
    fn lands(&self, key: &IdempotencyKey, what: &str) {
        let mut effects = self.0.lock().unwrap();
        effects.entry(key.to_string()).or_insert((what.to_owned(), 0)).1 += 1;
    }

    /// Returns what happened, in order of the words; a repeat under one key is one effect.
    fn effects(&self) -> Vec<String> {
        let mut effects: Vec<String> =
            self.0.lock().unwrap().values().map(|(what, _)| what.clone()).collect();
        effects.sort();
        effects
    }
}

#[step(compensate = release(seat))]
async fn hold(world: &World, key: &IdempotencyKey, seat: u32) -> Result<u32, Failure> {
    world.lands(key, "hold");
    Ok(seat)
}

/// Refuses the seat 13.
#[step(readonly)]
async fn check(seat: u32) -> Result<u32, Failure> {
    if seat == 13 { Err(Failure::permanent("unlucky")) } else { Ok(seat) }
}

#[step(retriable)]
async fn release(world: &World, key: &IdempotencyKey, _seat: u32) -> Result<(), Failure> {
    world.lands(key, "release");
    Ok(())
}

#[step(irreversible, retriable)]
async fn charge(world: &World, key: &IdempotencyKey, amount: u32) -> Result<u32, Failure> {
    world.lands(key, &format!("charge {amount}"));
    Ok(amount)
}

/// Undoes nothing and is undone by nothing: its only place is the commit.
#[step(retriable)]
async fn mail(world: &World, key: &IdempotencyKey, text: String) -> Result<(), Failure> {
    world.lands(key, &format!("mail {text}"));
    Ok(())
}

/// Can be undone as long as its parent has not committed, whatever it defers.
#[saga(undoable)]
async fn reserve(seat: u32) -> Result<u32, StepFailure<Failure>> {
    on_commit(mail(format!("seat {seat}"))).await;
    let held = hold(seat).await?;
    check(held).await
}

#[saga]
async fn book(seat: u32, next: u32) -> Result<u32, Failure> {
    on_commit(charge(seat)).await;
    let held = reserve(seat).await.unwrap_or_default();
    for copy in 0..2_u32 {
        on_commit(mail(format!("copy {copy}"))).named("copies").await;
    }
    // The failure comes after all is deferred.
    match check(next).await {
        Ok(next) => Ok(held + next),
        Err(failure) => Err(Failure::permanent(failure.to_string())),
    }
}

fn build(world: &World) -> impl Fn(Builder) -> Builder + Send + Sync + 'static {
    let world = world.clone();
    move |builder| builder.resource(world.clone()).saga::<book>()
}

#[test]
fn what_is_deferred_happens_once_the_body_has_given_its_output() {
    in_virtual_time(async {
        let world = World::default();
        let runtime = TestRuntime::start(build(&world)).await.unwrap();
        let handle = runtime.run("a", book(1, 2)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(3));
        let expected = ["charge 1", "hold", "mail copy 0", "mail copy 1", "mail seat 1"];
        assert_eq!(world.effects(), expected);
    });
}

#[test]
fn a_saga_that_fails_has_sent_no_mail_and_charged_no_card() {
    in_virtual_time(async {
        let world = World::default();
        let runtime = TestRuntime::start(build(&world)).await.unwrap();
        let handle = runtime.run("a", book(1, 13)).await.unwrap();
        assert!(handle.outcome().await.unwrap().completed().is_none());
        assert_eq!(handle.phase().await.unwrap(), Phase::RolledBack);
        assert_eq!(world.effects(), ["hold", "release"]);
    });
}

#[test]
fn a_child_that_failed_takes_its_own_mail_with_it() {
    in_virtual_time(async {
        let world = World::default();
        let runtime = TestRuntime::start(build(&world)).await.unwrap();
        let handle = runtime.run("a", book(13, 2)).await.unwrap();
        assert_eq!(handle.outcome().await.unwrap().completed(), Some(2));
        assert_eq!(world.effects(), ["charge 13", "hold", "mail copy 0", "mail copy 1", "release"]);
    });
}

/// s38: the process dies before and after each durable write, those between two deferred steps among them.
#[test]
fn s38_whenever_the_process_dies_each_deferred_step_happens_once() {
    for (seats, ends) in [((1, 2), 5), ((1, 13), 2), ((13, 2), 5)] {
        let mut write = 0;
        loop {
            write += 1;
            let crashes = [Side::Before, Side::After].map(|side| {
                in_virtual_time(async {
                    let world = World::default();
                    let mut runtime = TestRuntime::start(build(&world)).await.unwrap();
                    runtime.crash_at(write, side);
                    let begun = runtime.run("a", book(seats.0, seats.1));
                    let crashed = tokio::select! {
                        biased;
                        () = runtime.crashed() => true,
                        outcome = async { begun.await.unwrap().outcome().await } => outcome.is_err(),
                    };
                    runtime.crash().await.unwrap();
                    let handle = runtime.run("a", book(seats.0, seats.1)).await.unwrap();
                    handle.outcome().await.unwrap();
                    let effects = world.effects();
                    assert_eq!(effects.len(), ends, "{seats:?}, write {write}, {side:?}: {effects:?}");
                    crashed
                })
            });
            if crashes == [false, false] {
                break;
            }
        }
        assert!(write > 4, "it died at {write} writes");
    }
}

/// Deferred to the commit, and kept by its service until it is told.
#[step(irreversible, retriable, retry(attempts = 2))]
async fn refuse(_key: &IdempotencyKey) -> Result<(), Failure> {
    Err(Failure::permanent("no"))
}

#[saga]
async fn stuck() -> Result<(), Failure> {
    on_commit(refuse()).await;
    on_commit(mail("after".to_owned())).await;
    Ok(())
}

#[test]
fn a_commit_that_is_stuck_says_so_and_takes_no_cancel() {
    in_virtual_time(async {
        let world = World::default();
        let resource = world.clone();
        let build = move |builder: Builder| builder.resource(resource.clone()).saga::<stuck>();
        let runtime = TestRuntime::start(build).await.unwrap();
        let handle = runtime.run("a", stuck()).await.unwrap();
        let outcome = format!("{:?}", handle.outcome().await.unwrap());
        assert!(outcome.contains("refuse"), "{outcome}");
        let refused = handle.cancel(By::new("ann", "changed my mind")).await.unwrap_err();
        assert!(matches!(refused, ActError::Refused(_)), "{refused}");
        assert_eq!(refused.to_string(), "too late: past refuse there is no way back");
        assert_eq!(world.effects(), [""; 0], "what comes after it waits");
        let plan = handle.undo_plan().await.unwrap();
        assert_eq!(plan.deferred, ["mail".into()]);
    });
}

mod later {
    use super::*;

    /// The next version: the mail is not there any more.
    #[saga(name = "stuck")]
    pub(super) async fn without_mail() -> Result<(), Failure> {
        on_commit(refuse()).await;
        Ok(())
    }
}

#[test]
fn a_build_must_know_what_was_deferred_and_need_not_fit_a_body_that_has_ended() {
    in_virtual_time(async {
        let world = World::default();
        let resource = world.clone();
        let build = move |builder: Builder| builder.resource(resource.clone()).saga::<stuck>();
        let runtime = TestRuntime::start(build).await.unwrap();
        let handle = runtime.run("a", stuck()).await.unwrap();
        handle.outcome().await.unwrap();
        let check = async |build: fn(Builder) -> Builder| {
            let builder = build(Runtime::builder(runtime.store()).resource(world.clone()));
            saga::upgrade::check(&builder).await.unwrap()
        };
        let report = check(|builder| builder.saga::<stuck>()).await;
        assert!(report.misfits.is_empty(), "{report}");
        let report = check(|builder| builder.saga::<later::without_mail>()).await;
        let sites: Vec<_> = report.misfits.iter().map(|misfit| misfit.site.clone()).collect();
        assert_eq!(sites, [Some("mail".into())], "{report}");
    });
}

#[test]
fn a_journal_of_a_commit_is_replayed_to_the_end_of_its_body() {
    in_virtual_time(async {
        let world = World::default();
        let runtime = TestRuntime::start(build(&world)).await.unwrap();
        let handle = runtime.run("a", book(1, 2)).await.unwrap();
        handle.outcome().await.unwrap();
        let journal = handle.journal().await.unwrap();
        let here = |builder: Builder| builder.resource(world.clone()).saga::<book>();
        assert_eq!(saga::test::replay_journal(&journal, here), Ok(()));
        // Its commit is not yet over.
        let begun = journal.iter().position(|entry| entry.record.kind() == "committing").unwrap() + 1;
        assert_eq!(saga::test::replay_journal(&journal[..begun], here), Ok(()));
    });
}

#[test]
fn where_it_stands_is_shown() {
    in_virtual_time(async {
        let world = World::default();
        let resource = world.clone();
        let build = move |builder: Builder| builder.resource(resource.clone()).saga::<stuck>();
        let runtime = TestRuntime::start(build).await.unwrap();
        let handle = runtime.run("a", stuck()).await.unwrap();
        handle.outcome().await.unwrap();
        let state = handle.state().await.unwrap();
        assert!(matches!(state, StuckState::DeadLettered { .. }), "{state:?}");
    });
}

#[test]
fn the_automaton_names_what_is_deferred() {
    let drawn = saga::draw::mermaid(stuck::GRAPH);
    assert!(drawn.contains("at the commit"), "{drawn}");
}
