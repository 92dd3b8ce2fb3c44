//! The file by its name: which file that is, whether it is still the one that was opened, and whether its write-ahead
//! log is beside it. SQLite opens a file once and asks no more; a file that was deleted takes writes as well as any.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use saga_core::store::{StoreCause, StoreError};

/// Links are followed no further than this, as the system does.
const LINKS_MAX: usize = 40;

/// Returns the path of a file beside another one, of the same name but for its end.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut beside = OsString::from(path);
    beside.push(end);
    PathBuf::from(beside)
}

/// Returns the path of the file itself, behind all symbolic links: SQLite has its log and its locks there. The file
/// need not exist yet.
pub(crate) fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match std::fs::read_link(&path) {
            // One that is relative starts where the link is.
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    Ok(directory.canonicalize()?.join(name))
}

/// Which file it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inode {
    device: u64,
    pub(crate) number: u64,
}

impl Inode {
    #[cfg(unix)]
    pub(crate) fn of(file: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: file.dev(), number: file.ino() }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(_file: &Metadata) -> Self {
        Self { device: 0, number: 0 }
    }
}

/// Returns how many names a file has.
#[cfg(unix)]
pub(crate) fn names(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(file)
}

#[cfg(not(unix))]
pub(crate) fn names(_file: &Metadata) -> u64 {
    1
}

/// The file that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    path: PathBuf,
    inode: Inode,
    /// When it was written to last, as of the last look.
    written: Option<SystemTime>,
}

impl Opened {
    pub(crate) fn at(path: &Path) -> std::io::Result<Self> {
        Ok(Self { path: path.to_owned(), inode: Inode::of(&std::fs::metadata(path)?), written: None })
    }

    /// Checks that it is still there under its name: what is written to it otherwise is gone when the process ends.
    pub(crate) fn is_there(&mut self) -> Result<(), StoreError> {
        let path = self.path.display();
        let (detail, source) = match std::fs::metadata(&self.path) {
            Ok(file) if Inode::of(&file) == self.inode => {
                self.written = file.modified().ok();
                return Ok(());
            }
            Ok(_) => (format!("{path} was replaced by another file while it was open"), None),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (format!("{path} was deleted or renamed while it was open"), None)
            }
            Err(error) => (format!("{path} cannot be looked at: {error}"), Some(StoreCause::new(error))),
        };
        Err(StoreError::Unavailable { detail, source })
    }

    /// Returns the time of the file's last change, as of the last look at it.
    pub(crate) fn written(&self) -> Option<SystemTime> {
        self.written
    }

    /// Returns the time of the file's last change.
    pub(crate) fn look(&self) -> Option<SystemTime> {
        std::fs::metadata(&self.path).ok()?.modified().ok()
    }

    /// Returns the size of the write-ahead log beside it, 0 if there is none.
    pub(crate) fn log_bytes(&self) -> u64 {
        std::fs::metadata(beside(&self.path, "-wal")).map_or(0, |log| log.len())
    }

    /// Returns what will go wrong when it is opened again.
    pub(crate) fn trouble(&self) -> Option<String> {
        let names = names(&std::fs::metadata(&self.path).ok()?);
        let path = self.path.display();
        (names > 1)
            .then(|| format!("{path} has {names} names (hard links), and will not be opened again like this"))
    }

    pub(crate) fn inode(&self) -> Inode {
        self.inode
    }
}

/// What is seen of a file without opening it: if it changes, so may what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    inode: Inode,
    has_log: bool,
    /// Size, and when it was written; only of a file that is read as it lies.
    content: Option<(u64, Option<SystemTime>)>,
}

impl Look {
    pub(crate) fn at(path: &Path, as_it_lies: bool) -> Result<Self, Error> {
        let file = std::fs::metadata(path)?;
        let content = as_it_lies.then(|| (file.len(), file.modified().ok()));
        Ok(Self { inode: Inode::of(&file), has_log: beside(path, "-wal").exists(), content })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_also_to_what_is_not_there_yet() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("data")).unwrap();
        symlink("data/real.db", root.join("first.db")).unwrap();
        symlink(root.join("first.db"), root.join("second.db")).unwrap();
        symlink("data", root.join("by")).unwrap();
        for name in ["second.db", "first.db", "by/real.db", "data/../data/real.db"] {
            assert_eq!(resolve(&root.join(name)).unwrap(), root.join("data/real.db"), "{name}");
        }
        symlink("loop.db", root.join("loop.db")).unwrap();
        assert!(resolve(&root.join("loop.db")).is_ok(), "opening it gives the error");
        assert!(resolve(&root.join("no/where.db")).is_err());
    }
}
