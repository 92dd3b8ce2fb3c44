//! Promises about fencing: only the present epoch may write.

use super::Place;
use super::desk::{Desk, LATER, NOW, all_different, creation, id, nothing, release, step, waits};
use crate::store::{AppendError, StoreError};
use crate::{Epoch, Timestamp};

/// Checks that every claim has its own epoch, across sagas and workers.
pub async fn every_claim_has_a_fresh_epoch(place: &dyn Place) {
    let mut desk = Desk::new(place).await;
    let mut epochs = vec![desk.create("b").await, desk.create("a").await];
    for turn in 0..6 {
        let last = epochs[epochs.len() - 1];
        desk.append(release("a", last, waits(NOW))).await.expect("the epoch is right");
        if turn == 3 {
            desk.append(release("b", epochs[0], waits(LATER))).await.expect("the epoch is right");
            desk = desk.successor(NOW).await;
        }
        epochs.push(desk.claim_one("a", NOW).await);
    }
    let desk = desk.restart(LATER).await;
    epochs.extend(desk.claims(LATER).await.claimed.iter().map(|c| c.epoch));
    epochs.push(desk.append_at(creation("c"), LATER).await.expect("a saga is created"));
    assert_eq!(epochs.len(), 11);
    assert!(all_different(epochs.clone()), "{epochs:?}");
}

/// Checks that a worker that released a saga can no longer write to it.
pub async fn an_epoch_is_over_when_it_is_released(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.append(release("a", epoch, waits(NOW))).await.expect("the epoch is right");
    let fenced = Err(AppendError::Fenced { saga: id("a"), epoch });
    assert_eq!(desk.append(step("a", epoch, [1])).await, fenced);
    assert_eq!(desk.append(nothing("a", epoch)).await, fenced);
    assert_eq!(desk.seqs("a").await, [0]);
    let next = desk.claim_one("a", NOW).await;
    desk.append(release("a", next, waits(LATER))).await.expect("the epoch is right");
    let late = release("a", epoch, waits(NOW));
    assert_eq!(
        desk.append(late).await,
        fenced,
        "a release is repeated only under the epoch that was released"
    );
    assert_eq!(desk.status("a").await, waits(LATER));
}

/// Checks that a worker that lost a saga to another claim can no longer write to it; the new holder can.
pub async fn an_epoch_is_over_when_another_claim_began(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let old = desk.create("a").await;
    let desk = desk.restart(LATER).await;
    let new = desk.claim_one("a", LATER).await;
    let fenced = Err(AppendError::Fenced { saga: id("a"), epoch: old });
    assert_eq!(desk.append_at(step("a", old, [1]), LATER).await, fenced);
    assert_eq!(desk.append_at(release("a", old, waits(NOW)), LATER).await, fenced);
    assert_eq!(desk.append_at(step("a", new, [1]), LATER).await, Ok(new));
    assert_eq!(desk.seqs("a").await, [0, 1]);
}

/// Checks that an epoch that was never issued, or belongs to another saga, cannot write.
pub async fn an_epoch_that_never_was_is_refused(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let (a, b) = (desk.create("a").await, desk.create("b").await);
    for epoch in [b, Epoch(0), Epoch(a.0 + 1_000_000), Epoch(u64::MAX)] {
        let refused = desk.append(step("a", epoch, [1])).await;
        assert_eq!(refused, Err(AppendError::Fenced { saga: id("a"), epoch }));
    }
    assert_eq!(desk.append(step("a", a, [1])).await, Ok(a));
}

/// Checks that an epoch holds until it is taken away, even if the lease has run out or the clock has gone back.
pub async fn an_epoch_holds_whatever_the_clock_says(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    for (seq, now) in (1..).zip([NOW, LATER, Timestamp(0), Timestamp(i64::MAX), NOW]) {
        assert_eq!(desk.append_at(step("a", epoch, [seq]), now).await, Ok(epoch), "at {now}");
    }
}

/// Checks that after `leave` the worker's claims are over, even if no worker has claimed anything since.
pub async fn a_worker_that_left_writes_nothing(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.store.leave(desk.worker).await.expect("a worker can leave");
    for append in [step("a", epoch, [1]), creation("b")] {
        let refused = desk.store.commit(desk.worker, &[append], NOW).await;
        assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    }
    assert_eq!(desk.seqs("a").await, [0]);
    assert_eq!(desk.store.summary(&id("b")).await.expect("it can be read"), None);
    let desk = desk.restart(LATER).await;
    let new = desk.claim_one("a", LATER).await;
    assert_ne!(epoch, new);
}
