//! What the tests share: a world outside of the store with steps that act on it, helpers for acts, a service that counts
//! its callers, and a store that a first build has left.

pub(crate) mod acts;
pub(crate) mod counter;
#[macro_use]
pub(crate) mod kit;
pub(crate) mod shop;
