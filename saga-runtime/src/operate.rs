//! What a caller or an operator holds: the runtime, handles, outcomes, and their errors.

pub(crate) mod handle;
pub(crate) mod outcome;
pub(crate) mod run_error;
pub(crate) mod running;
pub(crate) mod runtime;
pub(crate) mod watch;
