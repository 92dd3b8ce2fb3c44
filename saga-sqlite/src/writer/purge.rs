//! Deletes journals of sagas that ended long ago, in portions, so other writes do not wait long.

use rusqlite::{Connection, named_params};
use saga_core::Timestamp;
use saga_core::store::{Purge, StoreError};

use super::Writer;
use super::append::unless_damaged;
use crate::error::Error;
use crate::reader::{Appends, precedes};
use crate::status;

/// The maximum number of sagas that one transaction deletes.
const PORTION: i64 = 200;

/// The progress of a purge.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// The number of the last saga examined.
    after: i64,
    /// The number of sagas deleted.
    pub(crate) purged: u64,
    /// True if all sagas were examined.
    pub(crate) done: bool,
}

impl Writer {
    /// Deletes the next portion. Damaged sagas stay.
    pub(crate) fn purge(
        &mut self,
        purge: &Purge,
        now: Timestamp,
        progress: Progress,
    ) -> Result<Progress, StoreError> {
        let (seen, gone) = self.transaction(|connection, _| {
            let seen = ended(connection, purge, now, progress.after)?;
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

/// Returns the next sagas to delete, each with its last append; `None` if its row is damaged.
fn ended(
    connection: &Connection,
    purge: &Purge,
    now: Timestamp,
    after: i64,
) -> Result<Vec<(i64, Option<i64>)>, Error> {
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
        ":now": now.0,
        ":portion": PORTION,
    })?;
    let mut ended = Vec::new();
    while let Some(row) = rows.next()? {
        let last_row = unless_damaged(status::place(row))?.map(|place| place.last_row);
        ended.push((row.get(status::NUM)?, last_row));
    }
    Ok(ended)
}

/// Deletes a saga, unless its journal is damaged: then its appends cannot be distinguished from others.
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
