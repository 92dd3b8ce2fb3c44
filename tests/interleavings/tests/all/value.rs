//! What the runtime's files find under `crate::value`.

#[path = "../../../../saga-runtime/src/value/guard.rs"]
pub(crate) mod guard;
#[path = "../../../../saga-runtime/src/value/stopping.rs"]
pub(crate) mod stopping;

/// loom's primitives, with the interfaces of those that the runtime has.
pub(crate) mod sync {
    use std::future::poll_fn;
    use std::task::{Poll, Waker};

    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    pub(crate) use loom::sync::{Mutex, MutexGuard};

    use super::guard::guard;

    /// What futures-util promises of its own: the waker that was registered last is woken, or the next to be registered
    /// sees all that was before the wake.
    #[derive(Default)]
    pub(crate) struct AtomicWaker(Mutex<Option<Waker>>);

    impl AtomicWaker {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        pub(crate) fn register(&self, waker: &Waker) {
            *guard(&self.0) = Some(waker.clone());
        }

        pub(crate) fn wake(&self) {
            let waker = guard(&self.0).take();
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// What tokio promises of its own: a wait gets each call since it was made, also before it was polled.
    #[derive(Debug, Default)]
    pub(crate) struct Notify(Mutex<(u64, Vec<Waker>)>);

    impl Notify {
        pub(crate) fn notified(&self) -> impl Future<Output = ()> {
            let before = guard(&self.0).0;
            poll_fn(move |cx| {
                let (calls, waiting) = &mut *guard(&self.0);
                if *calls > before {
                    return Poll::Ready(());
                }
                waiting.push(cx.waker().clone());
                Poll::Pending
            })
        }

        pub(crate) fn notify_waiters(&self) {
            let woken = {
                let (calls, waiting) = &mut *guard(&self.0);
                *calls += 1;
                std::mem::take(waiting)
            };
            woken.into_iter().for_each(Waker::wake);
        }
    }
}
