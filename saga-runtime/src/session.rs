//! What the caller of a session holds: an agent, or what drives one.

pub(crate) mod builder;
pub(crate) mod error;
pub(crate) mod open;
