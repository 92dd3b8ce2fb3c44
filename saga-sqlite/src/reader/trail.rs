//! The chain of a journal: each append points at the previous one. A chain that was walked once is kept for the next
//! page, so a long journal is not walked from its end for each page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use saga_core::Seq;

use super::append::{Appends, Link, precedes};
use crate::error::Error;

/// The maximum number of chains kept.
const KEPT: usize = 8;
/// The minimum length of a chain that is kept.
const SHORT: usize = 64;

/// The appends of one saga, first to last.
type Trail = Arc<Vec<Link>>;

/// The chains of recently read journals, by number of the saga. Numbers are never reused, and appends never change. A
/// kept chain is therefore always true, but may be incomplete.
#[derive(Debug, Default)]
pub(crate) struct Trails(Mutex<VecDeque<(i64, Trail)>>);

impl Trails {
    /// Returns the appends from the one with record `from` to `last_row`, first to last. Each must point at an earlier
    /// append of the same saga, which guarantees an end. Each must end where the next one begins.
    pub(crate) fn walk(
        &self,
        connection: &Connection,
        num: i64,
        last_row: i64,
        from: Seq,
    ) -> Result<Vec<Link>, Error> {
        let known = self.known(num);
        let known_end = known.as_ref().and_then(|trail| trail.last()).map_or(0, |link| link.row);
        let mut appends = Appends::of(connection, num)?;
        let mut back: Vec<Link> = Vec::new();
        let mut row = last_row;
        while row != 0 && row != known_end {
            let link = appends.link(row)?;
            if let Some(after) = back.last() {
                precedes(&link, after.seq)?;
            }
            back.push(link);
            if link.seq <= from {
                break;
            }
            row = link.prev;
        }
        let met = known.filter(|_| row == known_end && row != 0);
        if let (Some(end), Some(after)) = (met.as_ref().and_then(|trail| trail.last()), back.last()) {
            precedes(end, after.seq)?;
        }
        let complete = met.is_some() || back.last().is_some_and(|link| link.seq == 0);
        let mut trail = met.map_or(Vec::new(), Arc::unwrap_or_clone);
        trail.extend(back.iter().rev());
        let begin = trail.partition_point(|link| link.seq <= from).saturating_sub(1);
        let rows = trail[begin..].to_vec();
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
