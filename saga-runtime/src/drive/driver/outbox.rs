//! What a driver has decided and taken, and is not durable yet; and the callers that get their answer once it is.

use saga_core::machine::Refusal;
use saga_core::store::DeliveryId;
use saga_core::{Entry, SitePath};
use tokio::sync::oneshot;

use crate::drive::finished::Reply;
use crate::drive::replies::Replies;

/// What is to be durable next, with the answers that wait for it.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) entries: Vec<Entry>,
    /// The deliveries that the entries take.
    pub(super) taken: Vec<DeliveryId>,
    replies: Vec<(DeliveryId, Reply)>,
    /// The signals among them, by their senders' ids.
    signals: Vec<(String, DeliveryId)>,
    /// Told when a new saga is in the store.
    pub(super) created: Option<oneshot::Sender<()>>,
}

impl Outbox {
    /// Notes that a delivery is the signal with this id.
    pub(super) fn is_signal(&mut self, delivery: DeliveryId, id: &str) {
        self.signals.push((id.to_owned(), delivery));
    }

    /// Notes that a delivery was taken, and its answer.
    pub(super) fn took(&mut self, delivery: DeliveryId, reply: Reply) {
        self.taken.push(delivery);
        self.replies.push((delivery, reply));
    }

    /// Changes the answer to a signal that was taken and is of no use.
    pub(super) fn refuse_signal(&mut self, id: &str, site: &SitePath, why: &str) {
        let of_signal = self.signals.iter().find(|(signal, _)| signal == id).map(|(_, delivery)| *delivery);
        if let Some((_, reply)) = self.replies.iter_mut().find(|(delivery, _)| Some(*delivery) == of_signal) {
            *reply = Err(Refusal::SignalRefused { site: site.clone(), why: why.to_owned() });
        }
    }

    /// Tells all that wait for it: what was taken out is durable.
    pub(super) fn is_durable(&mut self, replies: &Replies) {
        if let Some(created) = self.created.take() {
            // The caller may no longer wait.
            created.send(()).ok();
        }
        self.signals.clear();
        self.replies.drain(..).for_each(|(id, reply)| replies.answer(id, reply));
    }
}
