//! The worker comes and goes.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use saga_core::Timestamp;
use saga_core::store::{StoreError, WorkerId};

use super::seat::Seat;
use super::{Transaction, Writer, data_version, tail};
use crate::error::Error;
use crate::lock::WorkerLock;
use crate::shared::first_epoch;

impl Writer {
    /// Takes the lock, and a number that no worker had before.
    pub(crate) fn join(&mut self, name: &str, now: Timestamp) -> Result<WorkerId, StoreError> {
        let lock = WorkerLock::take(&self.path, name)?;
        let seat = self.trusting(|writer| {
            let transaction = Transaction::begin(&writer.connection)?;
            let seat = sit_down(&writer.connection, lock, name, now)?;
            transaction.commit()?;
            writer.shared.counters.committed(0, 0);
            // What came before this look is found by the first claim.
            writer.seen = data_version(&writer.connection)?;
            Ok(seat)
        })?;
        let worker = seat.worker;
        self.seat = Some(seat);
        self.shared.set_worker(Some(worker));
        Ok(worker)
    }

    /// Lets the lock go. What is still held is found by the next worker, as if this one had died.
    pub(crate) fn leave(&mut self, worker: WorkerId) {
        if self.seat.as_ref().is_some_and(|seat| seat.worker == worker) {
            self.shared.set_worker(None);
            self.shared.held().clear();
            self.seat = None;
        }
    }
}

fn sit_down(connection: &Connection, lock: WorkerLock, name: &str, now: Timestamp) -> Result<Seat, Error> {
    let number = "UPDATE stored_meta SET worker = worker + 1 RETURNING worker, tail, last_num";
    let (worker, tail, last_num): (i64, i64, i64) =
        connection.query_row(number, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let next_num = last_num.max(number("SELECT coalesce(max(num), 0) FROM stored_sagas")?) + 1;
    let next_row = number("SELECT coalesce(max(id), 0) FROM stored_appends")?.max(tail - 1) + 1;
    let latest = "SELECT coalesce(max(updated_at), -9223372036854775808) FROM stored_sagas
        WHERE held = 0 AND wake_at IS NOT NULL";
    let latest = Timestamp(number(latest)?);
    let (dead, workers) = tail::dead(connection, tail)?;
    // Of workers that left nothing nobody needs the name.
    let forget = "DELETE FROM stored_workers WHERE number NOT IN (SELECT value FROM json_each(?1))";
    connection.execute(forget, [serde_json::to_string(&workers).unwrap_or_default()])?;
    let insert = "INSERT INTO stored_workers (number, name, pid, joined_at) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(insert, params![worker, name, std::process::id(), now.0])?;
    let worker = WorkerId(worker.cast_unsigned());
    let next_epoch = first_epoch(worker);
    let unreadable = HashSet::new();
    Ok(Seat { _lock: lock, worker, next_num, next_row, next_epoch, tail, dead, unreadable, latest })
}
