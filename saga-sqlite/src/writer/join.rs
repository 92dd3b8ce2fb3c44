//! The worker comes and goes.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use saga_core::Timestamp;
use saga_core::store::{StoreError, WorkerId};

use super::mark::LOG_PAGES_MAX;
use super::seat::Seat;
use super::transaction::{Transaction, data_version};
use super::{Writer, tail};
use crate::error::{Error, corrupt};
use crate::lock::WorkerLock;
use crate::shared::{WORKER_SHIFT, first_epoch};
use crate::{index, schema, sum};

impl Writer {
    /// Takes the lock, and a number that no worker had before.
    pub(crate) fn join(&mut self, name: &str, now: Timestamp) -> Result<WorkerId, StoreError> {
        self.still_there()?;
        let lock = WorkerLock::take(&self.path, self.opened.inode(), name)?;
        let (seat, damaged) = self.trusting(|writer| {
            let transaction = Transaction::begin(&writer.connection)?;
            let joined = sit_down(&writer.connection, lock, name, now)?;
            transaction.commit()?;
            writer.shared.counters.committed(0, 0);
            // What came before this look is found by the first claim.
            writer.seen = data_version(&writer.connection)?;
            writer.mark.attend(&writer.connection)?;
            Ok(joined)
        })?;
        damaged.iter().for_each(|(what, why)| self.shared.damaged(what, why));
        let worker = seat.worker;
        self.seat = Some(seat);
        self.shared.set_worker(Some(worker));
        // So that the file says by itself that it is in use.
        self.mark();
        Ok(worker)
    }

    /// Releases the lock. What is still held is found by the next worker, as if this one had died.
    pub(crate) fn leave(&mut self, worker: WorkerId) {
        if self.seat.as_ref().is_none_or(|seat| seat.worker != worker) {
            return;
        }
        if !self.is_suspect && !self.is_lost {
            // Where this fails, a copy of the file without its log is refused, as if the worker were still there.
            let left =
                self.transaction(|connection, _| Ok(connection.execute("DELETE FROM stored_in_use", [])?));
            drop(left);
        }
        self.vacate(worker);
    }

    /// Ends the worker without a word in the file.
    pub(super) fn vacate(&mut self, worker: WorkerId) {
        if self.seat.as_ref().is_some_and(|seat| seat.worker == worker) {
            self.shared.set_worker(None);
            self.shared.held().clear();
            self.seat = None;
            // SQLite does again what was done here. It only sets a number in the connection.
            drop(self.connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(worker) = self.seat.as_ref().map(|seat| seat.worker) {
            self.leave(worker);
        }
        // A log that says that there is more is not to go: the file would seem to have lost it.
        let says_log = schema::says_log(&self.connection);
        if says_log.is_ok_and(|says| says != Some(true)) {
            // If this fails the log stays where it is.
            drop(schema::keep_log(&self.connection, false));
        }
    }
}

/// What was found damaged, and why.
type Damage = Vec<(String, String)>;

fn sit_down(
    connection: &Connection,
    lock: WorkerLock,
    name: &str,
    now: Timestamp,
) -> Result<(Seat, Damage), Error> {
    let mut damaged = meta(connection)?;
    damaged.extend(indexes(connection)?);
    let number =
        "UPDATE stored_meta SET worker = worker + 1, sum = saga_sum(only, worker + 1, tail, last_num)
        RETURNING worker, tail, last_num";
    let (worker, tail, last_num): (i64, i64, i64) =
        connection.query_row(number, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let next = |last: i64, what: &str| {
        let used_up = || corrupt(format!("no number of {what} follows on {last}"));
        last.checked_add(1).ok_or_else(used_up)
    };
    let next_num = next(last_num.max(number("SELECT coalesce(max(num), 0) FROM stored_sagas")?), "a saga")?;
    let last_row = number("SELECT coalesce(max(id), 0) FROM stored_appends")?;
    let next_row = next(last_row.max(tail - 1), "a row")?;
    let latest = "SELECT coalesce(max(updated_at), -9223372036854775808) FROM stored_sagas
        WHERE held = 0 AND wake_at IS NOT NULL";
    let latest = Timestamp(number(latest)?);
    let left = tail::left(connection, tail)?;
    damaged.extend(left.damaged);
    damaged.extend(deliveries(connection)?);
    // The name of a worker that left nothing is not needed.
    let forget = "DELETE FROM stored_workers WHERE number NOT IN (SELECT value FROM json_each(?1))";
    connection.execute(forget, [serde_json::to_string(&left.workers).unwrap_or_default()])?;
    let insert =
        "INSERT OR REPLACE INTO stored_workers (number, name, pid, joined_at) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(insert, params![worker, name, std::process::id(), now.0])?;
    connection.execute("INSERT OR REPLACE INTO stored_in_use (worker) VALUES (?1)", [worker])?;
    connection.execute("DELETE FROM stored_in_use WHERE worker <> ?1", [worker])?;
    let worker = WorkerId(worker.cast_unsigned());
    let (next_epoch, dead) = (first_epoch(worker), left.dead);
    let seat = Seat {
        lock,
        worker,
        next_num,
        next_row,
        next_epoch,
        tail,
        dead,
        damaged: HashSet::new(),
        latest,
        version: None,
        is_over: false,
    };
    Ok((seat, damaged))
}

/// Sees to it that the numbers which the file keeps for its workers are right: if they are damaged, they are found again
/// from what they were given to, and the whole table of appends is looked through.
fn meta(connection: &Connection) -> Result<Damage, Error> {
    let mut find = connection.prepare("SELECT only, worker, tail, last_num, sum FROM stored_meta")?;
    let mut rows = find.query([])?;
    let whole = match rows.next()? {
        Some(row) => sum::is_whole(row, 4)?,
        None => false,
    };
    drop(rows);
    if whole {
        return Ok(Vec::new());
    }
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let worker = number(&format!(
        "SELECT max(coalesce((SELECT max(epoch) >> {WORKER_SHIFT} FROM stored_sagas), 0),
            coalesce((SELECT max(number) FROM stored_workers), 0))"
    ))?;
    let last_num = number(
        "SELECT max(coalesce((SELECT max(num) FROM stored_sagas), 0),
            coalesce((SELECT max(num) FROM stored_appends), 0))",
    )?;
    connection.execute("DELETE FROM stored_meta", [])?;
    let insert = "INSERT INTO stored_meta VALUES (1, ?1, 1, ?2, saga_sum(1, ?1, 1, ?2))";
    connection.execute(insert, [worker, last_num])?;
    let why = "they were not as they were written, and were found again";
    Ok(vec![("the numbers of the worker".to_owned(), why.to_owned())])
}

/// Makes indexes again that do not lead to what is there: an id that one does not lead to could be given again.
fn indexes(connection: &Connection) -> Result<Damage, Error> {
    let sagas: i64 =
        connection.query_row("SELECT coalesce(max(num), 0) FROM stored_sagas", [], |row| row.get(0))?;
    let tables = ["stored_deliveries", "stored_sagas"];
    let mut damaged = Vec::new();
    for table in tables.into_iter().take(if sagas > index::SAGAS_MAX { 1 } else { 2 }) {
        let wrongs = index::wrongs(connection, table)?;
        let what = format!("the indexes of {table}");
        if index::can_be_made_again(&wrongs) && index::make_again(connection, table)? {
            damaged.push((what, "they did not lead to all that is there, and were made again".to_owned()));
        } else if !wrongs.is_empty() {
            damaged.push((what, wrongs.join(", ")));
        }
    }
    Ok(damaged)
}

/// Puts deliveries aside that are damaged, or have a saga that does not exist.
fn deliveries(connection: &Connection) -> Result<Damage, Error> {
    let find = "SELECT d.num, d.at, d.body, d.sum, d.id, s.num IS NULL
        FROM stored_deliveries d LEFT JOIN stored_sagas s ON s.num = d.num WHERE d.unreadable IS NULL";
    let mut find = connection.prepare(find)?;
    let mut rows = find.query([])?;
    let mut damaged = Vec::new();
    while let Some(row) = rows.next()? {
        let why = match (sum::is_whole(row, 3)?, row.get(5)?) {
            (true, false) => continue,
            (true, true) => "there is no saga of its number",
            (false, _) => "it is not as it was written",
        };
        damaged.push((row.get::<_, i64>(4)?, why));
    }
    let mut put = connection.prepare("UPDATE stored_deliveries SET unreadable = ?2 WHERE id = ?1")?;
    for (id, why) in &damaged {
        put.execute(params![id, why])?;
    }
    Ok(damaged.into_iter().map(|(id, why)| (format!("delivery {id}"), why.to_owned())).collect())
}
