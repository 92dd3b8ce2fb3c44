//! Promises about deliveries: none is lost, and each is taken together with the records that settle it.

use super::desk::{Desk, LATER, NOW, creation, id, names, nothing, release, status, step, waits, wanted};
use super::{Place, records};
use crate::delivery::Delivery;
use crate::store::{Append, DeliverError, DeliveryId, Status, Wanted};
use crate::{By, Phase, Timestamp};

/// Checks that the worker sees deliveries to the sagas it holds, oldest first, until they are taken.
pub async fn deliveries_wait_in_order_until_they_are_taken(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let (a, _) = (desk.create("a").await, desk.create("b").await);
    assert!(desk.mail().await.is_empty());
    let mut sent = Vec::new();
    for (n, name) in ["a", "b", "a", "a"].into_iter().enumerate() {
        // The order is that of the deliveries, independent of the clock.
        sent.push(desk.deliver(name, Timestamp(NOW.0 - n as i64)).await);
    }
    assert!(
        sent.is_sorted() && desk.mail().await == sent,
        "{sent:?} were sent, {:?} wait",
        desk.mail().await
    );
    assert_eq!(desk.mail().await, sent, "looking takes nothing");
    desk.append(Append { taken: vec![sent[2]], ..nothing("a", a) }).await.expect("the epoch is right");
    assert_eq!(desk.mail().await, [sent[0], sent[1], sent[3]]);
}

/// Checks that a delivery leaves the inbox in the transaction of the append that names it.
pub async fn deliveries_leave_with_the_append_that_takes_them(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let (first, second) = (desk.deliver("a", NOW).await, desk.deliver("a", NOW).await);
    let unknown = DeliveryId(second.0 + 1_000_000);
    let append = Append { taken: vec![first, unknown], ..step("a", epoch, [1]) };
    assert_eq!(desk.append(append).await, Ok(epoch), "a number that is not there any more is no error");
    let desk = desk.restart(LATER).await;
    desk.claim_one("a", LATER).await;
    assert_eq!((desk.seqs("a").await, desk.mail().await), (vec![0, 1], vec![second]));
}

/// Checks that a fenced append takes no delivery, and no append takes a delivery to another saga.
pub async fn a_refused_append_takes_no_deliveries(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let (a, b) = (desk.create("a").await, desk.create("b").await);
    let mail = desk.deliver("a", NOW).await;
    for refused in [step("a", b, [1]), step("a", a, [2]), Append { epoch: Some(a), ..creation("nobody") }] {
        let answer = desk.append(Append { taken: vec![mail], ..refused }).await;
        assert!(answer.is_err() && desk.mail().await == [mail], "{answer:?}");
    }
    desk.append(Append { taken: vec![mail], ..nothing("b", b) }).await.expect("the epoch is right");
    assert_eq!(desk.mail().await, [mail], "it was sent to `a`, and `b` must not take it");
}

/// Checks that a worker does not see deliveries to sagas that it does not hold.
pub async fn deliveries_to_sagas_that_are_not_held_are_not_shown(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.deliver("a", NOW).await;
    desk.append(release("a", epoch, status(Phase::Waiting))).await.expect("the epoch is right");
    assert!(desk.mail().await.is_empty());
    if place.takes_many_workers() {
        desk.claim_one("a", NOW).await;
        let desk = desk.successor(NOW).await;
        assert!(desk.mail().await.is_empty(), "another worker holds it");
    }
}

/// Checks that a delivery to a saga that was never created, or was purged, is refused.
pub async fn a_delivery_to_an_unknown_saga_is_refused(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    let refused = desk.store.deliver(&id("b"), super::desk::cancel("ann"), NOW).await;
    assert!(matches!(&refused, Err(DeliverError::NoSuchSaga { saga }) if *saga == id("b")), "{refused:?}");
    let desk = desk.restart(LATER).await;
    desk.append_at(creation("b"), LATER).await.expect("it is created");
    assert!(desk.mail().await.is_empty(), "a refused delivery is not kept for later");
}

/// Checks that a delivery makes a released saga claimable, also if it has ended or is dead-lettered.
pub async fn a_delivery_makes_a_saga_claimable(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("waiting", waits(Timestamp(i64::MAX)), NOW).await;
    desk.released("dead", status(Phase::DeadLettered), NOW).await;
    desk.released("ended", status(Phase::Completed), NOW).await;
    assert!(desk.claim(NOW).await.is_empty());
    for name in ["waiting", "dead", "ended"] {
        let mail = desk.deliver(name, NOW).await;
        let epoch = desk.claim_one(name, NOW).await;
        assert_eq!(desk.mail().await, [mail]);
        let taken = Append { taken: vec![mail], ..release(name, epoch, status(Phase::Completed)) };
        desk.append(taken).await.expect("the epoch is right");
        assert!(desk.claim(NOW).await.is_empty(), "nothing is left to do for {name}");
    }
}

/// Checks that a delivery that comes after the holder's last look and before its release makes the saga claimable at
/// once.
pub async fn a_delivery_to_a_held_saga_makes_it_claimable_once_released(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    assert!(desk.mail().await.is_empty());
    let mail = desk.deliver("a", NOW).await;
    assert!(desk.claim(NOW).await.is_empty(), "it is still held");
    desk.append(release("a", epoch, waits(Timestamp(i64::MAX)))).await.expect("the epoch is right");
    desk.claim_one("a", NOW).await;
    assert_eq!(desk.mail().await, [mail]);
}

/// Checks that a worker that cannot read a saga's journal does not get it again for deliveries that it has seen. It
/// gets it for a later delivery, and when it is due. The deliveries stay, and a worker without that restriction gets
/// the saga for them.
pub async fn a_delivery_that_was_seen_in_vain_is_no_reason_to_claim_again(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("odd", status(Phase::DeadLettered), NOW).await;
    desk.released("other", status(Phase::DeadLettered), NOW).await;
    let (first, second) = (desk.deliver("odd", NOW).await, desk.deliver("odd", NOW).await);
    desk.deliver("other", NOW).await;
    let seen = |last| Wanted { unreadable: vec![(id("odd"), last)], ..wanted() };
    let claim = async |wanted: &Wanted| {
        let claims = desk.store.claim(desk.worker, wanted, NOW).await.expect("the worker may claim");
        names(&claims)
    };
    assert_eq!(claim(&seen(second)).await, ["other"]);
    assert_eq!(claim(&seen(first)).await, ["odd"], "the second is news");
    let held = desk.store.held(desk.worker).await.expect("it can be listed");
    let epoch = held.iter().find(|claim| claim.saga == id("odd")).expect("it is held").epoch;
    let soon = Timestamp(NOW.0 + 1);
    let waits = Status { wake_at: Some(soon), ..status(Phase::DeadLettered) };
    desk.append(release("odd", epoch, waits)).await.expect("the epoch is right");
    assert!(claim(&seen(second)).await.is_empty());
    let due = desk.store.claim(desk.worker, &seen(second), soon).await.expect("the worker may claim");
    assert_eq!(names(&due), ["odd"], "it is due");
    let waiting = desk.store.undelivered(&id("odd")).await.expect("the inbox can be read");
    assert_eq!(waiting.iter().map(|w| w.id).collect::<Vec<_>>(), [first, second]);
}

/// Checks that deliveries of every kind come back equal.
pub async fn every_kind_of_delivery_is_kept_as_it_was(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    let sent = records::every_delivery();
    for delivery in &sent {
        desk.store.deliver(&id("a"), delivery.clone(), NOW).await.expect("a delivery is accepted");
    }
    let waiting = desk.store.inbox(desk.worker).await.expect("the inbox can be read");
    let waiting: Vec<Delivery> = waiting.into_iter().map(|w| w.delivery).collect();
    assert_eq!(waiting, sent);
}

/// Checks that any process can see the deliveries that wait for a saga, and that one was taken, without holding the
/// saga.
pub async fn deliveries_are_seen_by_whoever_asks(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let elsewhere = place.open().await;
    let (a, _) = (desk.create("a").await, desk.create("b").await);
    let by_bob = Delivery::RetryNow { by: By::new("bob", "in a hurry") };
    let first = elsewhere.deliver(&id("a"), by_bob.clone(), NOW).await.expect("a delivery is accepted");
    let second = desk.deliver("a", LATER).await;
    desk.deliver("b", NOW).await;
    let seen = elsewhere.undelivered(&id("a")).await.expect("the inbox can be read");
    assert_eq!(seen.iter().map(|w| w.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!((&seen[0].saga, &seen[0].delivery), (&id("a"), &by_bob));
    // The time of delivery decides whether it came in time, also for a later reader.
    assert_eq!(seen.iter().map(|w| w.at).collect::<Vec<_>>(), [NOW, LATER]);
    let held = desk.store.inbox(desk.worker).await.expect("the inbox can be read");
    assert_eq!(held.iter().map(|w| w.at).collect::<Vec<_>>(), [NOW, LATER, NOW]);
    desk.append(Append { taken: vec![first], ..step("a", a, [1]) }).await.expect("the epoch is right");
    let seen = elsewhere.undelivered(&id("a")).await.expect("the inbox can be read");
    assert_eq!(seen.iter().map(|w| w.id).collect::<Vec<_>>(), [second]);
    assert!(elsewhere.undelivered(&id("nobody")).await.expect("the inbox can be read").is_empty());
}
