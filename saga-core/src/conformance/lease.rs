//! Promises about workers: which may join, and how long their claims last.

use super::Place;
use super::desk::{Desk, LATER, LEASE, NOW, all_different, id, release, step, waits, wanted};
use crate::store::{AppendError, StoreError};
use crate::{Phase, Timestamp};

/// Checks that if one worker at a time may join, a second is refused, through the same handle and through another. The
/// refusal names the holder. After the first worker leaves, the next may join.
pub async fn a_second_worker_is_refused_or_shares(place: &dyn Place) {
    let desk = Desk::new(place).await;
    assert_eq!(desk.store.takes_many_workers(), place.takes_many_workers(), "what the store says of itself");
    assert_eq!(desk.store.trouble(), None);
    for store in [desk.store.clone(), place.open().await] {
        let second = store.join("second", LEASE, NOW).await;
        match second {
            Ok(second) => assert!(place.takes_many_workers() && second != desk.worker),
            Err(StoreError::Held { holder }) => {
                assert!(!place.takes_many_workers(), "refused, held by {holder}");
                assert!(holder.contains("conformance"), "{holder:?} does not name the holder");
            }
            Err(other) => panic!("refused because {other}"),
        }
    }
    desk.store.leave(desk.worker).await.expect("a worker can leave");
    place.open().await.join("third", LEASE, NOW).await.expect("the place is free");
}

/// Checks that a worker that joins again under the same name is a new worker.
pub async fn workers_have_fresh_numbers(place: &dyn Place) {
    let mut numbers = Vec::new();
    let mut desk = Desk::new(place).await;
    for restart in 1..4 {
        numbers.push(desk.worker);
        desk = desk.successor(LATER).await;
        numbers.push(desk.worker);
        desk = desk.restart(Timestamp(LATER.0 * restart)).await;
    }
    assert!(all_different(numbers.clone()), "{numbers:?}");
}

/// Checks that when a lease ends, other workers claim its sagas, and its worker can neither write to them nor renew.
/// Applies if several workers may join. If only one may, its lease ends with its process: see the promises about
/// restarts.
pub async fn a_lease_that_ends_gives_its_sagas_to_others(place: &dyn Place) {
    let desk = Desk::new(place).await;
    if !place.takes_many_workers() {
        return;
    }
    let old = desk.create("a").await;
    let second = desk.store.join("second", LEASE, LATER).await.expect("another worker can join");
    let early = Timestamp(NOW.after(LEASE).0 - 1);
    let claims = desk.store.claim(second, &wanted(), early).await.expect("the worker may claim");
    assert!(claims.claimed.is_empty(), "the lease has not ended");
    let claims = desk.store.claim(second, &wanted(), NOW.after(LEASE)).await.expect("the worker may claim");
    assert_eq!((&claims.claimed[0].saga, claims.claimed[0].status.deaths), (&id("a"), 1));
    let renewed = desk.store.renew(desk.worker, LEASE, LATER).await;
    assert!(matches!(renewed, Err(StoreError::LeaseLost)), "{renewed:?}");
    let fenced = Err(AppendError::Fenced { saga: id("a"), epoch: old });
    assert_eq!(desk.append(step("a", old, [1])).await, fenced);
}

/// Checks that a lease that is renewed in time lasts from the time of the renewal.
pub async fn a_lease_that_is_renewed_does_not_end(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    let middle = NOW.after(LEASE / 2);
    desk.store.renew(desk.worker, LEASE, middle).await.expect("the lease has not ended");
    if !place.takes_many_workers() {
        return;
    }
    let second = desk.store.join("second", LEASE * 9, NOW).await.expect("another worker can join");
    let before = Timestamp(middle.after(LEASE).0 - 1);
    let claims = desk.store.claim(second, &wanted(), before).await.expect("the worker may claim");
    assert!(claims.claimed.is_empty(), "it was renewed");
    let claims =
        desk.store.claim(second, &wanted(), middle.after(LEASE)).await.expect("the worker may claim");
    assert_eq!(claims.claimed.len(), 1);
}

/// Checks that a worker that has left can neither claim nor hold a saga. The same holds for a worker after its lease
/// ran out, if several may join.
pub async fn a_worker_without_a_lease_claims_nothing(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("a", waits(NOW), NOW).await;
    if place.takes_many_workers() {
        let refused = desk.store.claim(desk.worker, &wanted(), NOW.after(LEASE)).await;
        assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    }
    desk.store.leave(desk.worker).await.expect("a worker can leave");
    let refused = desk.store.claim(desk.worker, &wanted(), NOW).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    let refused = desk.store.held(desk.worker).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    let refused = desk.store.renew(desk.worker, LEASE, NOW).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    desk.restart(LATER).await.claim_one("a", LATER).await;
}

/// Checks that the second `leave` of a worker neither fails nor affects its successor.
pub async fn leaving_twice_changes_nothing(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let first = desk.worker;
    desk.create("a").await;
    desk.store.leave(first).await.expect("a worker can leave");
    let desk = desk.restart(LATER).await;
    let epoch = desk.claim_one("a", LATER).await;
    desk.store.leave(first).await.expect("leaving twice is no error");
    assert_eq!(desk.append_at(step("a", epoch, [1]), LATER).await, Ok(epoch));
}

/// Checks that `held` lists what was created or claimed and not released, with the valid epochs.
pub async fn what_a_worker_holds_is_listed(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("a", waits(NOW), NOW).await;
    let epochs = [desk.claim_one("a", NOW).await, desk.create("b").await, desk.create("c").await];
    desk.append(release("c", epochs[2], waits(NOW))).await.expect("the epoch is right");
    let mut held = desk.store.held(desk.worker).await.expect("it can be listed");
    held.sort_by(|a, b| a.saga.cmp(&b.saga));
    let listed: Vec<_> = held.iter().map(|c| (c.saga.as_str(), c.epoch, c.status.phase)).collect();
    assert_eq!(listed, [("a", epochs[0], Phase::Waiting), ("b", epochs[1], Phase::Scheduled)]);
}
