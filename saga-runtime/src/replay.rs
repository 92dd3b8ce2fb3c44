//! A body that runs over its journal, and the registry of steps and sagas as data.

pub(crate) mod board;
pub(crate) mod context;
pub(crate) mod erased;
pub(crate) mod exit;
pub(crate) mod polled;
pub(crate) mod registry;
pub(crate) mod signals;
