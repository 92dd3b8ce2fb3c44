//! Reads journals from a store.

use saga_core::store::{Store, StoreError};
use saga_core::{Entry, SagaId};

/// Journals are read in pages of so many records.
const PAGE: usize = 1000;

/// Returns all records of a saga.
pub(crate) async fn journal(store: &dyn Store, saga: &SagaId) -> Result<Vec<Entry>, StoreError> {
    let mut journal = Vec::new();
    loop {
        let from = journal.len() as u64;
        let page = store.load(saga, from, PAGE).await?;
        let last = page.len() < PAGE;
        journal.extend(page);
        if last {
            return Ok(journal);
        }
    }
}
