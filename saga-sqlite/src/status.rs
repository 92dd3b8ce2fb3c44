//! A saga's status, as columns.

use rusqlite::Row;
use saga_core::store::{Status, StoreError, Summary};
use saga_core::{Phase, Reason, SagaId, Timestamp};

use crate::error::{Error, corrupt};

/// The columns that [`read`] reads, in its order.
pub(crate) const COLUMNS: &str =
    "id, saga, version, phase, reasons, wake_at, undoable_until, progress, deaths";
/// Those and what else [`summary`] reads.
pub(crate) const SUMMARY_COLUMNS: &str = "id, saga, version, phase, reasons, wake_at, undoable_until, progress, deaths, created_at, updated_at, held";

/// Reasons as they are stored.
pub(crate) fn reasons(status: &Status) -> Option<String> {
    // An enum without fields always has a JSON form.
    (!status.reasons.is_empty()).then(|| serde_json::to_string(&status.reasons).unwrap_or_default())
}

/// A reason's recorded name, in quotes.
pub(crate) fn reason(reason: Reason) -> String {
    serde_json::to_string(&reason).unwrap_or_default()
}

/// Reads [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> Result<(SagaId, Status), Error> {
    let id: String = row.get(0)?;
    let phase: String = row.get(3)?;
    let listed: Option<String> = row.get(4)?;
    let odd = |what: &str| corrupt(format!("the {what} of saga {id}"));
    let listed: Vec<serde_json::Value> =
        listed.map_or(Ok(Vec::new()), |r| serde_json::from_str(&r).map_err(|_| odd("list of reasons")))?;
    // A reason that a later build of the same schema knows keeps nobody from the others.
    let reasons = listed.into_iter().filter_map(|reason| serde_json::from_value(reason).ok()).collect();
    let status = Status {
        saga: row.get::<_, String>(1)?.into(),
        version: row.get(2)?,
        phase: Phase::parse(&phase).ok_or_else(|| odd("phase"))?,
        wake_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        reasons,
        // Stored as the signed number of the same bits.
        progress: row.get::<_, i64>(7)?.cast_unsigned(),
        deaths: row.get(8)?,
        undoable_until: row.get::<_, Option<i64>>(6)?.map(Timestamp),
    };
    Ok((saga_id(&id)?, status))
}

/// Reads [`SUMMARY_COLUMNS`].
pub(crate) fn summary(row: &Row<'_>) -> Result<Summary, Error> {
    let (id, status) = read(row)?;
    let (created_at, updated_at) = (Timestamp(row.get(9)?), Timestamp(row.get(10)?));
    Ok(Summary { id, status, created_at, updated_at, held: row.get(11)? })
}

pub(crate) fn saga_id(id: &str) -> Result<SagaId, StoreError> {
    SagaId::new(id).map_err(|e| corrupt(format!("a saga's id: {e}")))
}
