//! A store, or one that is shared with others.

use std::sync::Arc;

use super::Store;

/// What a runtime is built on: a store, or an `Arc` of one that other code uses as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store",
    note = "fix: `SqliteStore::open(path)?`, `MemoryStore::new()`, or an `Arc` of a store that is shared"
)]
pub trait IntoStore {
    /// Returns the store, shared.
    fn into_store(self) -> Arc<dyn Store>;
}

#[diagnostic::do_not_recommend]
impl<S: Store> IntoStore for S {
    fn into_store(self) -> Arc<dyn Store> {
        Arc::new(self)
    }
}

impl<S: Store> IntoStore for Arc<S> {
    fn into_store(self) -> Arc<dyn Store> {
        self
    }
}

impl IntoStore for Arc<dyn Store> {
    fn into_store(self) -> Arc<dyn Store> {
        self
    }
}
