//! Where it is measured: a folder of its own on the disk, and a layer under SQLite through which both sides go, so that
//! syncs are counted, and can be made to take longer, for either.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use saga_sqlite::{Options, SqliteStore};
use saga_vfs::SyncMeter;

use crate::Outcome;

/// The layer's name.
pub(crate) const LAYER: &str = "metered";

pub(crate) struct Stage {
    folder: PathBuf,
    meter: Arc<SyncMeter>,
}

impl Stage {
    pub(crate) fn new() -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("saga-speed-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let meter = Arc::new(SyncMeter::default());
        saga_vfs::register(LAYER, meter.clone())?;
        Ok(Self { folder, meter })
    }

    /// A file that is not there yet.
    pub(crate) fn fresh(&self) -> Outcome<PathBuf> {
        let db = self.folder.join("bench.db");
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

    /// A store in a fresh file.
    pub(crate) fn store(&self) -> Outcome<Arc<SqliteStore>> {
        Ok(Arc::new(Options::default().vfs(LAYER).open(self.fresh()?)?))
    }

    /// Syncs of any file so far.
    pub(crate) fn syncs(&self) -> u64 {
        self.meter.syncs()
    }

    /// Does `work` while every sync takes so much longer.
    pub(crate) fn delayed<T>(&self, delay: Duration, work: impl FnOnce() -> T) -> T {
        self.meter.set_delay(delay);
        let done = work();
        self.meter.set_delay(Duration::ZERO);
        done
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A folder that cannot be removed is left to the system's own tidying.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
