//! Promises about claims: everything claimable is claimed, longest wait first.

use super::Place;
use super::desk::{Desk, KIND, NOW, all_different, creation, id, names, release, status, waits, wanted};
use crate::store::{Append, Status, Wanted};
use crate::{Phase, Reason, Timestamp, Undoable};

fn at(ms: i64) -> Timestamp {
    Timestamp(NOW.0 + ms)
}

/// Checks that a saga is due at its `wake_at` and not before. A claim returns the time at which the next saga is due.
pub async fn what_is_due_is_claimed_and_what_is_not_is_announced(place: &dyn Place) {
    let desk = Desk::new(place).await;
    assert_eq!(desk.claims(NOW).await.next_wake, None, "there is nothing to wait for");
    desk.released("a", waits(at(5)), NOW).await;
    desk.released("b", waits(at(9)), NOW).await;
    let claims = desk.claims(at(4)).await;
    assert_eq!((names(&claims), claims.next_wake), (vec![], Some(at(5))));
    let claims = desk.claims(at(5)).await;
    assert_eq!((names(&claims), claims.next_wake), (vec!["a".to_owned()], Some(at(9))));
    let claims = desk.claims(at(100)).await;
    assert_eq!(
        (names(&claims), claims.next_wake),
        (vec!["b".to_owned()], None),
        "held sagas are not announced"
    );
}

/// Checks that no worker claims a held saga, the holder included, due or not.
pub async fn what_is_held_is_not_claimed(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.append(Append { status: Some(waits(NOW)), ..creation("a") }).await.expect("a saga is created");
    desk.released("b", waits(NOW), NOW).await;
    desk.claim_one("b", NOW).await;
    desk.deliver("b", NOW).await;
    assert!(desk.claim(at(1)).await.is_empty());
    if place.takes_many_workers() {
        assert!(desk.successor(at(1)).await.claim(at(1)).await.is_empty());
    }
}

/// Checks that claims follow the order of due times, not of creation, also across several claims.
pub async fn what_waits_longest_is_claimed_first(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for (name, due) in [("a", -1), ("b", -3), ("c", -2), ("d", 7), ("e", -4)] {
        desk.released(name, waits(at(due)), at(-9)).await;
    }
    let mut order = Vec::new();
    for _ in 0..2 {
        let some = Wanted { limit: 2, ..wanted() };
        let claims = desk.store.claim(desk.worker, &some, NOW).await.expect("the worker may claim");
        order.extend(names(&claims));
        assert_eq!(claims.next_wake.is_some_and(|at| at <= NOW), order.len() < 4, "more is due: {claims:?}");
    }
    assert_eq!(order, ["e", "b", "c", "a"]);
}

/// Checks that sagas that fail repeatedly, and are due again at once, do not starve the others.
pub async fn claiming_in_small_portions_starves_nobody(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let count = 30;
    for n in 0..count {
        desk.released(&format!("saga-{n}"), waits(at(-1)), at(-1)).await;
    }
    let some = Wanted { limit: 3, ..wanted() };
    let mut turns = Vec::new();
    for turn in 0..20 {
        let claims = desk.store.claim(desk.worker, &some, at(turn)).await.expect("the worker may claim");
        for claim in &claims.claimed {
            let failed = release(claim.saga.as_str(), claim.epoch, waits(at(turn)));
            desk.append_at(failed, at(turn)).await.expect("the epoch is right");
        }
        turns.extend(names(&claims));
    }
    for half in turns.chunks(count) {
        assert!(
            half.len() == count && all_different(half),
            "each has its turn before any has the next: {turns:?}"
        );
    }
}

/// Checks that a saga with a new delivery does not go before sagas that were due before the delivery came.
pub async fn a_delivery_waits_since_it_came(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("due", waits(at(-5)), at(-100)).await;
    desk.released("old", status(Phase::Waiting), at(-100)).await;
    desk.released("young", waits(at(900)), at(-7)).await;
    desk.deliver("young", at(-6)).await;
    desk.deliver("old", at(-3)).await;
    desk.deliver("young", at(-2)).await;
    assert_eq!(desk.claim(NOW).await, ["young", "due", "old"]);
}

/// Checks that a worker gets no saga that it has no code for, and is not woken when one is due.
pub async fn only_wanted_types_are_claimed(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let other = |due| Status { saga: "other".into(), ..waits(due) };
    desk.released("a", other(at(-1)), NOW).await;
    desk.released("b", other(at(5)), NOW).await;
    desk.released("c", Status { saga: format!("{KIND}2").into(), ..waits(at(-1)) }, NOW).await;
    desk.released("d", waits(at(7)), NOW).await;
    desk.deliver("a", NOW).await;
    let claims = desk.claims(NOW).await;
    assert_eq!((names(&claims), claims.next_wake), (vec![], Some(at(7))));
    let none = Wanted { sagas: vec![], ..wanted() };
    let claims = desk.store.claim(desk.worker, &none, at(6)).await.expect("the worker may claim");
    assert_eq!((names(&claims), claims.next_wake), (vec![], None));
    let two = Wanted { sagas: vec![KIND.into(), "other".into()], ..wanted() };
    let claims = desk.store.claim(desk.worker, &two, at(9)).await.expect("the worker may claim");
    assert_eq!(names(&claims), ["a", "b", "d"]);
}

/// Checks that a saga without a `wake_at` is never claimed, in any phase.
pub async fn a_saga_without_a_wake_is_never_due(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for (n, phase) in Phase::ALL.into_iter().enumerate() {
        desk.released(&format!("saga-{n}"), status(phase), NOW).await;
    }
    let far = Timestamp(i64::MAX / 2);
    let claims = desk.restart(far).await.claims(far).await;
    assert_eq!((names(&claims), claims.next_wake), (vec![], None));
}

/// Checks that if the clock goes back behind the time at which a wait was written, the wait counts as over: its end may
/// be far off. This holds in one process and after a restart. Waits written since are not affected.
pub async fn a_clock_that_went_back_makes_nobody_wait_longer(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let back = at(-1_000_000);
    for name in ["a", "b"] {
        desk.released(name, waits(at(60_000)), NOW).await;
    }
    assert!(desk.claim(at(1)).await.is_empty(), "with a clock that goes forward nothing is due");
    let some = Wanted { limit: 1, ..wanted() };
    let claims = desk.store.claim(desk.worker, &some, back).await.expect("the worker may claim");
    assert_eq!(names(&claims).len(), 1);
    let (name, epoch) = (claims.claimed[0].saga.as_str(), claims.claimed[0].epoch);
    let again = waits(Timestamp(back.0 + 60_000));
    desk.append_at(release(name, epoch, again), back).await.expect("the epoch is right");
    let desk = desk.restart(back).await;
    let claims = desk.claims(back).await;
    assert_eq!(claims.next_wake, Some(Timestamp(back.0 + 60_000)), "{name} waits by the new clock");
    assert_eq!(names(&claims), [if name == "a" { "b" } else { "a" }]);
}

/// Checks that a claim returns the status that the last holder wrote.
pub async fn a_claim_gives_the_status_as_written(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let written = Status {
        version: 7,
        phase: Phase::DeadLettered,
        reasons: vec![Reason::InDoubt, Reason::Undecodable],
        progress: 12,
        undoable: Undoable::Until(at(1)),
        ..waits(NOW)
    };
    desk.released("a", written.clone(), NOW).await;
    let claims = desk.claims(NOW).await;
    assert_eq!((&claims.claimed[0].saga, &claims.claimed[0].status), (&id("a"), &written));
}

/// Checks that a claim changes the summary's `held` flag, and nothing else.
pub async fn a_claim_alone_changes_no_status(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("a", waits(at(3)), NOW).await;
    let summary = async || desk.store.summary(&id("a")).await.expect("it can be read").expect("it exists");
    let before = summary().await;
    assert!(!before.held);
    desk.claim_one("a", at(9)).await;
    let after = summary().await;
    assert!(after.held);
    assert_eq!((after.created_at, after.updated_at), (before.created_at, before.updated_at));
    assert_eq!((after.status.phase, after.status.deaths), (Phase::Waiting, 0));
}

/// Checks that many sagas, created in one batch, are claimed in portions, each once.
pub async fn a_thousand_sagas_are_claimed_once_each(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let batch: Vec<Append> = (0..1000)
        .map(|n| Append { status: Some(waits(NOW)), release: true, ..creation(&format!("saga-{n}")) })
        .collect();
    assert!(desk.commit(&batch).await.iter().all(Result::is_ok));
    let some = Wanted { limit: 300, ..wanted() };
    let mut claimed = Vec::new();
    for portion in [300, 300, 300, 100, 0] {
        let claims = desk.store.claim(desk.worker, &some, NOW).await.expect("the worker may claim");
        assert_eq!(claims.claimed.len(), portion);
        claimed.extend(names(&claims));
    }
    assert!(all_different(&claimed));
    assert_eq!(desk.store.held(desk.worker).await.expect("it can be listed").len(), 1000);
}

/// Checks that a saga that is wanted by id is claimed whatever its type, if it is claimable; no other saga is claimed
/// with it.
pub async fn one_saga_is_claimed_of_whatever_type_it_is(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("a", waits(NOW), NOW).await;
    desk.released("b", Status { saga: "gone".into(), ..waits(NOW) }, NOW).await;
    let only = |name: &str| Wanted { sagas: vec![], only: Some(id(name)), ..wanted() };
    for name in ["b", "a"] {
        let claims = desk.store.claim(desk.worker, &only(name), NOW).await.expect("the worker may claim");
        assert_eq!(claims.claimed.iter().map(|c| c.saga.as_str()).collect::<Vec<_>>(), [name]);
        let claims = desk.store.claim(desk.worker, &only(name), NOW).await.expect("the worker may claim");
        assert!(claims.claimed.is_empty(), "{name} is held");
    }
    let claims = desk.store.claim(desk.worker, &only("nobody"), NOW).await.expect("the worker may claim");
    assert!(claims.claimed.is_empty());
}
