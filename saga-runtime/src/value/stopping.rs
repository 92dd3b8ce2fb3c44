//! Whether a saga wants its attempts to end.

use crate::value::sync::{AtomicBool, Notify, Ordering};

/// Whether a saga has been asked to stop, and the tasks that wait for that.
#[derive(Debug, Default)]
pub(crate) struct Stopping {
    asked: AtomicBool,
    news: Notify,
}

impl Stopping {
    /// Sets whether the saga is asked to stop, and wakes all that wait for it.
    pub(crate) fn ask(&self, asked: bool) {
        self.asked.store(asked, Ordering::Release);
        self.news.notify_waiters();
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    pub(crate) async fn asked(&self) {
        loop {
            // Made before the look, so that nothing is missed between the two.
            let news = self.news.notified();
            if self.is_asked() {
                return;
            }
            news.await;
        }
    }
}
