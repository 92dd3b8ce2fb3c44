//! The exclusive right to be the worker of a file: an operating system's lock on a second file beside it. The kernel
//! releases the lock when the process dies. This crate never deletes the lock file. If another program does, the worker
//! takes the lock again at its next check. If another worker takes it first, this one has lost its lease.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use saga_core::store::{StoreCause, StoreError};

use crate::file::{Inode, beside};

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct WorkerLock {
    _file: File,
    path: PathBuf,
    inode: Inode,
    worker: String,
    of: Inode,
}

impl WorkerLock {
    /// Takes the lock for the database at `path`, which is the file `of`, and writes the worker's name into the lock
    /// file.
    pub(crate) fn take(path: &Path, of: Inode, worker: &str) -> Result<Self, StoreError> {
        Self::at(beside(path, ".lock"), of, worker.to_owned())
    }

    fn at(path: PathBuf, of: Inode, worker: String) -> Result<Self, StoreError> {
        let failed = |what: &str, error: std::io::Error| {
            let (detail, kind) = (format!("{} cannot be {what}: {error}", path.display()), error.kind());
            let source = Some(StoreCause::new(error));
            match kind {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    StoreError::ReadOnly { detail, source }
                }
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full { detail, source },
                _ => StoreError::Unavailable { detail, source },
            }
        };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(|e| failed("opened", e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Held { holder: holder(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(failed("locked", error)),
        }
        let (pid, name, number) = (std::process::id(), worker.escape_debug(), of.number);
        let text = format!("process {pid} (worker {name})\nfile {number}\n");
        let inode = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            // After a power loss the lock file distinguishes the database from a copy.
            .and_then(|()| file.sync_all())
            .and_then(|()| file.metadata())
            .map_err(|e| failed("written", e))?;
        Ok(Self { _file: file, inode: Inode::of(&inode), path, worker, of })
    }

    /// Takes the lock again if its file is gone or was replaced.
    ///
    /// # Errors
    /// [`StoreError::Held`] if another worker has it by now.
    pub(crate) fn keep(&mut self) -> Result<(), StoreError> {
        if std::fs::metadata(&self.path).is_ok_and(|file| Inode::of(&file) == self.inode) {
            return Ok(());
        }
        *self = Self::at(self.path.clone(), self.of, self.worker.clone())?;
        Ok(())
    }
}

/// Returns true if the lock file says that a worker has used the database at `path` under this name.
pub(crate) fn has_named(path: &Path, of: Inode) -> bool {
    let text = std::fs::read_to_string(beside(path, ".lock")).unwrap_or_default();
    text.lines().nth(1) == Some(&format!("file {}", of.number))
}

/// Returns the holder named in the lock file. The file may name no holder: a worker takes the lock before it writes its
/// name.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(1000).read_to_string(&mut text));
    match (read, text.lines().next().map(str::trim)) {
        (Ok(_), Some(holder)) if !holder.is_empty() => holder.to_owned(),
        _ => "another process".to_owned(),
    }
}
