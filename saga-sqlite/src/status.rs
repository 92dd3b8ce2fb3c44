//! The row of a saga: its status in columns, and the place of its journal. A row with a wrong checksum is not read.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use saga_core::store::{Damaged, Status, Summary};
use saga_core::{Epoch, Phase, Reason, SagaId, Timestamp, Undoable};

use crate::error::{Error, corrupt};
use crate::shared::WORKER_SHIFT;
use crate::sum;

/// All columns, in the order of their checksum.
const COLUMNS: [&str; 16] = [
    "num",
    "id",
    "saga",
    "version",
    "phase",
    "reasons",
    "wake_at",
    "undoable_until",
    "progress",
    "deaths",
    "created_at",
    "updated_at",
    "held",
    "epoch",
    "first_row",
    "last_row",
];
/// The index of column `num` in [`find`].
pub(crate) const NUM: usize = 0;

/// Finds a row by the id `?1`. By its number, so that the id is read from the row: SQLite would take it from the index, and a
/// row of which only the id is damaged would seem whole.
pub(crate) const BY_ID: &str = "num = (SELECT num FROM stored_sagas WHERE id = ?1)";

/// Returns a statement that finds rows, for [`read`], [`summary`] and [`place`].
pub(crate) fn find(which: &str) -> String {
    format!("SELECT {}, sum FROM stored_sagas WHERE {which}", COLUMNS.join(", "))
}

/// Returns a statement that sets columns of the row with the `num` `?1`, each to an expression, and its checksum.
pub(crate) fn update(columns: &[(&str, &str)]) -> String {
    let new = |column| columns.iter().find(|(name, _)| *name == column).map_or(column, |(_, value)| *value);
    let values: Vec<&str> = COLUMNS.into_iter().map(new).collect();
    let sets: String = columns.iter().map(|(name, value)| format!("{name} = {value}, ")).collect();
    format!("UPDATE stored_sagas SET {sets}sum = saga_sum({}) WHERE num = ?1", values.join(", "))
}

/// Returns a statement that checks the checksum of the row with the `num` `?1`.
pub(crate) fn is_whole() -> String {
    format!("SELECT sum = saga_sum({}) FROM stored_sagas WHERE num = ?1", COLUMNS.join(", "))
}

/// Returns an expression that checks the checksum of the row of that alias.
pub(crate) fn is_whole_in(alias: &str) -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|column| format!("{alias}.{column}")).collect();
    format!("{alias}.sum IS saga_sum({})", columns.join(", "))
}

/// Returns a statement that inserts a row from `?1` to `?16`, unless one with that id exists.
pub(crate) fn insert() -> String {
    let values: Vec<String> = (1..=COLUMNS.len()).map(|n| format!("?{n}")).collect();
    let (columns, values) = (COLUMNS.join(", "), values.join(", "));
    format!(
        "INSERT INTO stored_sagas ({columns}, sum) VALUES ({values}, saga_sum({values})) ON CONFLICT (id) DO NOTHING"
    )
}

/// Returns the reasons in their stored form; `None` if there are none.
pub(crate) fn reasons(status: &Status) -> Option<String> {
    // An enum without fields always has a JSON form.
    (!status.reasons.is_empty()).then(|| serde_json::to_string(&status.reasons).unwrap_or_default())
}

/// The stored end of an undo window without a limit: later than any time. The views say so in words.
const ALWAYS: i64 = i64::MAX;

/// Returns the stored end of the undo window; `None` if the saga cannot be undone.
pub(crate) fn undoable_until(status: &Status) -> Option<i64> {
    match status.undoable {
        Undoable::No => None,
        Undoable::Until(until) => Some(until.0),
        Undoable::Always => Some(ALWAYS),
    }
}

/// Returns a reason's recorded name, in quotes.
pub(crate) fn reason(reason: Reason) -> String {
    serde_json::to_string(&reason).unwrap_or_default()
}

/// The content of a saga's row.
pub(crate) struct Listed {
    pub(crate) id: SagaId,
    pub(crate) status: Status,
    pub(crate) last_row: i64,
}

/// Reads a row of [`find`].
pub(crate) fn read(row: &Row<'_>) -> Result<Result<Listed, Damaged>, Error> {
    let whole = match check(row)? {
        Ok(id) => id,
        Err(damaged) => return Ok(Err(damaged)),
    };
    let (id, name) = (whole, row.get::<_, String>(4)?);
    let Some(phase) = Phase::parse(&name) else {
        let why = format!("its phase is {name:?}, which this build does not know");
        return Ok(Err(Damaged { saga: id.to_string(), why }));
    };
    let listed: Option<String> = row.get(5)?;
    let listed: Vec<serde_json::Value> = match listed.map_or(Ok(Vec::new()), |r| serde_json::from_str(&r)) {
        Ok(listed) => listed,
        Err(error) => {
            return Ok(Err(Damaged { saga: id.to_string(), why: format!("its list of reasons: {error}") }));
        }
    };
    // An unknown reason, from a later build of the same schema, does not hide the others.
    let reasons = listed.into_iter().filter_map(|reason| serde_json::from_value(reason).ok()).collect();
    let status = Status {
        saga: row.get::<_, String>(2)?.into(),
        version: row.get(3)?,
        phase,
        wake_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        reasons,
        // The signed number with the same bits is stored.
        progress: row.get::<_, i64>(8)?.cast_unsigned(),
        deaths: row.get(9)?,
        undoable: match row.get(7)? {
            None => Undoable::No,
            Some(ALWAYS) => Undoable::Always,
            Some(until) => Undoable::Until(Timestamp(until)),
        },
    };
    Ok(Ok(Listed { id, status, last_row: row.get(15)? }))
}

/// Reads the summary in a row of [`find`].
pub(crate) fn summary(row: &Row<'_>) -> Result<Result<Summary, Damaged>, Error> {
    let (created_at, updated_at, held) = (row.get_ref(10)?, row.get_ref(11)?, row.get_ref(12)?);
    let time = |value: ValueRef<'_>| Timestamp(value.as_i64().unwrap_or_default());
    let summary = |Listed { id, status, .. }| {
        let held = held == ValueRef::Integer(1);
        Summary { id, status, created_at: time(created_at), updated_at: time(updated_at), held }
    };
    Ok(read(row)?.map(summary))
}

/// A saga that a worker held when it died.
#[derive(Debug, Clone)]
pub(crate) struct Died {
    pub(crate) saga: String,
    pub(crate) deaths: u32,
    /// The time at which its status was last written.
    pub(crate) since: Timestamp,
    pub(crate) last_row: i64,
    /// True if it is in `stored_claims`.
    pub(crate) listed: bool,
}

/// Reads a row of [`find`] that a dead worker held; returns also the worker's number.
pub(crate) fn died(row: &Row<'_>) -> Result<Result<(Died, i64), Damaged>, Error> {
    if let Err(damaged) = check(row)? {
        return Ok(Err(damaged));
    }
    let (saga, deaths, since) = (row.get(2)?, row.get(9)?, Timestamp(row.get(11)?));
    let died = Died { saga, deaths, since, last_row: row.get(15)?, listed: false };
    Ok(Ok((died, row.get::<_, i64>(13)? >> WORKER_SHIFT)))
}

/// The place of a saga's journal, and its claim.
pub(crate) struct Place {
    pub(crate) num: i64,
    pub(crate) id: SagaId,
    pub(crate) held: bool,
    pub(crate) epoch: Epoch,
    pub(crate) last_row: i64,
}

/// Reads the place in a row of [`find`], without parsing the status.
pub(crate) fn place(row: &Row<'_>) -> Result<Place, Error> {
    let id = check(row)?.map_err(|damaged| corrupt(damaged.why))?;
    let epoch = Epoch(row.get::<_, i64>(13)?.cast_unsigned());
    Ok(Place { num: row.get(0)?, id, held: row.get(12)?, epoch, last_row: row.get(15)? })
}

/// Returns the saga's id, if the checksum of the row is right.
fn check(row: &Row<'_>) -> Result<Result<SagaId, Damaged>, Error> {
    let why = match (sum::is_whole(row, COLUMNS.len())?, saga_id(row.get_ref(1)?)) {
        (true, Ok(id)) => return Ok(Ok(id)),
        (true, Err(why)) => why,
        (false, _) => "its row is not as it was written".to_owned(),
    };
    let saga = match row.get_ref(1)? {
        ValueRef::Text(id) => String::from_utf8_lossy(id).into_owned(),
        _ => format!("saga number {}", row.get_ref(NUM)?.as_i64().unwrap_or_default()),
    };
    Ok(Err(Damaged { saga, why }))
}

/// Parses a saga's id.
pub(crate) fn saga_id(id: ValueRef<'_>) -> Result<SagaId, String> {
    let id = id.as_str().map_err(|e| format!("its id: {e}"))?;
    SagaId::new(id).map_err(|e| format!("its id: {e}"))
}
