//! Appends in their stored form. The committing task encodes them, which leaves only the writing to the writer's
//! thread.

use saga_core::store::{Append, DeliveryId, Status, StoreError};
use saga_core::{Entry, Epoch, SagaId, Seq, Timestamp};

use crate::error::corrupt;

/// An append, with its records as text.
pub(crate) struct Encoded {
    pub(crate) saga: SagaId,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) rows: Vec<Row>,
    /// Without records: the number of the next one, by the journal that the worker has read.
    pub(crate) next: Option<Seq>,
    /// The first gap between records: the expected number and the number found. `None` if there is no gap.
    pub(crate) gap: Option<(Seq, Seq)>,
    pub(crate) status: Option<Status>,
    pub(crate) taken: Vec<DeliveryId>,
    pub(crate) release: bool,
}

/// Records that were decided at the same time: one row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: Seq,
    pub(crate) records: u64,
    pub(crate) at: Timestamp,
    /// The records as a JSON array.
    pub(crate) body: String,
}

impl Encoded {
    pub(crate) fn of(append: &Append) -> Result<Self, StoreError> {
        let entries = &append.entries;
        let pairs = entries.iter().zip(entries.iter().skip(1));
        let gap = pairs.map(|(a, b)| (a.seq + 1, b.seq)).find(|(expected, found)| expected != found);
        let rows = entries.chunk_by(|a, b| a.at == b.at).map(|entries| row(&append.saga, entries));
        Ok(Self {
            saga: append.saga.clone(),
            epoch: append.epoch,
            rows: rows.collect::<Result<_, _>>()?,
            next: append.next.filter(|_| entries.is_empty()),
            gap,
            status: append.status.clone(),
            taken: append.taken.clone(),
            release: append.release,
        })
    }

    pub(crate) fn records(&self) -> u64 {
        self.rows.iter().map(|row| row.records).sum()
    }
}

fn row(saga: &SagaId, entries: &[Entry]) -> Result<Row, StoreError> {
    let first = entries.first().map_or((0, Timestamp(0)), |e| (e.seq, e.at));
    let mut body = String::with_capacity(256 * entries.len());
    for (entry, open) in entries.iter().zip(['['].into_iter().chain(std::iter::repeat(','))) {
        body.push(open);
        let written = entry.record.write_json(&mut body);
        written.map_err(|e| corrupt(format!("record {} of saga {saga} has no JSON form: {e}", entry.seq)))?;
    }
    body.push(']');
    Ok(Row { seq: first.0, records: entries.len() as u64, at: first.1, body })
}
