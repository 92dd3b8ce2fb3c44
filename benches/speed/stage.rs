//! The place of the measurement: a folder on the disk, and a layer under SQLite. Both sides use the layer, which counts
//! syncs and can delay them.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use saga_sqlite::{Options, SqliteStore};
use saga_vfs::SyncMeter;

use crate::Outcome;

/// The layer's name.
pub(crate) const LAYER: &str = "metered";

pub(crate) struct Stage {
    /// Deleted on drop; `None` in a child process.
    folder: Option<PathBuf>,
    meter: Arc<SyncMeter>,
}

impl Stage {
    pub(crate) fn new() -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("saga-speed-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut stage = Self::guest()?;
        stage.folder = Some(folder);
        Ok(stage)
    }

    /// Returns the stage of a child process, which gets its file from the parent and may be killed.
    pub(crate) fn guest() -> Outcome<Self> {
        let meter = Arc::new(SyncMeter::default());
        saga_vfs::register(LAYER, meter.clone())?;
        Ok(Self { folder: None, meter })
    }

    /// Returns the path of a file that does not exist yet.
    pub(crate) fn fresh(&self) -> Outcome<PathBuf> {
        let db = self.folder.as_ref().ok_or("a guest has a file")?.join("bench.db");
        for end in ["", "-wal", "-shm", ".lock"] {
            let mut file = db.clone().into_os_string();
            file.push(end);
            match std::fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(db)
    }

    /// Opens a store in a fresh file.
    pub(crate) fn store(&self) -> Outcome<Arc<SqliteStore>> {
        self.open(&self.fresh()?)
    }

    /// Opens the store in a file.
    pub(crate) fn open(&self, db: &Path) -> Outcome<Arc<SqliteStore>> {
        Ok(Arc::new(Options::default().vfs(LAYER).open(db)?))
    }

    /// Starts another process in a role on a file; returns it, and the lines of its output.
    pub(crate) fn child(&self, role: &str, db: &Path) -> Outcome<(Child, Lines<BufReader<ChildStdout>>)> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("child").arg(role).arg(db).stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().ok_or("the other process has no output")?;
        Ok((child, BufReader::new(said).lines()))
    }

    /// Returns the number of syncs of all files so far.
    pub(crate) fn syncs(&self) -> u64 {
        self.meter.syncs()
    }

    /// Runs `work` with every sync delayed.
    pub(crate) fn delayed<T>(&self, delay: Duration, work: impl FnOnce() -> T) -> T {
        self.meter.set_delay(delay);
        let done = work();
        self.meter.set_delay(Duration::ZERO);
        done
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A folder that cannot be removed is left to the system.
        self.folder.take().map(std::fs::remove_dir_all).and_then(Result::ok);
    }
}
