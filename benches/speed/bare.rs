//! The upper limit: the payloads alone, written to SQLite as fast as possible, with the same number of dependent
//! commits for each saga.

use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::Outcome;
use crate::drive::{Ran, Watch};
use crate::sagas::PAYLOAD;
use crate::stage::{LAYER, Stage};

/// The number of rows in one statement of a large group. It saves a fifth of the CPU time; more rows save no more.
const ROWS: usize = 8;

/// Writes for a time, with `concurrency` rows a transaction and `commits` transactions a saga. It is append-only, in
/// rowid order, with integer keys, one thread and prepared statements. Blobs, larger pages, a longer log and exclusive
/// locking were not faster by more than the disk varies.
pub(crate) fn round(stage: &Stage, concurrency: usize, commits: i64, time: Duration) -> Outcome<Ran> {
    let flags = OpenFlags::default();
    let connection = Connection::open_with_flags_and_vfs(stage.fresh()?, flags, LAYER)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    let level: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    assert_eq!(level, 2, "as durable as the other side");
    connection.execute_batch(
        "CREATE TABLE journal(id INTEGER PRIMARY KEY, saga INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL)",
    )?;
    let mut begin = connection.prepare("BEGIN IMMEDIATE")?;
    let rows = if concurrency.is_multiple_of(ROWS) { ROWS } else { 1 };
    let insert = format!("INSERT INTO journal(saga, seq, body) VALUES {}", vec!["(?, ?, ?)"; rows].join(","));
    let mut insert = connection.prepare(&insert)?;
    let mut commit = connection.prepare("COMMIT")?;
    let mut sagas = 0;
    let watch = Watch::start();
    let begun = std::time::Instant::now();
    while begun.elapsed() < time {
        for seq in 0..commits {
            begin.execute([])?;
            for first in (0..concurrency).step_by(rows) {
                for row in 0..rows {
                    insert.raw_bind_parameter(3 * row + 1, sagas + (first + row) as i64)?;
                    insert.raw_bind_parameter(3 * row + 2, seq)?;
                    insert.raw_bind_parameter(3 * row + 3, PAYLOAD)?;
                }
                insert.raw_execute()?;
            }
            commit.execute([])?;
        }
        sagas += concurrency as i64;
    }
    Ok(watch.stop(sagas.cast_unsigned()))
}
