//! A bell that tasks wait for, for stores that need no async runtime.

use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

/// Wakes whoever waits. A ring that nobody waits for is kept for the next who does; several are kept as one.
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
    /// Rings.
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
    /// **Cancel safety**: a ring is not lost if this is dropped.
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
