//! A connection on which I/O has failed is not used again. After a sync that failed nobody knows what is on the disk: the
//! system may take for clean what it has dropped, so that a sync of the same connection that works says nothing (found by
//! PostgreSQL's developers in 2018). The writer opens the file anew, and looks whether what it holds is there, before
//! it writes again; and it writes again all that was not acknowledged, since whoever asked sends it again.

use rusqlite::{ErrorCode, params};
use saga_core::store::StoreError;

use super::Writer;
use crate::error::{Error, corrupt};
use crate::schema;

impl Writer {
    /// Does what writes on a connection that can be trusted, and notes whether it still can be.
    pub(super) fn trusting<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.is_suspect {
            self.open_anew()?;
        }
        let done = work(self);
        if let Err(Error::Sql(error)) = &done {
            self.is_suspect = has_failed(error);
        }
        done
    }

    fn open_anew(&mut self) -> Result<(), Error> {
        self.connection = schema::open(&self.path, &self.how).map_err(StoreError::from)?;
        self.all_is_there()?;
        self.shared.counters.opened_anew();
        self.is_suspect = false;
        Ok(())
    }

    /// Whether all that was acknowledged of what is held is in the file.
    fn all_is_there(&self) -> Result<(), Error> {
        let find = "SELECT EXISTS (SELECT 1 FROM stored_sagas WHERE num = ?1 AND epoch = ?2 AND held = 1)
            AND (?3 = 0 OR EXISTS (SELECT 1 FROM stored_appends WHERE id = ?3 AND num = ?1))";
        let mut find = self.connection.prepare_cached(find)?;
        for (epoch, held) in self.shared.held().iter() {
            let values = params![held.num, epoch.0.cast_signed(), held.durable_row];
            if !find.query_row(values, |row| row.get::<_, bool>(0))? {
                let what = format!("saga {} was durable up to row {}", held.saga, held.durable_row);
                return Err(
                    corrupt(format!("{what}, and after a failure of the disk that is not there")).into()
                );
            }
        }
        Ok(())
    }
}

/// Whether the disk, or what is between here and there, has failed.
fn has_failed(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::DatabaseCorrupt)
    )
}
