//! The choice of sagas to claim: of all claimable ones, those that wait longest.

use std::collections::HashSet;
use std::sync::LazyLock;

use rusqlite::{Connection, named_params, params};
use saga_core::store::{
    Claim, Claims, Damaged, DeliveryId, LeftOut, QUARANTINE_DEATHS, StoreError, Suspects, Wanted, WorkerId,
};
use saga_core::{SagaId, Seq, Timestamp};

use super::Writer;
use super::append::{LIST, one_row, unless_damaged};
use super::seat::Seat;
use crate::error::Error;
use crate::reader::Appends;
use crate::shared::Held;
use crate::status::{self, Listed};

static CLAIM: LazyLock<String> =
    LazyLock::new(|| status::update(&[("held", "1"), ("epoch", "?2"), ("deaths", "?3"), ("last_row", "?4")]));
static PASS_OVER: LazyLock<String> = LazyLock::new(|| {
    status::update(&[("held", "0"), ("deaths", "?2"), ("wake_at", "?3"), ("last_row", "?4")])
});

/// A claimable saga.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// The time since which it waits.
    since: Timestamp,
    num: i64,
    /// The number of deaths, including that of the previous claim.
    deaths: u32,
    died: bool,
}

/// The parameters of one search.
struct Look<'a> {
    connection: &'a Connection,
    wanted: &'a Wanted,
    /// The wanted types, as JSON.
    types: &'a str,
    now: Timestamp,
}

/// The result for one candidate.
enum Taken {
    Claimed(Claim, Held),
    /// It is not claimed now; its death is counted if its worker died. Also if another process has just purged it.
    Passed,
    /// Its row is damaged.
    Damaged(Damaged),
}

impl Writer {
    pub(crate) fn claim(
        &mut self,
        worker: WorkerId,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<Claims, StoreError> {
        Ok(self.trusting(|writer| writer.try_claim(worker, wanted, now))?)
    }

    fn try_claim(&mut self, worker: WorkerId, wanted: &Wanted, now: Timestamp) -> Result<Claims, Error> {
        let Some(seat) = self.seat.as_mut().filter(|seat| seat.worker == worker) else {
            return Err(StoreError::LeaseLost.into());
        };
        let only = match &wanted.only {
            None => None,
            Some(saga) => match find_only(&self.connection, saga)? {
                Some(only) => Some(only),
                None => return Ok(Claims::default()),
            },
        };
        let wanted = only.as_ref().map_or(wanted, |(_, of_its_type)| of_its_type);
        let types = serde_json::to_string(&wanted.sagas).unwrap_or_default();
        let look = Look { connection: &self.connection, wanted, types: &types, now };
        let mut candidates = look.candidates(seat)?;
        candidates.retain(|candidate| !seat.damaged.contains(&candidate.num));
        candidates.retain(|candidate| only.as_ref().is_none_or(|(num, _)| candidate.num == *num));
        let Choice { chosen, more, left_out } = choose(candidates, wanted);
        let left_out = left_out.map(|candidate| name(&self.connection, candidate)).transpose()?.flatten();
        let mut claims = Claims { left_out, ..Claims::default() };
        if !chosen.is_empty() {
            claims.claimed = self.take(&chosen)?;
        }
        let look = Look { connection: &self.connection, wanted, types: &types, now };
        claims.next_wake = if more { Some(now) } else { look.next_wake()? };
        Ok(claims)
    }

    /// Writes the claims, and then holds the sagas.
    fn take(&mut self, chosen: &[(Candidate, bool)]) -> Result<Vec<Claim>, Error> {
        let taken = self.transaction(|connection, seat| {
            let Some(seat) = seat else { return Err(StoreError::LeaseLost.into()) };
            let take = |(candidate, turn): &(Candidate, bool)| match turn {
                true => take_one(connection, seat, candidate),
                false => pass_over(connection, seat, candidate),
            };
            chosen.iter().map(take).collect::<Result<Vec<_>, _>>()
        })?;
        let mut claimed = Vec::with_capacity(taken.len());
        let mut held = self.shared.held();
        for (taken, (candidate, _)) in taken.into_iter().zip(chosen) {
            let Some(seat) = &mut self.seat else { continue };
            seat.dead.remove(candidate.num);
            match taken {
                Taken::Claimed(claim, of) => {
                    held.insert(claim.epoch, of);
                    claimed.push(claim);
                }
                Taken::Passed => {}
                Taken::Damaged(Damaged { saga, why }) => {
                    seat.damaged.insert(candidate.num);
                    self.shared.damaged(&format!("saga {saga}"), &why);
                }
            }
        }
        Ok(claimed)
    }
}

/// Returns the number of the only wanted saga, and a query that finds it.
fn find_only(connection: &Connection, saga: &SagaId) -> Result<Option<(i64, Wanted)>, Error> {
    let mut find = connection.prepare_cached("SELECT num, saga FROM stored_sagas WHERE id = ?1")?;
    let mut rows = find.query([saga.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (num, name) = (row.get(0)?, row.get::<_, String>(1)?);
    let sagas = vec![name.into()];
    Ok(Some((
        num,
        Wanted { sagas, limit: usize::MAX, suspects: SUSPECTS_ALL, unreadable: Vec::new(), only: None },
    )))
}

/// Suspects of any number, with any number of deaths.
const SUSPECTS_ALL: Suspects = Suspects { limit: usize::MAX, ..Suspects::ONE };

/// The candidates to change.
struct Choice {
    /// Each with true if it is to be claimed.
    chosen: Vec<(Candidate, bool)>,
    /// True if more could be claimed.
    more: bool,
    /// The first suspect that is not wanted.
    left_out: Option<Suspect>,
}

/// A suspect that is not wanted.
struct Suspect {
    since: Timestamp,
    num: i64,
    deaths: u32,
}

fn choose(mut candidates: Vec<Candidate>, wanted: &Wanted) -> Choice {
    candidates.sort();
    let mut known = HashSet::new();
    candidates.retain(|candidate| known.insert(candidate.num));
    let (mut claimed, mut suspects) = (0, wanted.suspects);
    let mut choice = Choice { chosen: Vec::new(), more: false, left_out: None };
    for candidate in candidates {
        if claimed == wanted.limit {
            choice.more = true;
            break;
        }
        let Candidate { since, num, deaths, died } = candidate;
        let is_suspect = deaths >= QUARANTINE_DEATHS;
        let turn = !is_suspect || suspects.admit(deaths);
        if !turn {
            choice.left_out.get_or_insert(Suspect { since, num, deaths });
        } else if is_suspect {
            suspects.limit -= 1;
        }
        claimed += usize::from(turn);
        if turn || died {
            choice.chosen.push((candidate, turn));
        }
    }
    choice
}

/// Returns a suspect under its name; `None` if another process has just purged it.
fn name(connection: &Connection, suspect: Suspect) -> Result<Option<LeftOut>, Error> {
    let Suspect { since, num, deaths } = suspect;
    let listed = look_at(connection, num)?.ok();
    Ok(listed.map(|listed| LeftOut { saga: listed.id, deaths, since }))
}

impl Look<'_> {
    fn candidates(&self, seat: &Seat) -> Result<Vec<Candidate>, Error> {
        let mut candidates = self.dead(seat);
        // Damaged sagas are removed afterwards, and must not take the place of others.
        let limit = self.wanted.limit.saturating_add(seat.damaged.len()).saturating_add(1);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = "wake_at <= :now AND deaths < 2 ORDER BY wake_at LIMIT :limit";
        self.waiting(due, limit, &mut candidates)?;
        if seat.latest > self.now {
            let turned_back = "wake_at > :now AND updated_at > :now AND deaths < 2 LIMIT :limit";
            self.waiting(turned_back, limit, &mut candidates)?;
        }
        // Those that are wanted, and one of the others.
        let Suspects { limit, held_back_from: from, held_back_below: below } = self.wanted.suspects;
        let one_more = |limit: usize| limit.saturating_add(seat.damaged.len()).saturating_add(1);
        let wanted = (one_more(limit), format!("(deaths < {from} OR deaths >= {below})"));
        let held_back = (one_more(0), format!("deaths >= {from} AND deaths < {below}"));
        for (limit, which) in [wanted, held_back] {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let due = format!("wake_at <= :now AND deaths >= 2 AND {which} ORDER BY wake_at LIMIT :limit");
            self.waiting(&due, limit, &mut candidates)?;
            if seat.latest > self.now {
                let turned_back =
                    format!("wake_at > :now AND updated_at > :now AND deaths >= 2 AND {which} LIMIT :limit");
                self.waiting(&turned_back, limit, &mut candidates)?;
            }
        }
        self.delivered_to(&mut candidates)?;
        Ok(candidates)
    }

    /// Returns the sagas that a dead worker held.
    fn dead(&self, seat: &Seat) -> Vec<Candidate> {
        let ours = |saga: &str| self.wanted.sagas.iter().any(|wanted| wanted == saga);
        let ours = seat.dead.iter().filter(|(_, died)| ours(&died.saga));
        let mut candidates = Vec::new();
        let mut healthy = 0;
        for (num, died) in ours {
            let deaths = died.deaths.saturating_add(1);
            candidates.push(Candidate { since: died.since, num, deaths, died: true });
            healthy += usize::from(deaths < QUARANTINE_DEATHS);
            if healthy > self.wanted.limit {
                break;
            }
        }
        candidates
    }

    /// `which` has the number of [`QUARANTINE_DEATHS`] as a literal: the indexes do.
    fn waiting(&self, which: &str, limit: i64, candidates: &mut Vec<Candidate>) -> Result<(), Error> {
        let find = format!(
            "SELECT wake_at, num, deaths FROM stored_sagas
            WHERE held = 0 AND saga IN (SELECT value FROM json_each(:types)) AND {which}"
        );
        let mut find = self.connection.prepare_cached(&find)?;
        let mut rows = find.query(named_params! {
            ":now": self.now.0,
            ":types": self.types,
            ":limit": limit,
        })?;
        while let Some(row) = rows.next()? {
            let since = Timestamp(row.get(0)?);
            candidates.push(Candidate { since, num: row.get(1)?, deaths: row.get(2)?, died: false });
        }
        Ok(())
    }

    fn delivered_to(&self, candidates: &mut Vec<Candidate>) -> Result<(), Error> {
        let find = "SELECT min(d.at), d.num, s.deaths, max(d.id), s.id
            FROM stored_deliveries d JOIN stored_sagas s ON s.num = d.num
            WHERE d.unreadable IS NULL AND s.held = 0 AND s.saga IN (SELECT value FROM json_each(?1))
            GROUP BY d.num";
        let mut find = self.connection.prepare_cached(find)?;
        let mut rows = find.query([self.types])?;
        while let Some(row) = rows.next()? {
            let (last, id) = (DeliveryId(row.get::<_, i64>(3)?.cast_unsigned()), row.get_ref(4)?);
            let mut unreadable = self.wanted.unreadable.iter();
            if unreadable.any(|(saga, seen)| last <= *seen && id.as_str().is_ok_and(|id| id == saga.as_str()))
            {
                continue;
            }
            let since = Timestamp(row.get(0)?);
            candidates.push(Candidate { since, num: row.get(1)?, deaths: row.get(2)?, died: false });
        }
        Ok(())
    }

    fn next_wake(&self) -> Result<Option<Timestamp>, Error> {
        let find = "SELECT min(wake_at) FROM (SELECT wake_at FROM stored_sagas
            WHERE held = 0 AND wake_at > ?1 AND saga IN (SELECT value FROM json_each(?2))
            ORDER BY wake_at LIMIT 1)";
        let mut find = self.connection.prepare_cached(find)?;
        let next = find.query_row(params![self.now.0, self.types], |row| row.get::<_, Option<i64>>(0))?;
        Ok(next.map(Timestamp))
    }
}

/// Marks a saga as held.
fn take_one(connection: &Connection, seat: &mut Seat, candidate: &Candidate) -> Result<Taken, Error> {
    let num = candidate.num;
    let Listed { id: saga, mut status, last_row } = match look_at(connection, num)? {
        Ok(listed) => listed,
        Err(taken) => return Ok(taken),
    };
    let (last_row, was_listed) = match seat.dead.get(num) {
        Some(died) => (died.last_row, died.listed),
        None => (last_row, false),
    };
    let epoch = seat.epoch();
    status.deaths = candidate.deaths;
    let values = params![num, epoch.0.cast_signed(), candidate.deaths, last_row];
    one_row(connection, &CLAIM, values)?;
    // If its last append is in the tail of the table, that shows that it is held.
    let listed = was_listed || last_row < seat.tail;
    if listed && !was_listed {
        connection.prepare_cached(LIST)?.execute([num])?;
    }
    let next = next_seq(connection, num, last_row)?;
    let (durable_row, saved_row) = (last_row, last_row);
    let held = Held { saga: saga.clone(), num, next, last_row, durable_row, saved_row, listed };
    Ok(Taken::Claimed(Claim { saga, epoch, status }, held))
}

/// Counts the death of a saga that is not claimed now.
fn pass_over(connection: &Connection, seat: &mut Seat, candidate: &Candidate) -> Result<Taken, Error> {
    if let Some(died) = seat.dead.get(candidate.num) {
        if let Err(taken) = look_at(connection, candidate.num)? {
            return Ok(taken);
        }
        // A clock that goes back does not hide it: that time is no later than the one of its status.
        let values = params![candidate.num, candidate.deaths, died.since.0, died.last_row];
        one_row(connection, &PASS_OVER, values)?;
        seat.latest = seat.latest.max(died.since);
        connection.prepare_cached("DELETE FROM stored_claims WHERE num = ?1")?.execute([candidate.num])?;
    }
    Ok(Taken::Passed)
}

/// Returns the row of a candidate, or the result if it cannot be claimed.
fn look_at(connection: &Connection, num: i64) -> Result<Result<Listed, Taken>, Error> {
    let mut find = connection.prepare_cached(&status::find("num = ?1"))?;
    let mut rows = find.query([num])?;
    let Some(row) = rows.next()? else { return Ok(Err(Taken::Passed)) };
    Ok(status::read(row)?.map_err(Taken::Damaged))
}

/// Returns the number of the record after an append. After a damaged append there is none; the saga is still claimed,
/// which makes it a dead letter.
fn next_seq(connection: &Connection, num: i64, last_row: i64) -> Result<Seq, Error> {
    if last_row == 0 {
        return Ok(0);
    }
    let last = unless_damaged(Appends::of(connection, num)?.read(last_row))?;
    Ok(last.map_or(Seq::MAX, |last| last.link.next_seq()))
}
