//! The mailbox of a driver: deliveries to its saga, and a wake-up signal. It is nearly always empty, and costs a step
//! nothing then.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;

use saga_core::Epoch;
use saga_core::store::Waiting;

use crate::value::guard::guard;
use crate::value::sync::{AtomicBool, AtomicU64, AtomicWaker, Mutex, Ordering};

/// The mailbox of one driver. Any task may put something in; only the driver takes it out.
#[derive(Default)]
pub(crate) struct Mailbox {
    waiting: Mutex<VecDeque<Waiting>>,
    has_news: AtomicBool,
    driver: AtomicWaker,
    /// The epoch of its driver's claim; 0 before there is one.
    epoch: AtomicU64,
}

impl Mailbox {
    /// Sets the claim of the driver.
    pub(crate) fn driven_under(&self, epoch: Epoch) {
        self.epoch.store(epoch.0, Ordering::Release);
    }

    /// Returns the claim of the driver; `None` until a new saga is durable.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        Some(self.epoch.load(Ordering::Acquire)).filter(|epoch| *epoch != 0).map(Epoch)
    }

    /// Puts a delivery in. If the driver has just ended, the store still has the delivery.
    pub(crate) fn put(&self, waiting: Waiting) {
        guard(&self.waiting).push_back(waiting);
        self.ring();
    }

    /// Wakes the driver.
    pub(crate) fn ring(&self) {
        // Only the first since the driver looked: that one wakes it.
        if !self.has_news.swap(true, Ordering::AcqRel) {
            self.driver.wake();
        }
    }

    /// Waits until something was put in or rung since the last return.
    pub(crate) async fn news(&self) {
        poll_fn(|cx| {
            self.driver.register(cx.waker());
            match self.has_news.swap(false, Ordering::AcqRel) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Takes everything out.
    pub(crate) fn take(&self) -> VecDeque<Waiting> {
        std::mem::take(&mut *guard(&self.waiting))
    }
}
