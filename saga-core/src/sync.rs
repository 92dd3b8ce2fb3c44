//! The primitive of our own synchronization. In `tests/interleavings` it is loom's.

pub(crate) use std::sync::Mutex;
