//! The records of a saga as they come, for observers. It reads the store and blocks no driver.

use saga_core::Entry;

use crate::author::look_error::LookError;
use crate::drive::watchers::Watcher;
use crate::operate::handle::AnyHandle;

/// The records of a saga as they come.
pub struct Watch {
    watcher: Watcher,
    handle: AnyHandle,
    page: std::vec::IntoIter<Entry>,
    next: u64,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watch({}, {})", self.handle.id, self.next)
    }
}

impl AnyHandle {
    /// Returns its records as they come, from the first on.
    pub fn watch(&self) -> Watch {
        Watch::new(self.clone(), self.watcher())
    }
}

impl Watch {
    fn new(handle: AnyHandle, watcher: Watcher) -> Self {
        Self { watcher, handle, page: Vec::new().into_iter(), next: 0 }
    }

    /// Returns the next record; `None` once the saga has ended or is dead-lettered, and all records have been returned.
    /// After an act that moves it on (an undo, a redrive) the next call returns the records that followed.
    ///
    /// **Cancel safety**: dropping this future loses no record.
    ///
    /// # Errors
    /// [`LookError`].
    pub async fn next(&mut self) -> Result<Option<Entry>, LookError> {
        loop {
            if let Some(entry) = self.page.next() {
                self.next = entry.seq + 1;
                return Ok(Some(entry));
            }
            let store = &self.handle.engine().store;
            let summary = store.summary(&self.handle.id).await?;
            let page = store.load(&self.handle.id, self.next, 100).await?;
            if !page.is_empty() {
                self.page = page.into_iter();
                continue;
            }
            match summary {
                Some(summary) if summary.status.phase.is_settled() => return Ok(None),
                Some(summary) => {
                    self.handle.expect_news(&summary)?;
                    self.watcher.news().await;
                }
                None => return Err(LookError::NoSuchSaga { saga: self.handle.id.clone() }),
            }
        }
    }

    /// Converts this into a stream.
    pub fn into_stream(self) -> impl futures_util::Stream<Item = Result<Entry, LookError>> + Send {
        futures_util::stream::unfold(Some(self), |watch| async move {
            let mut watch = watch?;
            match watch.next().await {
                Ok(Some(entry)) => Some((Ok(entry), Some(watch))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}
