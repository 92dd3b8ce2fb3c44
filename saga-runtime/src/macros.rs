//! What expansions name. The facade exports it as a part of `__private`, and nothing else uses it but marks of mistakes.

pub(crate) mod awaited;
pub mod demand;
pub(crate) mod expansion;
pub(crate) mod misplaced;
pub mod shown;
pub(crate) mod witness;
