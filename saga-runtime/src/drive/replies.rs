//! The answers to deliveries that were made in this process.

use std::collections::HashMap;

use saga_core::store::DeliveryId;
use tokio::sync::oneshot;

use crate::drive::finished::Reply;
use crate::value::guard::guard;
use crate::value::sync::Mutex;

/// The answers to deliveries made in this process.
#[derive(Default)]
pub(crate) struct Replies {
    inner: Mutex<ReplyBox>,
}

#[derive(Default)]
struct ReplyBox {
    /// The number of deliveries on their way to the store. Their answers may come before they are waited for.
    expected: usize,
    early: HashMap<DeliveryId, Reply>,
    waiting: HashMap<DeliveryId, oneshot::Sender<Reply>>,
}

impl Replies {
    /// Notes that a delivery is on its way to the store.
    pub(crate) fn expect(&self) -> Expected<'_> {
        guard(&self.inner).expected += 1;
        Expected { replies: self, id: None }
    }

    pub(crate) fn answer(&self, id: DeliveryId, reply: Reply) {
        let mut inner = guard(&self.inner);
        match inner.waiting.remove(&id) {
            // The caller may no longer wait.
            Some(waiting) => drop(waiting.send(reply)),
            None if inner.expected > 0 => drop(inner.early.insert(id, reply)),
            None => {}
        }
    }
}

/// An answer that a caller waits for. Dropped, it is no longer waited for.
pub(crate) struct Expected<'a> {
    replies: &'a Replies,
    /// Its number, once it has one.
    id: Option<DeliveryId>,
}

impl Expected<'_> {
    /// Gives the delivery its number: its answer comes here.
    pub(crate) fn under(&mut self, id: DeliveryId) -> oneshot::Receiver<Reply> {
        let mut inner = guard(&self.replies.inner);
        let (sender, receiver) = oneshot::channel();
        match inner.early.remove(&id) {
            // It is here: the receiver is in this very function.
            Some(reply) => drop(sender.send(reply)),
            None => drop(inner.waiting.insert(id, sender)),
        }
        if self.id.replace(id).is_none() {
            inner.has_number();
        }
        receiver
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let mut inner = guard(&self.replies.inner);
        match self.id {
            Some(id) => drop(inner.waiting.remove(&id)),
            None => inner.has_number(),
        }
    }
}

impl ReplyBox {
    /// Counts one delivery less on its way.
    fn has_number(&mut self) {
        self.expected -= 1;
        if self.expected == 0 {
            self.early.clear();
        }
    }
}
