//! Mutexes that outlive a panic of their holder.

use std::sync::PoisonError;

use crate::value::sync::{Mutex, MutexGuard};

/// Locks a mutex. What it holds is whole at every point where its holder may panic.
pub(crate) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
