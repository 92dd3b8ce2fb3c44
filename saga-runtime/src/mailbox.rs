//! The mailbox of a driver: what was delivered to its saga, and a bell for what else it has to look at. Made to cost a
//! step nothing: nearly always there is nothing in it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;
use saga_core::Epoch;
use saga_core::store::Waiting;

/// The mailbox of one driver. Anybody may put something in; the driver alone takes it out.
#[derive(Default)]
pub(crate) struct Mailbox {
    waiting: Mutex<VecDeque<Waiting>>,
    has_news: AtomicBool,
    driver: AtomicWaker,
    /// The number of the claim that its driver has; 0 before that has one.
    epoch: AtomicU64,
}

impl Mailbox {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its driver has this claim from now on.
    pub(crate) fn driven_under(&self, epoch: Epoch) {
        self.epoch.store(epoch.0, Ordering::Release);
    }

    /// The claim that its driver has; `None` until a saga that is new is durable.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        Some(self.epoch.load(Ordering::Acquire)).filter(|epoch| *epoch != 0).map(Epoch)
    }

    /// Puts a delivery in. If the driver has just gone, the store keeps the delivery.
    pub(crate) fn put(&self, waiting: Waiting) {
        self.waiting().push_back(waiting);
        self.ring();
    }

    /// Makes the driver look around.
    pub(crate) fn ring(&self) {
        self.has_news.store(true, Ordering::Release);
        self.driver.wake();
    }

    /// Returns once something was put in or it was rung for, since the last return.
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

    /// Takes out all that is in it.
    pub(crate) fn take(&self) -> VecDeque<Waiting> {
        std::mem::take(&mut *self.waiting())
    }
}
