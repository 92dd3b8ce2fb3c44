//! Promises about waking: a worker that waits for work wakes when there is some, and does not wake endlessly without.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use super::Place;
use super::desk::{Desk, NOW, release, status, step, waits};
use crate::Phase;
use crate::store::{StoreError, WorkerId};

type Wait<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// Returns a wait that is pending. A wait that returns without cause is begun again.
async fn at_rest<'a>(desk: &'a Desk<'_>, worker: WorkerId) -> Wait<'a> {
    for _ in 0..100 {
        let mut wait: Wait<'a> = Box::pin(desk.store.wait_for_work(worker));
        let polled = poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx))).await;
        if polled.is_pending() {
            return wait;
        }
    }
    panic!("`wait_for_work` returns again and again, and nothing has happened");
}

/// Panics if the wait does not end.
async fn ends(wait: impl Future<Output = Result<(), StoreError>>) {
    let patience = Duration::from_secs(20);
    let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    let gave_up = Arc::new(AtomicBool::new(false));
    let (done, is_done) = mpsc::channel::<()>();
    // Real time passes only if the promise is broken.
    let watch = {
        let gave_up = gave_up.clone();
        std::thread::spawn(move || {
            if is_done.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout) {
                gave_up.store(true, Ordering::Release);
                waker.wake();
            }
        })
    };
    let mut wait = pin!(wait);
    let ended = poll_fn(|cx| {
        let polled = wait.as_mut().poll(cx).map(Some);
        if polled.is_pending() && gave_up.load(Ordering::Acquire) { Poll::Ready(None) } else { polled }
    });
    let ended = ended.await;
    drop(done);
    watch.join().expect("the watch does not panic");
    ended.expect("`wait_for_work` does not see that there is work").expect("the store is open");
}

/// Checks that a delivery ends a wait.
pub async fn a_delivery_wakes(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    for _ in 0..3 {
        let wait = at_rest(&desk, desk.worker).await;
        desk.deliver("a", NOW).await;
        ends(wait).await;
    }
}

/// Checks that a delivery by another process ends a wait.
pub async fn a_delivery_through_another_handle_wakes(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.released("a", status(Phase::Waiting), NOW).await;
    let elsewhere = place.open().await;
    let wait = at_rest(&desk, desk.worker).await;
    let delivered = elsewhere.deliver(&super::desk::id("a"), super::desk::cancel("ann"), NOW).await;
    delivered.expect("a delivery is accepted");
    ends(wait).await;
    desk.claim_one("a", NOW).await;
}

/// Checks that a delivery that came without a waiting worker ends the next wait.
pub async fn a_delivery_before_the_wait_is_not_lost(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    drop(at_rest(&desk, desk.worker).await);
    desk.deliver("a", NOW).await;
    ends(desk.store.wait_for_work(desk.worker)).await;
}

/// Checks that a release ends a wait if a delivery came while the saga was held, and was not taken.
pub async fn a_release_with_a_delivery_waiting_wakes(place: &dyn Place) {
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    desk.deliver("a", NOW).await;
    // A worker woken by the delivery finds the saga held.
    let wait = at_rest(&desk, desk.worker).await;
    assert!(desk.claim(NOW).await.is_empty());
    desk.append(release("a", epoch, status(Phase::Waiting))).await.expect("the epoch is right");
    ends(wait).await;
    desk.claim_one("a", NOW).await;
}

/// Checks that a release by one worker wakes the others, if several may join.
pub async fn a_release_wakes_other_workers(place: &dyn Place) {
    if !place.takes_many_workers() {
        return;
    }
    let desk = Desk::new(place).await;
    let epoch = desk.create("a").await;
    let second = desk.store.join("second", super::desk::LEASE, NOW).await.expect("another worker can join");
    let wait = at_rest(&desk, second).await;
    desk.append(release("a", epoch, waits(NOW))).await.expect("the epoch is right");
    ends(wait).await;
    desk.create("b").await;
    let wait = at_rest(&desk, second).await;
    desk.store.leave(desk.worker).await.expect("a worker can leave");
    ends(wait).await;
}

/// Checks that steps and ended sagas are not work: a wait outlasts them, or is pending again soon.
pub async fn waiting_comes_to_rest(place: &dyn Place) {
    let desk = Desk::new(place).await;
    for name in ["a", "b", "c"] {
        let epoch = desk.create(name).await;
        desk.append(step(name, epoch, 1..3)).await.expect("these follow");
        desk.append(release(name, epoch, status(Phase::Completed))).await.expect("the epoch is right");
        drop(at_rest(&desk, desk.worker).await);
    }
}

/// Checks that if a wait is dropped after it was woken, the next wait gets its wake-up.
pub async fn a_wait_that_was_dropped_loses_nothing(place: &dyn Place) {
    let desk = Desk::new(place).await;
    desk.create("a").await;
    let wait = at_rest(&desk, desk.worker).await;
    desk.deliver("a", NOW).await;
    drop(wait);
    ends(desk.store.wait_for_work(desk.worker)).await;
}
