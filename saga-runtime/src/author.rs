//! What an author of steps and sagas writes against: traits, errors, what can be awaited, views.

pub(crate) mod all;
pub(crate) mod awaitable;
pub(crate) mod callable;
pub(crate) mod commit;
pub(crate) mod error;
pub(crate) mod failure;
pub(crate) mod look_error;
pub(crate) mod relation;
pub(crate) mod saga;
pub(crate) mod sent;
pub(crate) mod step;
pub(crate) mod view;
pub(crate) mod wait;
pub(crate) mod woken;
