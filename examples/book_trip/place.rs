//! The choice of database, and of the trip in it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use saga::SagaId;
use saga::store::{Query, Store, StoreError};
use thiserror::Error;

use super::options::Options;

/// The reason for which there is no database, or no trip in it.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// There is nothing to resume.
    #[error("nothing to resume: there is no database {}", .0.display())]
    NothingThere(PathBuf),
    /// Another trip must end first.
    #[error("{0} has not ended: go on with it by --resume, or take another database")]
    NotEnded(SagaId),
    /// The temporary directory cannot be used.
    #[error("{} cannot be used", path.display())]
    Directory {
        /// The path of the directory.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The sagas cannot be listed.
    #[error("the database cannot be read")]
    Store(#[from] StoreError),
}

/// Returns the database: the named one, or a new one. To resume, returns the newest existing one.
pub fn database(options: &Options) -> Result<PathBuf, PlaceError> {
    match &options.db {
        Some(file) if options.resume && !file.exists() => Err(PlaceError::NothingThere(file.clone())),
        Some(file) => Ok(file.clone()),
        None => default_database(options.resume),
    }
}

fn default_database(resume: bool) -> Result<PathBuf, PlaceError> {
    let user = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    let path = std::env::temp_dir().join(format!("book_trip-{}", user.as_deref().unwrap_or("trips")));
    let failed = |source| PlaceError::Directory { path: path.clone(), source };
    std::fs::create_dir_all(&path).map_err(failed)?;
    if resume {
        return newest(&path).map_err(failed)?.ok_or_else(|| PlaceError::NothingThere(path.join("*.db")));
    }
    // The names sort by time.
    #[allow(clippy::disallowed_methods, reason = "for a name only")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(path.join(format!("{}-{}.db", since.as_millis(), std::process::id())))
}

fn newest(directory: &Path) -> io::Result<Option<PathBuf>> {
    let files: Vec<PathBuf> =
        std::fs::read_dir(directory)?.map(|file| Ok(file?.path())).collect::<io::Result<_>>()?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "db")).max())
}

/// The trip to run.
#[derive(Debug)]
pub struct Next {
    /// Its id.
    pub id: SagaId,
    /// The number of records that it already has.
    pub inherited: u64,
}

/// Returns a new trip. To resume, returns the one that has not ended, or else the last.
pub async fn next_trip(store: &impl Store, resume: bool) -> Result<Next, PlaceError> {
    let (mut trips, mut query) = (Vec::new(), Query::default());
    loop {
        let page = store.query(&query).await?;
        trips.extend(page.sagas);
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    let open = trips.iter().find(|trip| !trip.status.phase.is_ended());
    let left = match (open, resume) {
        (Some(trip), false) => return Err(PlaceError::NotEnded(trip.id.clone())),
        (None, false) => None,
        (open, true) => open.or(trips.last()),
    };
    let Some(left) = left else {
        let id = SagaId::new(&format!("trip-{}", trips.len() + 1)).expect("a word and a number are an id");
        return Ok(Next { id, inherited: 0 });
    };
    let mut inherited = 0;
    loop {
        match store.load(&left.id, inherited, 1000).await?.last() {
            Some(last) => inherited = last.seq + 1,
            None => return Ok(Next { id: left.id.clone(), inherited }),
        }
    }
}
