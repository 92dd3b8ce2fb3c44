//! The branches of an `all` that must be polled: those that wait for a site at which something has happened since. A
//! branch without news therefore costs nothing, however often the body is polled.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use futures_util::task::AtomicWaker;

/// The branches of one `all` that must be polled.
#[derive(Debug, Default)]
pub(crate) struct Woken(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    branches: Mutex<BTreeSet<usize>>,
    /// The waker of the `all` itself, which may be a branch of another one.
    parent: AtomicWaker,
}

struct Branch {
    number: usize,
    shared: Arc<Shared>,
}

impl Woken {
    /// Sets the waker with which the `all` is polled.
    pub(crate) fn polled_with(&self, parent: &Waker) {
        self.0.parent.register(parent);
    }

    /// Returns the waker with which a branch is polled.
    pub(crate) fn waker(&self, number: usize) -> Waker {
        Arc::new(Branch { number, shared: self.0.clone() }).into()
    }

    /// Marks a branch.
    pub(crate) fn wake(&self, number: usize) {
        self.0.branches.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
    }

    /// Takes the marked branches, in order.
    pub(crate) fn take(&self) -> BTreeSet<usize> {
        std::mem::take(&mut *self.0.branches.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Wake for Branch {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.shared.branches.lock().unwrap_or_else(PoisonError::into_inner).insert(self.number);
        self.shared.parent.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_of_a_branch_wakes_both() {
        let (outer, inner) = (Woken::default(), Woken::default());
        inner.polled_with(&outer.waker(3));
        let leaves = [inner.waker(7), inner.waker(2)];
        leaves.iter().for_each(Waker::wake_by_ref);
        assert!(inner.take().into_iter().eq([2, 7]) && outer.take().into_iter().eq([3]));
        assert!(inner.take().is_empty() && outer.take().is_empty());
        // A parent is woken once for each time it is polled: what it has not looked at stays marked.
        leaves[0].wake_by_ref();
        assert!(inner.take().into_iter().eq([7]) && outer.take().is_empty());
        inner.polled_with(&outer.waker(3));
        leaves[0].wake_by_ref();
        assert!(outer.take().into_iter().eq([3]));
    }
}
