//! The way back through a journal: each append points at the one before it. What was walked once is kept for the next
//! page of the same journal, so that reading a long one does not begin at its end again and again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use saga_core::Seq;

use crate::error::Error;

/// Trails that are kept.
const KEPT: usize = 8;
/// A shorter one is walked again more easily than kept.
const SHORT: usize = 64;

/// Appends of one saga, first to last, each with its first record's number.
type Trail = Arc<Vec<(Seq, i64)>>;

/// The trails of journals that were read lately, by number of the saga. Numbers are never given again, and appends
/// never change: a trail stays true, if not complete.
#[derive(Debug, Default)]
pub(crate) struct Trails(Mutex<VecDeque<(i64, Trail)>>);

impl Trails {
    /// The appends from the one with record `from` to `last_row`, first to last.
    pub(crate) fn walk(
        &self,
        connection: &Connection,
        num: i64,
        last_row: i64,
        from: Seq,
    ) -> Result<Vec<i64>, Error> {
        let known = self.known(num);
        let known_end = known.as_ref().and_then(|trail| trail.last()).map_or(0, |(_, row)| *row);
        let mut step = connection.prepare_cached("SELECT seq, prev FROM stored_appends WHERE id = ?1")?;
        let mut back = Vec::new();
        let mut row = last_row;
        while row != 0 && row != known_end {
            let (seq, prev): (i64, i64) = step.query_row([row], |r| Ok((r.get(0)?, r.get(1)?)))?;
            back.push((seq.cast_unsigned(), row));
            if seq.cast_unsigned() <= from {
                break;
            }
            row = prev;
        }
        let met = known.filter(|_| row == known_end && row != 0);
        let complete = met.is_some() || back.last().is_some_and(|(seq, _)| *seq == 0);
        let mut trail = met.map_or(Vec::new(), Arc::unwrap_or_clone);
        trail.extend(back.iter().rev());
        let begin = trail.partition_point(|(seq, _)| *seq <= from).saturating_sub(1);
        let rows = trail[begin..].iter().map(|(_, row)| *row).collect();
        if complete && !back.is_empty() && trail.len() > SHORT {
            self.keep(num, Arc::new(trail));
        }
        Ok(rows)
    }

    fn known(&self, num: i64) -> Option<Trail> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| *known == num).map(|(_, trail)| trail.clone())
    }

    fn keep(&self, num: i64, trail: Trail) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != num);
        kept.push_front((num, trail));
        kept.truncate(KEPT);
    }
}
