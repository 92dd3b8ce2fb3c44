//! Acts that are repeated, late, or made by two operators at once, through handles and directly at the store.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support::acts::*;
use crate::support::kit::*;
use saga_core::{ActId, Record};

saga!(posted, |cx, input| [a, b] {
    a.at(&cx, 1, &[], charge("card")).await?;
    b.at(&cx, 1, &[], mail("ticket")).await;
    Ok("posted".to_owned())
});

fn click(id: &str) -> By {
    ann().with_act(ActId::new(id).unwrap())
}

async fn redriven(handle: &AnyHandle) -> usize {
    count(handle, |r| matches!(r, Record::Redriven { .. })).await
}

/// Returns a dead letter with mail that fails each time.
async fn dead_letter(world: &World) -> (TestRuntime, Handle<posted>) {
    world.always("mail ticket", Fault::Permanent);
    let test = started(world, |b| b.saga::<posted>()).await;
    let handle = test.run("a", posted::call()).await.unwrap();
    dead_lettered(&handle).await;
    (test, handle)
}

#[tokio::test(start_paused = true)]
async fn s45_a_redrive_clicked_twice_runs_once_at_once_after_a_restart_and_anew() {
    let world = World::new();
    let (mut test, handle) = dead_letter(&world).await;
    let calls = world.calls("mail ticket");
    let (first, second) = tokio::join!(handle.redrive(click("one")), handle.redrive(click("one")));
    first.unwrap();
    second.unwrap();
    dead_lettered(&handle).await;
    assert_eq!((redriven(handle.any()).await, world.calls("mail ticket")), (1, calls + 1));
    // It is a dead letter again, in a new process.
    test.crash().await.unwrap();
    let handle = test.run("a", posted::call()).in_time().await.unwrap();
    handle.redrive(click("one")).in_time().await.unwrap();
    dead_lettered(&handle).await;
    assert_eq!((redriven(handle.any()).await, world.calls("mail ticket")), (1, calls + 1));
    handle.redrive(click("two")).await.unwrap();
    dead_lettered(&handle).await;
    assert_eq!((redriven(handle.any()).await, world.calls("mail ticket")), (2, calls + 2));
}

#[tokio::test(start_paused = true)]
async fn s46_of_two_people_with_the_same_page_one_acts_and_the_other_is_told() {
    let world = World::new();
    let (_test, handle) = dead_letter(&world).await;
    let page = || async { handle.dead_letter().await.unwrap().unwrap() };
    let (one, other) = (page().await, page().await);
    one.redrive(By::new("bob", "first")).await.unwrap();
    dead_lettered(&handle).await;
    let refused = refusal(other.abandon(ann()).await);
    assert!(matches!(refused, Refusal::Stale { .. }), "{refused:?}");
    assert!(refused.to_string().ends_with("after redrive by bob (first)"), "{refused}");
    let tells =
        |r: &Record| matches!(r, Record::NoEffect { by, refusal: Some(_), .. } if by.who == ann().who);
    assert_eq!(count(handle.any(), tells).await, 1, "and that is recorded");
    // That changed nothing, and the act from the present page does.
    page().await.abandon(ann()).await.unwrap();
    assert_eq!(handle.phase().await.unwrap(), Phase::Abandoned);
}

#[tokio::test(start_paused = true)]
async fn an_act_refused_before_the_machine_is_recorded_as_well() {
    let world = World::new();
    let (_test, handle) = dead_letter(&world).await;
    let refused = refusal(handle.redrive(click("one")).with_input(site("ticket"), &6).await);
    assert!(matches!(refused, Refusal::Unusable { .. }), "{refused:?}");
    assert_eq!(count(handle.any(), |r| matches!(r, Record::NoEffect { .. })).await, 1);
    assert_eq!(refusal(handle.redrive(click("one")).with_input(site("ticket"), &6).await), refused);
    assert_eq!(count(handle.any(), |r| matches!(r, Record::NoEffect { .. })).await, 1);
}
