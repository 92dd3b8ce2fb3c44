//! Indexes that do not fit their tables: a saga that an index does not lead to seems not to be there.

use rusqlite::Connection;
use saga_core::store::StoreError;

use crate::error::{Error, corrupt};

/// A file with more sagas is not looked through when a worker joins, but once something is not found in it.
pub(crate) const SAGAS_MAX: i64 = 20_000;

/// What does not fit between a table and its indexes, as SQLite says it; empty if all is well.
pub(crate) fn wrongs(connection: &Connection, table: &str) -> Result<Vec<String>, Error> {
    let mut check = connection.prepare_cached(&format!("PRAGMA integrity_check('{table}')"))?;
    let wrongs = check.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(if wrongs.len() == 1 && wrongs[0] == "ok" { Vec::new() } else { wrongs })
}

/// Whether the table has all that its indexes should lead to, so that they can be made again from it.
pub(crate) fn can_be_made_again(wrongs: &[String]) -> bool {
    let is_of_index =
        |wrong: &String| wrong.contains("missing from index") || wrong.contains("values differ");
    !wrongs.is_empty() && wrongs.iter().all(is_of_index)
}

/// That nothing can be said to be missing.
pub(crate) fn does_not_fit(wrongs: &[String]) -> StoreError {
    corrupt(format!("an index of the sagas does not fit its table: {}", wrongs.join(", ")))
}
