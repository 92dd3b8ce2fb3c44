//! Transactions of the writer, and what it looks up in them.

use rusqlite::Connection;
use saga_core::SagaId;

use crate::error::{Error, of_saga};
use crate::status;

/// A transaction that is rolled back unless it is committed. It does not borrow its connection, so that statements
/// may live as long as that does.
pub(super) struct Transaction<'a> {
    connection: &'a Connection,
    open: bool,
}

impl<'a> Transaction<'a> {
    /// Takes the right to write at once: a transaction that reads first would be refused when it writes.
    pub(super) fn begin(connection: &'a Connection) -> rusqlite::Result<Self> {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Self { connection, open: true })
    }

    pub(super) fn commit(mut self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // SQLite has rolled back by itself after some failures, such as a full disk. A rollback that fails leaves
        // the transaction to the next `BEGIN`, which fails and is answered.
        if self.open && !self.connection.is_autocommit() {
            drop(self.connection.execute_batch("ROLLBACK"));
        }
    }
}

/// Changes when another connection has changed the file.
pub(super) fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

/// Returns the number of a saga, by its id.
pub(super) fn number_of(connection: &Connection, saga: &SagaId) -> Result<Option<i64>, Error> {
    let mut find = connection.prepare_cached(&status::find(status::BY_ID))?;
    let mut rows = find.query([saga.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    status::place(row).map(|place| Some(place.num)).map_err(|error| of_saga(saga, error))
}
