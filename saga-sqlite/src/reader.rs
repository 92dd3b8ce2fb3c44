//! Reads of journals, lists and inboxes. Each is one short transaction, because a long one keeps the write-ahead log
//! from being truncated.

mod append;
mod trail;

use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension as _, params};
use saga_core::machine::Delivery;
use saga_core::store::{Claim, DeliveryId, Page, Query, StoreError, Summary, Waiting, WorkerId};
use saga_core::{Entry, Epoch, KeyNamespace, Phase, Record, SagaId, Seq, Timestamp};

use append::Stored;
pub(crate) use append::{Appends, Link, precedes};
pub(crate) use trail::Trails;

use crate::error::{Error, corrupt, of_saga};
use crate::shared::Shared;
use crate::status::{self, Listed};
use crate::{index, sum};

/// Returns the namespace of the idempotency keys, if the file has one.
pub(crate) fn key_namespace(connection: &Connection) -> Result<Option<KeyNamespace>, Error> {
    let mut find = connection.prepare_cached("SELECT only, namespace, sum FROM stored_keys")?;
    let found = find.query_row([], |row| Ok((sum::is_whole(row, 2)?, row.get::<_, String>(1)?)));
    let Some((is_whole, namespace)) = found.optional()? else { return Ok(None) };
    match KeyNamespace::new(&namespace).ok().filter(|_| is_whole) {
        Some(namespace) => Ok(Some(namespace)),
        None => Err(corrupt("the key namespace is not as it was written").into()),
    }
}

/// Reads the records of a saga, starting at `from`. An error names the saga.
pub(crate) fn load(
    connection: &Connection,
    shared: &Shared,
    trails: &Trails,
    saga: &SagaId,
    from: Seq,
    limit: usize,
) -> Result<Vec<Entry>, Error> {
    try_load(connection, shared, trails, saga, from, limit).map_err(|error| of_saga(saga, error))
}

fn try_load(
    connection: &Connection,
    shared: &Shared,
    trails: &Trails,
    saga: &SagaId,
    from: Seq,
    limit: usize,
) -> Result<Vec<Entry>, Error> {
    // This lookup comes before the snapshot, so the snapshot sees at least as much.
    let Some(before) = find(connection, saga)? else {
        is_not_there(connection, shared)?;
        return Ok(Vec::new());
    };
    let durable = shared.held().get(&before.epoch).map(|held| held.durable_row);
    let snapshot = Snapshot::of(connection)?;
    let Some(found) = find(connection, saga)? else { return Ok(Vec::new()) };
    let last_row = match durable.filter(|_| found.epoch == before.epoch) {
        Some(durable) => durable.max(found.last_row),
        None => end_of(connection, &found)?,
    };
    let links = trails.walk(connection, found.num, last_row, from)?;
    let mut appends = Appends::of(connection, found.num)?;
    let mut entries = Vec::new();
    let mut last: Option<Link> = None;
    for link in links {
        let stored = appends.read(link.row)?;
        if let Some(last) = last.replace(stored.link) {
            precedes(&last, stored.link.seq)?;
        }
        let some = records(&stored)?;
        entries.extend(some.filter(|entry| entry.seq >= from).take(limit - entries.len()));
        if entries.len() == limit {
            break;
        }
    }
    drop(snapshot);
    Ok(entries)
}

/// Parses the records of an append.
fn records(stored: &Stored) -> Result<impl Iterator<Item = Entry>, StoreError> {
    let Link { seq: first, records: count, .. } = stored.link;
    let records: Vec<Record> = serde_json::from_str(&stored.body)
        .map_err(|e| corrupt(format!("its records from number {first} on: {e}")))?;
    if records.len() as u64 != count {
        let found = records.len();
        return Err(corrupt(format!(
            "{count} records from number {first} on were written, and there are {found}"
        )));
    }
    let at = stored.at;
    Ok((first..).zip(records).map(move |(seq, record)| Entry { seq, at, record }))
}

/// A read transaction: the connection sees one state of the file until this is dropped. Its statements are cached,
/// unlike those of `rusqlite`'s transactions.
struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    fn of(connection: &'a Connection) -> rusqlite::Result<Self> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // If this fails, the next transaction cannot begin, and reports it.
        drop(self.0.prepare_cached("COMMIT").and_then(|mut end| end.execute([])));
    }
}

/// The place of a saga's journal.
struct Found {
    num: i64,
    epoch: Epoch,
    held: bool,
    last_row: i64,
}

fn find(connection: &Connection, saga: &SagaId) -> Result<Option<Found>, Error> {
    let mut find = connection.prepare_cached(&status::find(status::BY_ID))?;
    let mut rows = find.query([saga.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let place = status::place(row)?;
    if place.id != *saga {
        return Err(corrupt(format!("an index leads to saga {}", place.id)).into());
    }
    let (num, epoch, last_row) = (place.num, place.epoch, place.last_row);
    Ok(Some(Found { num, epoch, held: place.held, last_row }))
}

/// Returns the last append of a saga that this process does not hold. If another process holds it, or held it when it
/// died, the end of the table shows its last append. An append there belongs to the saga if the checksum matches its
/// number, even if the row's own `num` is damaged.
fn end_of(connection: &Connection, found: &Found) -> Result<i64, Error> {
    if !found.held {
        return Ok(found.last_row);
    }
    let last = "SELECT coalesce(max(id), ?2) FROM stored_appends WHERE id > ?2
        AND (num = ?1 OR sum = saga_sum(id, ?1, seq, records, prev, at, body))";
    Ok(connection.prepare_cached(last)?.query_row(params![found.num, found.last_row], |r| r.get(0))?)
}

/// Checks, once, that the index of sagas is complete: otherwise a saga may exist that it does not find.
fn is_not_there(connection: &Connection, shared: &Shared) -> Result<(), Error> {
    if shared.is_complete.load(Ordering::Acquire) {
        return Ok(());
    }
    let wrongs = index::wrongs(connection, "stored_sagas")?;
    if !wrongs.is_empty() && !index::leads_to_all(connection)? {
        return Err(index::does_not_fit(&wrongs).into());
    }
    shared.is_complete.store(true, Ordering::Release);
    Ok(())
}

pub(crate) fn summary(
    connection: &Connection,
    shared: &Shared,
    saga: &SagaId,
) -> Result<Option<Summary>, Error> {
    let read = || -> Result<Option<Summary>, Error> {
        let mut find = connection.prepare_cached(&status::find(status::BY_ID))?;
        let mut rows = find.query([saga.as_str()])?;
        let Some(row) = rows.next()? else {
            is_not_there(connection, shared)?;
            return Ok(None);
        };
        match status::summary(row)? {
            Ok(summary) if summary.id == *saga => Ok(Some(summary)),
            Ok(summary) => Err(corrupt(format!("an index leads to saga {}", summary.id)).into()),
            Err(damaged) => Err(corrupt(damaged.why).into()),
        }
    };
    read().map_err(|error| of_saga(saga, error))
}

pub(crate) fn query(connection: &Connection, query: &Query) -> Result<Page, Error> {
    let size = query.page_size();
    // The phases are constants of this crate, not input. A query for dead letters alone uses their index.
    let phases = match &query.phases[..] {
        [] => "1".to_owned(),
        [Phase::DeadLettered] => "phase = 'dead_lettered'".to_owned(),
        phases => {
            let phases: Vec<String> = phases.iter().map(|phase| format!("'{}'", phase.as_str())).collect();
            format!("phase IN ({})", phases.join(", "))
        }
    };
    let find = status::find(&format!(
        "num > ?1 AND {phases} AND (?2 IS NULL OR saga = ?2) AND (?3 IS NULL OR (reasons IS NOT NULL AND (
            NOT json_valid(reasons) OR EXISTS (SELECT 1 FROM json_each(reasons) WHERE json_quote(value) = ?3))))
        ORDER BY num LIMIT ?4"
    ));
    let after = query.after.map_or(0, |after| i64::try_from(after).unwrap_or(i64::MAX));
    let reason = query.reason.map(status::reason);
    let mut find = connection.prepare_cached(&find)?;
    let mut rows = find.query(params![after, query.saga, reason, size as i64 + 1])?;
    let mut page = Page::default();
    let mut last = 0;
    while let Some(row) = rows.next()? {
        if page.sagas.len() + page.damaged.len() == size {
            page.next = Some(last);
            break;
        }
        last = row.get::<_, i64>(status::NUM)?.cast_unsigned();
        match status::summary(row)? {
            Ok(summary) => page.sagas.push(summary),
            Err(damaged) => page.damaged.push(damaged),
        }
    }
    Ok(page)
}

/// The selection of deliveries.
pub(crate) enum Whose {
    /// Deliveries to the sagas that this worker holds.
    Worker(WorkerId),
    /// Deliveries to one saga.
    Saga(SagaId),
}

/// Readable deliveries, and unreadable ones with the reason.
pub(crate) type Inbox = (Vec<Waiting>, Vec<(DeliveryId, String)>);

pub(crate) fn inbox(connection: &Connection, whose: &Whose) -> Result<Inbox, Error> {
    let (which, value) = match whose {
        Whose::Worker(worker) => ("s.held = 1 AND s.epoch >> 40 = ?1", worker.0.cast_signed().into()),
        Whose::Saga(saga) => ("s.id = ?1", rusqlite::types::Value::from(saga.as_str().to_owned())),
    };
    let mut find = connection.prepare_cached(&inbox_query(which))?;
    let mut rows = find.query([value])?;
    let (mut waiting, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let id = DeliveryId(row.get::<_, i64>(4)?.cast_unsigned());
        let at = Timestamp(row.get(1)?);
        match delivery(row)? {
            Ok((saga, delivery)) => waiting.push(Waiting { id, saga, delivery, at }),
            Err(why) => unreadable.push((id, why)),
        }
    }
    Ok((waiting, unreadable))
}

/// Returns the saga and the content of a delivery, or the reason for which it cannot be read.
fn delivery(row: &rusqlite::Row<'_>) -> Result<Result<(SagaId, Delivery), String>, Error> {
    if !sum::is_whole(row, 3)? {
        return Ok(Err("it is not as it was written".to_owned()));
    }
    let saga = match status::saga_id(row.get_ref(5)?) {
        Ok(saga) => saga,
        Err(why) => return Ok(Err(why)),
    };
    Ok(match serde_json::from_str(&row.get::<_, String>(2)?) {
        Ok(delivery) => Ok((saga, delivery)),
        Err(error) => Err(error.to_string()),
    })
}

fn inbox_query(which: &str) -> String {
    format!(
        "SELECT d.num, d.at, d.body, d.sum, d.id, s.id FROM stored_deliveries d JOIN stored_sagas s ON s.num = d.num
        WHERE d.unreadable IS NULL AND {which} ORDER BY d.id"
    )
}

/// Returns the held sagas with their last written statuses, without damaged ones.
pub(crate) fn claims(connection: &Connection, held: &[(Epoch, i64)]) -> Result<Vec<Claim>, Error> {
    let _snapshot = Snapshot::of(connection)?;
    let mut find = connection.prepare_cached(&status::find("num = ?1 AND epoch = ?2 AND held = 1"))?;
    let mut claims = Vec::with_capacity(held.len());
    for (epoch, num) in held {
        let mut rows = find.query(params![num, epoch.0.cast_signed()])?;
        if let Some(row) = rows.next()?
            && let Ok(Listed { id, status, .. }) = status::read(row)?
        {
            claims.push(Claim { saga: id, epoch: *epoch, status });
        }
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::SqliteStore;
    use crate::schema::{How, open_read_only};

    #[test]
    fn a_statement_that_is_kept_is_not_planned_anew() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("sagas.db")).unwrap();
        let how = How { busy_timeout: std::time::Duration::ZERO, pages_max: None, vfs: None };
        let (connection, _) = open_read_only(store.path(), &how).unwrap();
        let asks = |id: &str| inbox(&connection, &Whose::Saga(SagaId::new(id).unwrap())).unwrap();
        assert!((0..3).all(|n| asks(&format!("saga-{n}")).0.is_empty()));
        let kept = connection.prepare_cached(&inbox_query("s.id = ?1")).unwrap();
        assert_eq!(kept.get_status(StatementStatus::RePrepare), 0);
        assert_eq!(kept.get_status(StatementStatus::Run), 3, "it is the one that was used");
    }
}
