//! A wake-up signal between tasks, for stores that depend on no async runtime.

use std::future::poll_fn;
use std::sync::PoisonError;
use std::task::{Poll, Waker};

use crate::sync::Mutex;

/// A wake-up signal. A ring ends one wait: a present one, or else the next. Several rings before that count as one.
///
/// ```
/// # use saga_core::Bell;
/// let bell = Bell::default();
/// bell.ring();
/// // `bell.rung().await` now returns at once, and waits for a ring after that.
/// ```
#[derive(Debug, Default)]
pub struct Bell(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rung: bool,
    waiting: Vec<Waker>,
}

impl Bell {
    /// Ends one wait, now or later: wakes all waiting tasks, of which the first to run gets the ring.
    pub fn ring(&self) {
        let waiting = {
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            inner.rung = true;
            std::mem::take(&mut inner.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits for a ring.
    ///
    /// **Cancel safety**: dropping this future loses no ring.
    pub async fn rung(&self) {
        poll_fn(|cx| {
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if std::mem::take(&mut inner.rung) {
                return Poll::Ready(());
            }
            if !inner.waiting.iter().any(|w| w.will_wake(cx.waker())) {
                inner.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}
