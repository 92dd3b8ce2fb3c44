//! Where the files of a harness are: a directory of its own in memory, which goes whatever happens, or one that was asked
//! for, which stays as it is.

use std::fs;
use std::path::{Path, PathBuf};

/// What the directories of harnesses are called, before the process number.
const PREFIX: &str = "saga-faults-";

/// Where files are that need not last. What a killed process leaves behind does not depend on the disk, and runs without
/// one are quicker.
pub fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// A directory; once this is dropped nothing is left of it but what is to be kept.
#[derive(Debug)]
pub(crate) struct Place {
    dir: PathBuf,
    is_own: bool,
    kept: Option<PathBuf>,
}

impl Place {
    /// The directory that was asked for, or one of this process.
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

    /// This is looked at afterwards.
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
            // What cannot go stays, and there is nobody to be told.
            drop(fs::remove_dir_all(path));
        }
        // Refused if something is kept in it.
        drop(fs::remove_dir(&self.dir));
    }
}

/// Removes what killed harnesses could not: empty directories. What is in one is for somebody who looks.
fn sweep(memory: &Path) {
    for entry in fs::read_dir(memory).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            // Refused if it is not empty; whoever has just made it makes it again.
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
