//! The directory for the files of a harness. It is either the harness's own, in memory, and is always deleted; or it
//! was given by the user, and stays.

use std::fs;
use std::path::{Path, PathBuf};

/// The prefix of the directories' names, before the process number.
const PREFIX: &str = "saga-faults-";

/// Returns a directory for short-lived files. What a killed process leaves behind does not depend on the disk, and runs
/// in memory are quicker.
pub fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// A directory. Dropping it deletes everything that is not to be kept.
#[derive(Debug)]
pub(crate) struct Place {
    dir: PathBuf,
    is_own: bool,
    kept: Option<PathBuf>,
}

impl Place {
    /// Returns the given directory, or one of this process.
    pub(crate) fn new(asked: Option<PathBuf>) -> Self {
        let is_own = asked.is_none();
        if is_own {
            sweep(&memory());
        }
        let own = || memory().join(format!("{PREFIX}{}", std::process::id()));
        Self { dir: asked.unwrap_or_else(own), is_own, kept: None }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keeps a directory for inspection.
    pub(crate) fn keep(&mut self, kept: PathBuf) {
        self.kept = Some(kept);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_own {
            return;
        }
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| Some(path) != self.kept.as_ref()) {
            // What cannot be deleted stays.
            drop(fs::remove_dir_all(path));
        }
        // This fails if something is kept in it.
        drop(fs::remove_dir(&self.dir));
    }
}

/// Deletes the empty directories of killed harnesses. A directory with content is kept for inspection.
fn sweep(memory: &Path) {
    for entry in fs::read_dir(memory).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            // This fails if it is not empty; a process that has just made it makes it again.
            drop(fs::remove_dir(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_directory_of_another_harness_goes_and_a_full_one_stays() {
        let memory = tempfile::tempdir().expect("a directory can be made");
        let [empty, full, other] = ["saga-faults-1", "saga-faults-2", "else"].map(|n| memory.path().join(n));
        for dir in [&empty, &full.join("round-1"), &other] {
            fs::create_dir_all(dir).expect("a directory can be made");
        }
        sweep(memory.path());
        assert_eq!([empty.exists(), full.exists(), other.exists()], [false, true, true]);
    }
}
