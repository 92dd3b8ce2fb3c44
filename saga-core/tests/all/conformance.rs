//! The memory store keeps the contract of stores.

use std::sync::Arc;

use saga_core::conformance::{Factory, Place};
use saga_core::{MemoryStore, store::Store};

struct Memory;

#[async_trait::async_trait]
impl Factory for Memory {
    async fn place(&self) -> Box<dyn Place> {
        Box::new(Shelf(Arc::default()))
    }
}

/// A memory store forgets everything when it is dropped, so the place keeps it.
struct Shelf(Arc<MemoryStore>);

#[async_trait::async_trait]
impl Place for Shelf {
    async fn open(&self) -> Arc<dyn Store> {
        self.0.clone()
    }

    fn takes_many_workers(&self) -> bool {
        true
    }
}

saga_core::conformance_tests!(Memory);

#[test]
fn all_of_them_in_one_go() {
    saga_core::conformance::block_on(saga_core::conformance::run_all(&Memory));
}
