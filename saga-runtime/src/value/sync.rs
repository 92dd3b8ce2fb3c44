//! The primitives of our own synchronization. In `tests/interleavings` they are loom's, which runs each order of their
//! operations.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard};

pub(crate) use futures_util::task::AtomicWaker;
pub(crate) use tokio::sync::Notify;
