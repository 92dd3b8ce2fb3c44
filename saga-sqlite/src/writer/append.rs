//! Appends and deliveries inside one transaction. The held sagas are in memory, so a step reads nothing from the file.

use std::sync::{LazyLock, MutexGuard};

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};
use saga_core::store::{AppendError, DeliveryId, Status, StoreError};
use saga_core::{Epoch, SagaId, Seq, Timestamp};

use super::request::{Commit, Deliver};
use super::seat::Seat;
use super::transaction::{Transaction, number_of};
use crate::encode::{Encoded, Row};
use crate::error::{Error, corrupt};
use crate::reader::{Appends, Link};
use crate::shared::{Held, HeldMap, Shared, worker_of};
use crate::status;

const INSERT: &str = "INSERT INTO stored_appends (id, num, seq, records, prev, at, body, sum)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static RELEASE: LazyLock<String> = LazyLock::new(|| status::update(&[("held", "0"), ("last_row", "?2")]));
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    status::update(&[
        ("saga", "?2"),
        ("version", "?3"),
        ("phase", "?4"),
        ("reasons", "?5"),
        ("wake_at", "?6"),
        ("undoable_until", "?7"),
        ("progress", "?8"),
        ("deaths", "?9"),
        ("updated_at", "?10"),
        ("held", "?11"),
        ("last_row", "?12"),
    ])
});
static CREATE: LazyLock<String> = LazyLock::new(status::insert);
static WHOLE: LazyLock<String> = LazyLock::new(status::is_whole);
/// Lists a saga as held.
pub(super) const LIST: &str = "INSERT OR IGNORE INTO stored_claims (num, sum) VALUES (?1, saga_sum(?1))";

/// A transaction of appends and deliveries. If it is dropped before [`Batch::end`], its changes to the held sagas are
/// reverted.
pub(super) struct Batch<'a> {
    pub(super) connection: &'a Connection,
    transaction: Option<Transaction<'a>>,
    shared: &'a Shared,
    pub(super) seat: Option<&'a mut Seat>,
    insert: CachedStatement<'a>,
    /// Released before waiting for the disk.
    held: Option<MutexGuard<'a, HeldMap>>,
    /// The previous entries of changed sagas, in order.
    undo: Vec<(Epoch, Option<Held>)>,
    pub(super) tail_max: i64,
    /// True if any delivery waits for any saga; `None` until the first query.
    deliveries: Option<bool>,
    ring: bool,
    appends: u64,
    records: u64,
}

/// The stored row of a saga that this worker does not hold.
enum Elsewhere {
    Whole(status::Place),
    Damaged,
}

impl<'a> Batch<'a> {
    pub(super) fn begin(
        connection: &'a Connection,
        shared: &'a Shared,
        seat: Option<&'a mut Seat>,
        tail_max: i64,
    ) -> Result<Self, Error> {
        let insert = connection.prepare_cached(INSERT)?;
        let transaction = Some(Transaction::begin(connection)?);
        let held = Some(shared.held());
        Ok(Self {
            connection,
            transaction,
            shared,
            seat,
            insert,
            held,
            undo: Vec::new(),
            tail_max,
            deliveries: None,
            ring: false,
            appends: 0,
            records: 0,
        })
    }

    /// Commits the transaction. Returns the numbers of appends and records.
    pub(super) fn end(mut self) -> Result<(u64, u64), Error> {
        let tail = self.save_tail()?;
        self.held = None;
        if let Some(transaction) = self.transaction.take() {
            transaction.commit()?;
        }
        if let (Some(seat), Some(tail)) = (&mut self.seat, tail) {
            seat.tail = tail;
        }
        let mut held = self.shared.held();
        for (epoch, _) in self.undo.drain(..) {
            if let Some(held) = held.get_mut(&epoch) {
                held.durable_row = held.last_row;
            }
        }
        drop(held);
        if self.ring {
            self.shared.bell.ring();
        }
        Ok((self.appends, self.records))
    }

    /// Returns the held sagas as seen inside this transaction.
    pub(super) fn held(&mut self) -> &mut HeldMap {
        self.held.get_or_insert_with(|| self.shared.held())
    }

    /// Changes the held saga of an epoch.
    pub(super) fn set(&mut self, epoch: Epoch, held: Option<Held>) {
        let before = match held {
            Some(held) => self.held().insert(epoch, held),
            None => self.held().remove(&epoch),
        };
        self.undo.push((epoch, before));
    }

    pub(super) fn deliver(&mut self, deliver: &Deliver) -> Result<Option<DeliveryId>, Error> {
        let Some(num) = number_of(self.connection, &deliver.saga)? else { return Ok(None) };
        let insert =
            "INSERT INTO stored_deliveries (num, at, body, sum) VALUES (?1, ?2, ?3, saga_sum(?1, ?2, ?3))";
        let id = self.connection.prepare_cached(insert)?.insert(params![num, deliver.now.0, deliver.body])?;
        (self.deliveries, self.ring) = (Some(true), true);
        Ok(Some(DeliveryId(id.cast_unsigned())))
    }

    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Vec<Result<Epoch, AppendError>>, Error> {
        if self.seat.as_ref().is_none_or(|seat| seat.worker != commit.worker) {
            return Err(StoreError::LeaseLost.into());
        }
        self.appends += commit.batch.len() as u64;
        self.records += commit.batch.iter().map(Encoded::records).sum::<u64>();
        commit.batch.iter().map(|append| self.apply(append, commit.now)).collect()
    }

    fn apply(&mut self, append: &Encoded, now: Timestamp) -> Result<Result<Epoch, AppendError>, Error> {
        let Some(epoch) = append.epoch else { return self.create(append, now) };
        let held = self.held().get(&epoch).filter(|held| held.saga == append.saga).cloned();
        let Some(mut held) = held else { return self.refuse(append, epoch) };
        if let Err(refused) = follow(append, held.next) {
            // An applied append that releases has ended its claim; then this point is not reached.
            let again = !append.release && self.is_there(held.num, held.last_row, &append.rows)?;
            return Ok(if again { Ok(epoch) } else { Err(refused) });
        }
        let changes_row = append.status.is_some() || append.release;
        if changes_row && !self.is_whole(held.num)? {
            // Damaged rows are not overwritten: the driver of this saga loses it, and other sagas continue.
            self.shared.damaged(&format!("saga {}", append.saga), "its row is not as it was written");
            return Ok(Err(AppendError::Fenced { saga: append.saga.clone(), epoch }));
        }
        self.insert_rows(&mut held, &append.rows)?;
        if changes_row {
            self.update(&mut held, append, now)?;
        }
        for id in &append.taken {
            let delete = "DELETE FROM stored_deliveries WHERE id = ?1 AND num = ?2";
            self.connection.prepare_cached(delete)?.execute(params![id.0.cast_signed(), held.num])?;
        }
        if append.release {
            self.release(&held, append.status.as_ref())?;
        }
        self.set(epoch, (!append.release).then_some(held));
        Ok(Ok(epoch))
    }

    fn insert_rows(&mut self, held: &mut Held, rows: &[Row]) -> Result<(), Error> {
        let Some(seat) = &mut self.seat else { return Err(StoreError::LeaseLost.into()) };
        for row in rows {
            let id = seat.row();
            debug_assert_eq!(row.seq, held.next, "a journal has no gap");
            debug_assert!(held.last_row < id, "an append points at an earlier one");
            let link =
                Link { row: id, num: held.num, seq: row.seq, records: row.records, prev: held.last_row };
            let (seq, records) = (row.seq.cast_signed(), row.records.cast_signed());
            let sum = link.sum(row.at, &row.body);
            self.insert.execute(params![
                id,
                held.num,
                seq,
                records,
                held.last_row,
                row.at.0,
                row.body,
                sum
            ])?;
            held.last_row = id;
            held.next = row.seq + row.records;
        }
        Ok(())
    }

    /// Writes the saga's row.
    fn update(&mut self, held: &mut Held, append: &Encoded, now: Timestamp) -> Result<(), Error> {
        let Some(status) = &append.status else {
            return one_row(self.connection, &RELEASE, params![held.num, held.last_row]);
        };
        let values = params![
            held.num,
            status.saga,
            status.version,
            status.phase.as_str(),
            status::reasons(status),
            status.wake_at.map(|at| at.0),
            status::undoable_until(status),
            status.progress.cast_signed(),
            status.deaths,
            now.0,
            !append.release,
            held.last_row,
        ];
        debug_assert!(held.saved_row <= held.last_row, "the end of a journal moves forward");
        one_row(self.connection, &UPDATE, values)?;
        held.saved_row = held.last_row;
        self.note_time(status, now);
        Ok(())
    }

    fn note_time(&mut self, status: &Status, now: Timestamp) {
        if let Some(seat) = &mut self.seat
            && status.wake_at.is_some()
        {
            seat.latest = seat.latest.max(now);
        }
    }

    /// Ends a claim. Rings the bell if the saga may have work. A delivery may have come while the saga was held; its
    /// own ring had no effect.
    fn release(&mut self, held: &Held, status: Option<&Status>) -> Result<(), Error> {
        if held.listed {
            let delete = "DELETE FROM stored_claims WHERE num = ?1";
            self.connection.prepare_cached(delete)?.execute([held.num])?;
        }
        self.ring |= status.is_none_or(|s| s.wake_at.is_some()) || self.has_delivery(held.num)?;
        Ok(())
    }

    /// Returns true if a delivery waits for the saga. A first query, made once, covers the usual case of no deliveries
    /// at all.
    fn has_delivery(&mut self, num: i64) -> Result<bool, Error> {
        let ask = |question: &str, values: &[i64]| -> Result<bool, Error> {
            let mut question = self.connection.prepare_cached(question)?;
            Ok(question.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?)
        };
        let any = match self.deliveries {
            Some(any) => any,
            None => ask("SELECT EXISTS (SELECT 1 FROM stored_deliveries WHERE unreadable IS NULL)", &[])?,
        };
        self.deliveries = Some(any);
        let ours = "SELECT EXISTS (SELECT 1 FROM stored_deliveries WHERE num = ?1 AND unreadable IS NULL)";
        Ok(any && ask(ours, &[num])?)
    }

    fn create(&mut self, append: &Encoded, now: Timestamp) -> Result<Result<Epoch, AppendError>, Error> {
        let (Ok(()), Some(status)) = (follow(append, 0), &append.status) else {
            if self.elsewhere(&append.saga)?.is_some() {
                return Ok(Err(AppendError::Exists { saga: append.saga.clone() }));
            }
            let nothing = AppendError::NoSuchSaga { saga: append.saga.clone() };
            return Ok(Err(follow(append, 0).err().unwrap_or(nothing)));
        };
        let Some(seat) = &mut self.seat else { return Err(StoreError::LeaseLost.into()) };
        let (num, epoch) = (seat.num(), seat.epoch());
        let rows = append.rows.len() as i64;
        let first_row = if rows == 0 { 0 } else { seat.next_row };
        let last_row = (first_row + rows - 1).max(0);
        let inserted = self.connection.prepare_cached(&CREATE)?.execute(params![
            num,
            append.saga.as_str(),
            status.saga,
            status.version,
            status.phase.as_str(),
            status::reasons(status),
            status.wake_at.map(|at| at.0),
            status::undoable_until(status),
            status.progress.cast_signed(),
            status.deaths,
            now.0,
            now.0,
            !append.release,
            epoch.0.cast_signed(),
            first_row,
            last_row,
        ])?;
        if inserted == 0 {
            return self.create_again(append);
        }
        let saga = append.saga.clone();
        let mut held =
            Held { saga, num, next: 0, last_row: 0, durable_row: 0, saved_row: last_row, listed: false };
        self.insert_rows(&mut held, &append.rows)?;
        self.note_time(status, now);
        if append.release {
            self.release(&held, Some(status))?;
        } else if append.rows.is_empty() {
            // The table has no append that would show that it is held.
            self.connection.prepare_cached(LIST)?.execute([num])?;
            held.listed = true;
        }
        if !append.release {
            self.set(epoch, Some(held));
        }
        Ok(Ok(epoch))
    }

    /// Answers a creation of an existing saga: it may be the repeat of one that got no answer.
    fn create_again(&mut self, append: &Encoded) -> Result<Result<Epoch, AppendError>, Error> {
        let exists = Err(AppendError::Exists { saga: append.saga.clone() });
        let Some(Elsewhere::Whole(saga)) = self.elsewhere(&append.saga)? else { return Ok(exists) };
        let ours = self.seat.as_ref().is_some_and(|seat| worker_of(saga.epoch) == seat.worker);
        let last_row = self.held().get(&saga.epoch).map_or(saga.last_row, |held| held.last_row);
        let again = ours && saga.held != append.release && self.is_there(saga.num, last_row, &append.rows)?;
        Ok(if again { Ok(saga.epoch) } else { exists })
    }

    /// Answers an append to a saga that this worker does not hold. It is valid only as a repeat of the release that
    /// ended the last claim.
    fn refuse(&mut self, append: &Encoded, epoch: Epoch) -> Result<Result<Epoch, AppendError>, Error> {
        let saga = match self.elsewhere(&append.saga)? {
            None => return Ok(Err(AppendError::NoSuchSaga { saga: append.saga.clone() })),
            Some(Elsewhere::Damaged) => {
                return Ok(Err(AppendError::Fenced { saga: append.saga.clone(), epoch }));
            }
            Some(Elsewhere::Whole(saga)) => saga,
        };
        let released = !saga.held && saga.epoch == epoch && append.release;
        let again = released && self.is_there(saga.num, saga.last_row, &append.rows)?;
        Ok(if again { Ok(epoch) } else { Err(AppendError::Fenced { saga: append.saga.clone(), epoch }) })
    }

    fn elsewhere(&self, saga: &SagaId) -> Result<Option<Elsewhere>, Error> {
        let mut find = self.connection.prepare_cached(&status::find(status::BY_ID))?;
        let mut rows = find.query([saga.as_str()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(match unless_damaged(status::place(row))? {
            Some(place) if place.id == *saga => Elsewhere::Whole(place),
            _ => Elsewhere::Damaged,
        }))
    }

    /// Returns true if the checksum of a saga's row is right.
    pub(super) fn is_whole(&self, num: i64) -> Result<bool, Error> {
        let mut find = self.connection.prepare_cached(&WHOLE)?;
        Ok(find.query_row([num], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    /// Returns true if the journal that ends at `last_row` has exactly these records. A damaged journal does not.
    fn is_there(&self, num: i64, last_row: i64, rows: &[Row]) -> Result<bool, Error> {
        Ok(unless_damaged(self.has(num, last_row, rows))?.unwrap_or(false))
    }

    fn has(&self, num: i64, last_row: i64, rows: &[Row]) -> Result<bool, Error> {
        let mut appends = Appends::of(self.connection, num)?;
        let mut at = last_row;
        for row in rows.iter().rev() {
            loop {
                if at == 0 {
                    return Ok(false);
                }
                let stored = appends.read(at)?;
                at = stored.link.prev;
                let seq = stored.link.seq;
                if seq < row.seq || (seq == row.seq && (stored.at, &stored.body) != (row.at, &row.body)) {
                    return Ok(false);
                }
                if seq == row.seq {
                    break;
                }
            }
        }
        Ok(true)
    }
}

/// Returns `None` for damaged data.
pub(super) fn unless_damaged<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Error::Store(StoreError::Corrupt { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Changes the row of one saga.
pub(super) fn one_row(connection: &Connection, update: &str, values: impl Params) -> Result<(), Error> {
    match connection.prepare_cached(update)?.execute(values)? {
        1 => Ok(()),
        rows => Err(corrupt(format!("{rows} rows are of a saga that was just there")).into()),
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.undo.is_empty() {
            return;
        }
        let undo = std::mem::take(&mut self.undo);
        let held = self.held();
        for (epoch, before) in undo.into_iter().rev() {
            match before {
                Some(before) => held.insert(epoch, before),
                None => held.remove(&epoch),
            };
        }
    }
}

/// Checks that the records continue from `next` without gaps; if there are none, that the worker knows them all.
fn follow(append: &Encoded, next: Seq) -> Result<(), AppendError> {
    let first = append.rows.first().map(|row| row.seq).or(append.next);
    let first = first.map(|found| (next, found)).filter(|(expected, found)| expected != found);
    match first.or(append.gap) {
        None => Ok(()),
        Some((expected, found)) => Err(AppendError::Sequence { saga: append.saga.clone(), expected, found }),
    }
}
