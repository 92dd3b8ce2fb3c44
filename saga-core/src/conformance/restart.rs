//! Promises about restarts: the process dies without notice, and another opens the store.

use super::Place;
use super::desk::{Desk, LATER, NOW, entries, id, nothing, release, status, step, waits};
use crate::store::{Append, AppendError, Status};
use crate::{Phase, Reason, Timestamp};

/// Checks that everything that was answered with `Ok` is there.
pub async fn journals_and_status_survive_a_restart(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let dead = Status { reasons: vec![Reason::InDoubt], ..status(Phase::DeadLettered) };
    desk.append(step("a", epoch, 1..4)).await.expect("these follow");
    desk.append(Append { entries: entries([4]), ..release("a", epoch, dead.clone()) })
        .await
        .expect("it follows");
    desk.create("b").await;
    let before = desk.store.summary(&id("a")).await.expect("it can be read");
    let desk = desk.restart(LATER).await;
    assert_eq!(desk.journal("a").await, entries(0..5));
    assert_eq!(desk.journal("b").await, entries(0..1));
    assert_eq!(desk.status("a").await, dead);
    assert_eq!(desk.store.summary(&id("a")).await.expect("it can be read"), before);
}

/// Checks that deliveries that were not taken are there, in order.
pub async fn the_inbox_survives_a_restart(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let mail = [desk.deliver("a", NOW).await, desk.deliver("a", NOW).await, desk.deliver("a", NOW).await];
    desk.append(Append { taken: vec![mail[1]], ..nothing("a", epoch) }).await.expect("the epoch is right");
    let desk = desk.restart(LATER).await;
    assert!(desk.mail().await.is_empty(), "it is not held yet");
    desk.claim_one("a", LATER).await;
    assert_eq!(desk.mail().await, [mail[0], mail[2]]);
    let next = desk.deliver("a", LATER).await;
    assert!(next > mail[2], "the order goes on: {next:?} after {:?}", mail[2]);
}

/// Checks that sagas of the dead worker can be claimed at once if the store takes one worker, else when its lease is
/// over.
pub async fn what_was_held_is_claimable_after_a_restart(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for name in ["a", "b", "c"] {
        desk.create(name).await;
    }
    let now = if place.takes_many_workers() { LATER } else { Timestamp(NOW.0 + 1) };
    let mut claimed = desk.restart(now).await.claim(now).await;
    claimed.sort();
    assert_eq!(claimed, ["a", "b", "c"]);
}

/// Checks that appends of the dead worker are refused, both before and after the saga is claimed again.
pub async fn epochs_from_before_a_restart_are_over(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let old = desk.create("a").await;
    let desk = desk.restart(LATER).await;
    let fenced = Err(AppendError::Fenced { saga: id("a"), epoch: old });
    assert_eq!(desk.append_at(step("a", old, [1]), LATER).await, fenced);
    let epoch = desk.claim_one("a", LATER).await;
    assert_eq!(desk.append_at(step("a", old, [1]), LATER).await, fenced);
    assert_eq!(desk.append_at(step("a", epoch, [1]), LATER).await, Ok(epoch));
}

/// Checks that a saga that waits for a time still does.
pub async fn wakes_survive_a_restart(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("a", waits(Timestamp(LATER.0 + 5)), NOW).await;
    let desk = desk.restart(LATER).await;
    let claims = desk.claims(LATER).await;
    assert!(claims.claimed.is_empty());
    assert_eq!(claims.next_wake, Some(Timestamp(LATER.0 + 5)));
    desk.claim_one("a", Timestamp(LATER.0 + 5)).await;
}

/// Checks that counted deaths are kept, also for a saga that has not been claimed since.
pub async fn deaths_survive_a_restart(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    let mut desk = desk.restart(LATER).await;
    assert_eq!(desk.claims(LATER).await.claimed[0].status.deaths, 1);
    let epoch = desk.store.held(desk.worker).await.expect("it can be listed")[0].epoch;
    let waits = Status { deaths: 1, ..waits(LATER) };
    desk.append_at(release("a", epoch, waits), LATER).await.expect("the epoch is right");
    for restart in 2..4 {
        desk = desk.restart(Timestamp(LATER.0 * restart)).await;
    }
    assert_eq!(desk.claims(Timestamp(LATER.0 * 3)).await.claimed[0].status.deaths, 1);
}

/// Checks that the sequence continues, in sagas that were held and in sagas that were not.
pub async fn sequence_goes_on_after_a_restart(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let (a, b) = (desk.create("a").await, desk.create("b").await);
    desk.append(step("a", a, 1..8)).await.expect("these follow");
    desk.append(Append { entries: entries(1..3), ..release("b", b, waits(NOW)) })
        .await
        .expect("these follow");
    let desk = desk.restart(LATER).await;
    let claims = desk.claims(LATER).await;
    for (name, next) in [("a", 8), ("b", 3)] {
        let claim = claims.claimed.iter().find(|c| c.saga.as_str() == name).expect("it is claimed");
        let gap = desk.append_at(step(name, claim.epoch, [next + 1]), LATER).await;
        let expected = AppendError::Sequence { saga: id(name), expected: next, found: next + 1 };
        assert_eq!(gap, Err(expected));
        assert_eq!(desk.append_at(step(name, claim.epoch, [next]), LATER).await, Ok(claim.epoch));
    }
}

/// Checks that a long history can be read in pages of any size, also while other sagas write.
pub async fn a_long_history_is_read_in_pages(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let (long, other) = (desk.create("long").await, desk.create("other").await);
    for portion in 0..100_u64 {
        let seqs = portion * 30 + 1..portion * 30 + 31;
        let batch = [step("long", long, seqs), step("other", other, [portion + 1])];
        assert_eq!(desk.commit(&batch).await, [Ok(long), Ok(other)]);
    }
    let desk = desk.restart(LATER).await;
    // A cached part of a journal must not pass for the whole.
    let middle = desk.store.load(&id("long"), 500, 3).await.expect("it can be read");
    assert_eq!(middle, entries(500..503));
    for page in [1000, 999, 150] {
        let mut read = Vec::new();
        loop {
            let some = desk.store.load(&id("long"), read.len() as u64, page).await.expect("it can be read");
            if some.is_empty() {
                break;
            }
            assert!(some.len() <= page);
            read.extend(some);
            assert!(read.len() <= 3001, "a page gives what an earlier one gave");
        }
        assert!(read == entries(0..3001), "in pages of {page}");
    }
    let middle = desk.store.load(&id("long"), 1499, 3).await.expect("it can be read");
    assert_eq!(middle, entries(1499..1502));
    assert!(desk.store.load(&id("long"), 3001, 9).await.expect("it can be read").is_empty());
    assert!(desk.store.load(&id("long"), u64::MAX, 9).await.expect("it can be read").is_empty());
    assert!(desk.store.load(&id("long"), 0, 0).await.expect("it can be read").is_empty());
}
