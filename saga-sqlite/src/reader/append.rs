//! One append as it is stored, checked as it is read.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, Row};
use saga_core::{Seq, Timestamp};

use crate::error::{Error, corrupt};
use crate::sum::{self, Sum};

/// The columns that [`Appends::read`] reads.
const FIND: &str = "SELECT id, num, seq, records, prev, at, body, sum FROM stored_appends WHERE id = ?1";

/// The position of an append, and the number of its saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) row: i64,
    pub(crate) num: i64,
    pub(crate) seq: Seq,
    pub(crate) records: u64,
    /// The row of the saga's previous append; 0 for the first.
    pub(crate) prev: i64,
}

impl Link {
    /// Returns the number of the next record.
    pub(crate) fn next_seq(&self) -> Seq {
        self.seq.saturating_add(self.records)
    }

    pub(crate) fn sum(&self, at: Timestamp, body: &str) -> i64 {
        let numbers =
            [self.row, self.num, self.seq.cast_signed(), self.records.cast_signed(), self.prev, at.0];
        Sum::new().numbers(numbers).text(body).finish()
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            num: row.get(1)?,
            seq: row.get::<_, i64>(2)?.cast_unsigned(),
            records: row.get::<_, i64>(3)?.cast_unsigned(),
            prev: row.get(4)?,
        })
    }
}

/// An append with a correct checksum.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) link: Link,
    pub(crate) at: Timestamp,
    pub(crate) body: String,
}

/// Reads appends one at a time.
pub(crate) struct Appends<'a> {
    find: CachedStatement<'a>,
    saga: i64,
}

impl<'a> Appends<'a> {
    /// Returns a reader of the appends of one saga.
    pub(crate) fn of(connection: &'a Connection, saga: i64) -> Result<Self, Error> {
        Ok(Self { find: connection.prepare_cached(FIND)?, saga })
    }

    /// Reads an append, and checks its checksum.
    pub(crate) fn read(&mut self, id: i64) -> Result<Stored, Error> {
        let stored = self.row(id, |row| {
            if !sum::is_whole(row, 7)? {
                return Ok(None);
            }
            let (at, body) = (Timestamp(row.get(5)?), row.get(6)?);
            Ok(Some(Stored { link: Link::of(row)?, at, body }))
        })?;
        let stored =
            stored.ok_or_else(|| corrupt(format!("row {id} of its journal is not as it was written")))?;
        self.belongs(&stored.link)?;
        Ok(stored)
    }

    /// Reads the position of an append without checking its checksum. The caller must check that it fits its
    /// neighbours.
    pub(crate) fn link(&mut self, id: i64) -> Result<Link, Error> {
        let link = self.row(id, |row| {
            let is_number =
                |column| Ok::<_, rusqlite::Error>(matches!(row.get_ref(column)?, ValueRef::Integer(_)));
            for column in 0..5 {
                if !is_number(column)? {
                    return Ok(None);
                }
            }
            Link::of(row).map(Some)
        })?;
        let link =
            link.ok_or_else(|| corrupt(format!("row {id} of its journal is not as it was written")))?;
        self.belongs(&link)?;
        Ok(link)
    }

    fn row<T>(&mut self, id: i64, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<T, Error> {
        let mut rows = self.find.query([id])?;
        match rows.next()? {
            Some(row) => Ok(read(row)?),
            None => Err(corrupt(format!("row {id} of its journal is missing")).into()),
        }
    }

    /// Checks that an append belongs to this saga and points backwards.
    fn belongs(&self, link: &Link) -> Result<(), Error> {
        let Link { row, num, prev, .. } = *link;
        if num != self.saga {
            return Err(
                corrupt(format!("row {row}, where its journal goes on, is of saga number {num}")).into()
            );
        }
        if prev >= row || (prev == 0) != (link.seq == 0) {
            let seq = link.seq;
            return Err(
                corrupt(format!("row {row} of its journal, record {seq}, points at row {prev}")).into()
            );
        }
        Ok(())
    }
}

/// Checks that `next` is the record after `link`.
pub(crate) fn precedes(link: &Link, next: Seq) -> Result<(), Error> {
    let found = link.next_seq();
    if found == next && link.records > 0 {
        return Ok(());
    }
    let row = link.row;
    Err(corrupt(format!("record {found} of its journal should follow on row {row}, and {next} does")).into())
}
