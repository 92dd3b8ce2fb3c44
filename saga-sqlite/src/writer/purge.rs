//! Dropping journals of sagas that ended long ago, some at a time, so that nobody waits long behind it.

use rusqlite::{Connection, named_params};
use saga_core::store::{Purge, StoreError};

use super::Writer;
use super::append::unless_damaged;
use crate::error::Error;
use crate::reader::{Appends, precedes};
use crate::status;

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
    /// Drops the next portion. What is damaged stays.
    pub(crate) fn purge(&mut self, purge: &Purge, progress: Progress) -> Result<Progress, StoreError> {
        let (seen, gone) = self.transaction(|connection, _| {
            let seen = ended(connection, purge, progress.after)?;
            let mut gone = 0;
            for (num, whole) in &seen {
                let Some(last_row) = whole else { continue };
                if drop_saga(connection, *num, *last_row)? {
                    gone += 1;
                }
            }
            if let Some((last, _)) = seen.last() {
                let update = "UPDATE stored_meta SET last_num = max(last_num, ?1),
                    sum = saga_sum(only, worker, tail, max(last_num, ?1))";
                connection.execute(update, [last])?;
            }
            Ok((seen, gone))
        })?;
        Ok(Progress {
            after: seen.last().map_or(progress.after, |(num, _)| *num),
            purged: progress.purged + gone,
            done: seen.len() as i64 != PORTION,
        })
    }
}

/// The next sagas that may go, each with its last append if its row is whole.
fn ended(connection: &Connection, purge: &Purge, after: i64) -> Result<Vec<(i64, Option<i64>)>, Error> {
    let find = status::find(
        "num > :after AND held = 0 AND phase IN ('completed', 'rolled_back', 'abandoned')
            AND updated_at < :before AND (:undoable_too OR undoable_until IS NULL OR undoable_until < :now)
            AND NOT EXISTS (SELECT 1 FROM stored_deliveries d
                WHERE d.num = stored_sagas.num AND d.unreadable IS NULL)
        ORDER BY num LIMIT :portion",
    );
    let mut find = connection.prepare_cached(&find)?;
    let mut rows = find.query(named_params! {
        ":after": after,
        ":before": purge.ended_before.0,
        ":undoable_too": purge.undoable_too,
        ":now": purge.now.0,
        ":portion": PORTION,
    })?;
    let mut ended = Vec::new();
    while let Some(row) = rows.next()? {
        let last_row = unless_damaged(status::place(row))?.map(|place| place.last_row);
        ended.push((row.get(status::NUM)?, last_row));
    }
    Ok(ended)
}

/// Drops a saga, unless its journal is damaged: then it cannot be told which appends are its own.
fn drop_saga(connection: &Connection, num: i64, last_row: i64) -> Result<bool, Error> {
    let Some(rows) = unless_damaged(rows_of(connection, num, last_row))? else { return Ok(false) };
    let mut delete = connection.prepare_cached("DELETE FROM stored_appends WHERE id = ?1")?;
    for row in rows {
        delete.execute([row])?;
    }
    connection.prepare_cached("DELETE FROM stored_deliveries WHERE num = ?1")?.execute([num])?;
    connection.prepare_cached("DELETE FROM stored_sagas WHERE num = ?1")?.execute([num])?;
    Ok(true)
}

fn rows_of(connection: &Connection, num: i64, last_row: i64) -> Result<Vec<i64>, Error> {
    let mut appends = Appends::of(connection, num)?;
    let (mut rows, mut row, mut after) = (Vec::new(), last_row, None);
    while row != 0 {
        let link = appends.link(row)?;
        if let Some(after) = after.replace(link.seq) {
            precedes(&link, after)?;
        }
        rows.push(row);
        row = link.prev;
    }
    Ok(rows)
}
