//! The model of saga: journals, the state that follows from them, and the contract of stores. It has no clock,
//! randomness, I/O or runtime; those are inputs. Users depend on the crate `saga`, which re-exports what they need.
//!
//! **Architecture invariant:** the state of a saga is always the fold of its records ([`State::of`]), and every
//! decision is made by [`machine::advance`].
// Each decision on a record, a state or a verdict is made for all of them: a new one is a compile error.
#![warn(clippy::wildcard_enum_match_arm)]

mod bell;
mod blocker;
mod by;
#[cfg(feature = "conformance")]
pub mod conformance;
mod dead_letter;
mod delivery;
mod fold;
pub mod graph;
mod id;
pub mod machine;
mod memory;
mod outcome;
mod payload;
mod phase;
pub mod policy;
mod receipt;
pub mod record;
mod refusal;
mod site;
pub mod state;
pub mod store;
mod sync;
mod time;

pub use bell::Bell;
pub use blocker::Blocker;
pub use dead_letter::{Attempt, DeadLetter};
pub use fold::FoldError;
pub use id::{
    ActId, Epoch, IdempotencyKey, InvalidId, InvalidKeyNamespace, KEY_NAMESPACE_BYTES_MAX, KeyNamespace,
    Name, Role, SAGA_ID_BYTES_MAX, SagaId, Seq,
};
pub use memory::MemoryStore;
pub use outcome::{Left, Residue, Rollback, Undoable, Undone, WhyLeft};
pub use payload::{Codec, CodecError, Codecs, DecodeError, EncodeError, Payload, Print, Redacted};
pub use policy::{Catalog, Kind, Policy};
pub use receipt::Receipt;
pub use record::{By, Cause, Entry, Reason, Record};
pub use site::SitePath;
pub use state::{Phase, State};
pub use time::Timestamp;
