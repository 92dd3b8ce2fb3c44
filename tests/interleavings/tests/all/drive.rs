//! What the runtime's files find under `crate::drive`.

#[path = "../../../../saga-runtime/src/drive/ack_slot.rs"]
pub(crate) mod ack_slot;
#[path = "../../../../saga-runtime/src/drive/mailbox.rs"]
pub(crate) mod mailbox;
#[path = "../../../../saga-runtime/src/drive/replies.rs"]
pub(crate) mod replies;

pub(crate) mod finished {
    pub(crate) type Reply = u8;
}
