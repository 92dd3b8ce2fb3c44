//! The right to be the one worker of a file: a lock of the operating system on a file beside it, which the kernel
//! lets go when the process dies. The file is never deleted: whoever did could lock another one of that name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::Path;

use saga_core::store::StoreError;

use crate::schema::beside;

/// Held until it is dropped.
#[derive(Debug)]
pub(crate) struct WorkerLock {
    _file: File,
}

impl WorkerLock {
    /// Takes the lock of the database at `path`, and says in its file who has it.
    pub(crate) fn take(path: &Path, worker: &str) -> Result<Self, StoreError> {
        let path = beside(path, ".lock");
        let failed = |what: &str, error: &std::io::Error| {
            let detail = format!("{} cannot be {what}: {error}", path.display());
            match error.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    StoreError::ReadOnly { detail }
                }
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full { detail },
                _ => StoreError::Unavailable { detail },
            }
        };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(|e| failed("opened", &e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Held { holder: holder(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(failed("locked", &error)),
        }
        let holder = format!("process {} (worker {})\n", std::process::id(), worker.escape_debug());
        file.set_len(0)
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(|e| failed("written", &e))?;
        Ok(Self { _file: file })
    }
}

/// Who says to have it. Between taking the lock and saying so nobody is named.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(1000).read_to_string(&mut text));
    match (read, text.trim()) {
        (Ok(_), holder) if !holder.is_empty() => holder.to_owned(),
        _ => "another process".to_owned(),
    }
}
