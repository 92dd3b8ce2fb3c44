//! The place for one answer, from the committer to a driver.

use std::future::poll_fn;
use std::task::Poll;

use crate::value::guard::guard;
use crate::value::sync::{AtomicWaker, Mutex};

/// The place for the answer to an append. A task that commits repeatedly, one append at a time, reuses its slot.
pub(crate) struct AckSlot<A> {
    answer: Mutex<Option<A>>,
    waiter: AtomicWaker,
}

impl<A> Default for AckSlot<A> {
    fn default() -> Self {
        Self { answer: Mutex::new(None), waiter: AtomicWaker::new() }
    }
}

impl<A> AckSlot<A> {
    pub(crate) fn put(&self, answer: A) {
        *guard(&self.answer) = Some(answer);
        self.waiter.wake();
    }

    /// Waits for the answer, and takes it.
    pub(crate) async fn taken(&self) -> A {
        poll_fn(|cx| {
            self.waiter.register(cx.waker());
            match guard(&self.answer).take() {
                Some(answer) => Poll::Ready(answer),
                None => Poll::Pending,
            }
        })
        .await
    }
}
