//! Indexes that do not match their tables: a saga that is missing from an index seems not to exist.

use rusqlite::Connection;
use saga_core::store::StoreError;

use crate::error::{Error, corrupt};
use crate::status;

/// The maximum number of sagas for which the index is checked when a worker joins. In a larger file it is checked once
/// a lookup finds nothing.
pub(crate) const SAGAS_MAX: i64 = 20_000;

/// Returns the mismatches between a table and its indexes, in SQLite's words; empty if there are none.
pub(crate) fn wrongs(connection: &Connection, table: &str) -> Result<Vec<String>, Error> {
    let mut check = connection.prepare_cached(&format!("PRAGMA integrity_check('{table}')"))?;
    let wrongs = check.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(if wrongs.len() == 1 && wrongs[0] == "ok" { Vec::new() } else { wrongs })
}

/// Returns true if the table is complete, and only its indexes are wrong: then they can be rebuilt.
pub(crate) fn can_be_made_again(wrongs: &[String]) -> bool {
    let is_of_index =
        |wrong: &String| wrong.contains("missing from index") || wrong.contains("values differ");
    !wrongs.is_empty() && wrongs.iter().all(is_of_index)
}

/// The ids and numbers of sagas according to the index.
const LED: &str =
    "WITH led AS MATERIALIZED (SELECT id, num FROM stored_sagas INDEXED BY sqlite_autoindex_stored_sagas_1)";

/// Returns true if the index of ids finds each saga with a whole row, and has an id for each with a damaged row. Then a
/// saga that is not found by its id does not exist.
pub(crate) fn leads_to_all(connection: &Connection) -> Result<bool, Error> {
    let lost = format!(
        "{LED} SELECT EXISTS (SELECT 1 FROM stored_sagas t NOT INDEXED WHERE CASE WHEN {} THEN NOT EXISTS (
                SELECT 1 FROM stored_sagas i INDEXED BY sqlite_autoindex_stored_sagas_1 WHERE i.id = t.id AND +i.num = t.num)
            ELSE t.num NOT IN (SELECT num FROM led) END)",
        status::is_whole_in("t")
    );
    let lost: bool = connection.query_row(&lost, [], |row| row.get(0))?;
    Ok(!lost)
}

/// Returns true if a damaged row has another id than the index. The index may have the right one, which rebuilding it
/// would lose.
fn knows_better(connection: &Connection) -> Result<bool, Error> {
    let differ = format!(
        "{LED} SELECT EXISTS (SELECT 1 FROM stored_sagas t NOT INDEXED JOIN led ON led.num = t.num
            WHERE led.id IS NOT t.id AND NOT {})",
        status::is_whole_in("t")
    );
    Ok(connection.query_row(&differ, [], |row| row.get(0))?)
}

/// Rebuilds the indexes of a table from its rows; returns true if they then find all of them.
pub(crate) fn make_again(connection: &Connection, table: &str) -> Result<bool, Error> {
    if table != "stored_sagas" || !knows_better(connection)? {
        connection.execute_batch(&format!("REINDEX {table}"))?;
        return Ok(true);
    }
    let others = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
    let mut others = connection.prepare(others)?;
    let others = others.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    others.iter().try_for_each(|index| connection.execute_batch(&format!("REINDEX {index}")))?;
    leads_to_all(connection)
}

/// Returns the error for a wrong index: no saga can be reported as missing.
pub(crate) fn does_not_fit(wrongs: &[String]) -> StoreError {
    corrupt(format!("an index of the sagas does not fit its table: {}", wrongs.join(", ")))
}
