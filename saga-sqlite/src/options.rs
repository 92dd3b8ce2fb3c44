//! Options for opening a file.

use std::time::Duration;

#[cfg(doc)]
use saga_core::store::StoreError;

use crate::schema::{How, LOG_BYTES_MAX};

/// The number of appends after which the last appends of held sagas are saved to their rows.
const TAIL_MAX: i64 = 50_000;

/// Options for opening a file.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) how: How,
    pub(crate) tail_max: i64,
    /// True if a single append may be written on the caller's thread.
    pub(crate) in_place: bool,
    /// The size of the write-ahead log, in bytes, above which the store reports trouble.
    pub(crate) log_bytes_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            how: How { busy_timeout: Duration::from_secs(5), pages_max: None, vfs: None },
            tail_max: TAIL_MAX,
            in_place: true,
            log_bytes_max: LOG_BYTES_MAX,
        }
    }
}

impl Options {
    /// Sets how long a write waits for another process, before it fails with [`StoreError::Unavailable`]. The default
    /// is 5 s.
    #[must_use]
    pub fn busy_timeout(mut self, wait: Duration) -> Self {
        self.how.busy_timeout = wait;
        self
    }

    /// Limits the size of the file, in pages of 4 KiB. Writes beyond the limit fail with [`StoreError::Full`]; existing
    /// data is kept.
    #[must_use]
    pub fn pages_max(mut self, pages: u32) -> Self {
        self.how.pages_max = Some(pages);
        self
    }

    /// Makes SQLite use the registered VFS of this name, for tests and benchmarks.
    #[doc(hidden)]
    #[must_use]
    pub fn vfs(mut self, name: &str) -> Self {
        self.how.vfs = Some(name.to_owned());
        self
    }
}
