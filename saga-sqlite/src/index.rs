//! Indexes that do not fit their tables: a saga that an index does not lead to seems not to be there.

use rusqlite::Connection;
use saga_core::store::StoreError;

use crate::error::{Error, corrupt};
use crate::status;

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

/// The ids of sagas and their numbers, as the index has them.
const LED: &str =
    "WITH led AS MATERIALIZED (SELECT id, num FROM stored_sagas INDEXED BY sqlite_autoindex_stored_sagas_1)";

/// Returns true if the index of the ids leads to each saga whose row is whole, and has an id for each whose row is damaged:
/// what is not found by its id is not there then.
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

/// Returns true if a damaged row has another id than the index: that of the index may be the right one, and would be gone with
/// it.
fn knows_better(connection: &Connection) -> Result<bool, Error> {
    let differ = format!(
        "{LED} SELECT EXISTS (SELECT 1 FROM stored_sagas t NOT INDEXED JOIN led ON led.num = t.num
            WHERE led.id IS NOT t.id AND NOT {})",
        status::is_whole_in("t")
    );
    Ok(connection.query_row(&differ, [], |row| row.get(0))?)
}

/// Makes the indexes of a table again from what is in it; gives whether they lead to all of it then.
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

/// That nothing can be said to be missing.
pub(crate) fn does_not_fit(wrongs: &[String]) -> StoreError {
    corrupt(format!("an index of the sagas does not fit its table: {}", wrongs.join(", ")))
}
