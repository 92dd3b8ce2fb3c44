//! Dropping journals of sagas that ended long ago, some at a time, so that nobody waits long behind it.

use rusqlite::{Connection, named_params, params};
use saga_core::store::{Purge, StoreError};

use super::Writer;
use crate::error::Error;

/// So many sagas go in one transaction.
const PORTION: i64 = 200;

/// Where a purge has got to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// The number of the last saga looked at.
    after: i64,
    /// How many are gone.
    pub(crate) purged: u64,
    /// Whether it has come to the end.
    pub(crate) done: bool,
}

impl Writer {
    /// Drops the next portion.
    pub(crate) fn purge(&mut self, purge: &Purge, progress: Progress) -> Result<Progress, StoreError> {
        let gone = self.transaction(|connection, _| {
            let gone = ended(connection, purge, progress.after)?;
            for (num, last_row) in &gone {
                drop_saga(connection, *num, *last_row)?;
            }
            if let Some((last, _)) = gone.last() {
                connection.execute("UPDATE stored_meta SET last_num = max(last_num, ?1)", [last])?;
            }
            Ok(gone)
        })?;
        Ok(Progress {
            after: gone.last().map_or(progress.after, |(num, _)| *num),
            purged: progress.purged + gone.len() as u64,
            done: gone.len() as i64 != PORTION,
        })
    }
}

/// The next sagas that may go, with their last append.
fn ended(connection: &Connection, purge: &Purge, after: i64) -> Result<Vec<(i64, i64)>, Error> {
    let find = "SELECT num, last_row FROM stored_sagas s
        WHERE num > :after AND held = 0 AND phase IN ('completed', 'rolled_back', 'abandoned')
            AND updated_at < :before AND (:undoable_too OR undoable_until IS NULL OR undoable_until < :now)
            AND NOT EXISTS (SELECT 1 FROM stored_deliveries d WHERE d.num = s.num AND d.unreadable IS NULL)
        ORDER BY num LIMIT :portion";
    let mut find = connection.prepare_cached(find)?;
    let rows = find.query_map(
        named_params! {
            ":after": after,
            ":before": purge.ended_before.0,
            ":undoable_too": purge.undoable_too,
            ":now": purge.now.0,
            ":portion": PORTION,
        },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn drop_saga(connection: &Connection, num: i64, last_row: i64) -> Result<(), Error> {
    let mut delete = connection.prepare_cached("DELETE FROM stored_appends WHERE id = ?1 RETURNING prev")?;
    let mut row = last_row;
    while row != 0 {
        row = delete.query_row([row], |r| r.get(0))?;
    }
    connection.prepare_cached("DELETE FROM stored_deliveries WHERE num = ?1")?.execute(params![num])?;
    connection.prepare_cached("DELETE FROM stored_sagas WHERE num = ?1")?.execute(params![num])?;
    Ok(())
}
