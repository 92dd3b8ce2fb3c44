//! A connection on which I/O has failed is not used again. After a sync that failed, it is unknown what is on the disk.
//! The system may take dropped pages for clean ones, so that a later sync that works proves nothing (found by
//! PostgreSQL's developers in 2018). Before it writes again, the writer opens the file anew, and checks that what it
//! holds is there. What was not acknowledged is written again when the runtime repeats it.
//!
//! A file that is no longer there under its name takes writes as before, and is gone when it is closed: nothing is
//! acknowledged before the file was looked for.

use rusqlite::{ErrorCode, params};
use saga_core::store::StoreError;

use super::Writer;
use super::append::unless_damaged;
use crate::error::{Error, corrupt};
use crate::{schema, status};

impl Writer {
    /// Does what writes on a connection that can be trusted, in a file that is there, and notes whether they still are.
    pub(super) fn trusting<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.is_lost || self.is_suspect {
            self.still_there()?;
        }
        if self.is_suspect {
            self.open_anew()?;
        }
        let done = work(self);
        match &done {
            Ok(_) => {
                self.still_there()?;
                self.mark();
            }
            Err(Error::Sql(error)) => self.is_suspect |= has_failed(error),
            Err(Error::Store(_)) => {}
        }
        if let Some(seat) = self.seat.as_ref().filter(|seat| seat.is_over) {
            self.vacate(seat.worker);
        }
        done
    }

    /// Looks for the file under its name.
    pub(super) fn still_there(&mut self) -> Result<(), StoreError> {
        let there = self.opened.is_there();
        self.is_lost = there.is_err();
        if let Err(error) = &there {
            self.shared.set_trouble(vec![error.to_string()]);
        }
        there
    }

    /// Marks the file as one with more in its log. Only a worker does; where it cannot, it tries again later.
    pub(super) fn mark(&mut self) {
        if self.seat.is_some()
            && let Err(error) = self.mark.renew(&self.connection, &self.opened)
        {
            self.is_suspect |= has_failed(&error);
        }
    }

    fn open_anew(&mut self) -> Result<(), Error> {
        self.connection = schema::open_again(&self.path, &self.how).map_err(StoreError::from)?;
        if let Some(seat) = &mut self.seat {
            seat.version = None;
            self.mark.attend(&self.connection)?;
        }
        self.all_is_there()?;
        self.shared.counters.opened_anew();
        self.is_suspect = false;
        Ok(())
    }

    /// Checks that the file has all that was acknowledged of the sagas that are held. A saga with a damaged row is
    /// passed over: the others go on.
    fn all_is_there(&self) -> Result<(), Error> {
        let mut find = self.connection.prepare_cached(&status::find("num = ?1"))?;
        let append = "SELECT EXISTS (SELECT 1 FROM stored_appends WHERE id = ?1 AND num = ?2)";
        let mut append = self.connection.prepare_cached(append)?;
        for (epoch, held) in self.shared.held().iter() {
            let mut rows = find.query([held.num])?;
            let is_held = match rows.next()? {
                None => false,
                Some(row) => match unless_damaged(status::place(row))? {
                    None => continue,
                    Some(place) => place.held && place.epoch == *epoch,
                },
            };
            let values = params![held.durable_row, held.num];
            let is_there = held.durable_row == 0 || append.query_row(values, |row| row.get(0))?;
            if !is_held || !is_there {
                let what = format!("saga {} was durable up to row {}", held.saga, held.durable_row);
                return Err(
                    corrupt(format!("{what}, and after a failure of the disk that is not there")).into()
                );
            }
        }
        Ok(())
    }
}

/// Returns true if the disk, or what is between here and there, has failed.
fn has_failed(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::DatabaseCorrupt)
    )
}
