//! Where running sagas end. Their rows are not touched by their steps, so the end of the table of appends has to say
//! how far they got; that this stays short is seen to here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::BuildHasherDefault;

use rusqlite::{Connection, OptionalExtension, params};
use saga_core::{Epoch, Seq, Timestamp};

use super::append::Batch;
use super::seat::{Dead, Died};
use crate::error::Error;
use crate::shared::{EpochHasher, Held};

impl Batch<'_> {
    /// When the end of the table has grown long, writes down the ends of all that is held, and gives where it begins
    /// now.
    pub(super) fn save_tail(&mut self) -> Result<Option<i64>, Error> {
        let Some(seat) = self.seat.as_ref().filter(|seat| seat.next_row - seat.tail >= self.tail_max) else {
            return Ok(None);
        };
        let mut save =
            self.connection.prepare_cached("UPDATE stored_sagas SET last_row = ?2 WHERE num = ?1")?;
        let mut list =
            self.connection.prepare_cached("INSERT OR IGNORE INTO stored_claims (num) VALUES (?1)")?;
        for (num, died) in seat.dead.iter() {
            save.execute([num, died.last_row])?;
            list.execute([num])?;
        }
        let tail = seat.next_row;
        let unsaved = self.held().iter().filter(|(_, held)| !held.listed || held.saved_row != held.last_row);
        let unsaved: Vec<(Epoch, Held)> = unsaved.map(|(epoch, held)| (*epoch, held.clone())).collect();
        for (epoch, held) in unsaved {
            save.execute([held.num, held.last_row])?;
            list.execute([held.num])?;
            self.set(epoch, Some(Held { saved_row: held.last_row, listed: true, ..held }));
        }
        self.connection.prepare_cached("UPDATE stored_meta SET tail = ?1")?.execute([tail])?;
        Ok(Some(tail))
    }
}

/// Finds what was held when the last worker died, what is listed and what wrote at the end of the table; and the numbers
/// of the workers that held it.
pub(super) fn dead(connection: &Connection, tail: i64) -> Result<(Dead, BTreeSet<i64>), Error> {
    let mut last_rows: HashMap<i64, i64, BuildHasherDefault<EpochHasher>> = HashMap::default();
    // In order, so that the last of each saga is what stays: quicker than to have SQLite group them.
    let mut ends = connection.prepare("SELECT num, id FROM stored_appends WHERE id >= ?1 ORDER BY id")?;
    let mut ends = ends.query([tail])?;
    while let Some(end) = ends.next()? {
        last_rows.insert(end.get(0)?, end.get(1)?);
    }
    let mut listed = connection.prepare("SELECT num FROM stored_claims")?;
    let mut listed = listed.query([])?;
    let mut are_listed = HashSet::new();
    while let Some(num) = listed.next()? {
        let num = num.get(0)?;
        last_rows.entry(num).or_insert(0);
        are_listed.insert(num);
    }
    let find = "SELECT saga, deaths, updated_at, last_row, epoch >> 40 FROM stored_sagas
        WHERE num = ?1 AND held = 1";
    let mut find = connection.prepare(find)?;
    let (mut dead, mut workers) = (Dead::default(), BTreeSet::new());
    // In order, because neighbours are found sooner.
    for (num, last_row) in last_rows.into_iter().collect::<BTreeMap<_, _>>() {
        let died = find.query_row([num], |row| {
            let (since, saved) = (Timestamp(row.get(2)?), row.get::<_, i64>(3)?);
            let (last_row, listed) = (last_row.max(saved), are_listed.contains(&num));
            let died = Died { saga: row.get(0)?, deaths: row.get(1)?, since, last_row, listed };
            Ok((died, row.get::<_, i64>(4)?))
        });
        if let Some((died, worker)) = died.optional()? {
            dead.insert(num, died);
            workers.insert(worker);
        }
    }
    Ok((dead, workers))
}

/// The sequence number that follows on an append.
pub(super) fn next_seq(connection: &Connection, last_row: i64) -> Result<Seq, Error> {
    let find = "SELECT seq + json_array_length(body) FROM stored_appends WHERE id = ?1";
    let next = connection.prepare_cached(find)?.query_row(params![last_row], |row| row.get::<_, i64>(0));
    Ok(next.optional()?.map_or(0, i64::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use saga_core::conformance::{Factory, Place, block_on};
    use saga_core::store::{Append, Status, Store, Wanted, WorkerId};
    use saga_core::{Entry, Epoch, Payload, Phase, Record, SagaId, Seq, Timestamp};

    use crate::Options;

    /// The ends of running sagas are written down again and again, and all is written by the writer's thread, so that
    /// every promise meets that.
    struct Impatient;

    #[async_trait::async_trait]
    impl Factory for Impatient {
        async fn place(&self) -> Box<dyn Place> {
            let dir = tempfile::tempdir().unwrap();
            Box::new(File(dir.path().join("sagas.db"), dir))
        }
    }

    struct File(PathBuf, #[allow(dead_code, reason = "the directory goes with it")] tempfile::TempDir);

    #[async_trait::async_trait]
    impl Place for File {
        async fn open(&self) -> Arc<dyn Store> {
            let options = Options { tail_max: 3, in_place: false, ..Options::default() };
            Arc::new(options.open(&self.0).unwrap())
        }

        fn takes_many_workers(&self) -> bool {
            false
        }
    }

    saga_core::conformance_tests!(Impatient);

    fn append(saga: &str, epoch: Option<Epoch>, seq: Seq) -> Append {
        let record =
            Record::Scheduled { saga: "s".into(), version: 1, input: Payload::null(), deadline: None };
        let entries = vec![Entry { seq, at: Timestamp(0), record }];
        let status = Status {
            saga: "s".into(),
            version: 1,
            phase: Phase::Running,
            wake_at: None,
            reasons: vec![],
            progress: 0,
            deaths: 0,
            undoable_until: None,
        };
        let status = epoch.is_none().then_some(status);
        Append { saga: SagaId::new(saga).unwrap(), epoch, entries, status, taken: vec![], release: false }
    }

    async fn write(store: &dyn Store, worker: WorkerId, append: Append) -> Epoch {
        let answers = store.commit(worker, &[append], Timestamp(0)).await.unwrap();
        *answers[0].as_ref().unwrap()
    }

    #[test]
    fn what_nobody_claims_after_a_death_is_not_forgotten_when_the_table_grows() {
        block_on(async {
            let place = Impatient.place().await;
            let open = async |name| {
                let store = place.open().await;
                let worker = store.join(name, Duration::from_secs(1), Timestamp(0)).await.unwrap();
                (store, worker)
            };
            let (store, worker) = open("first").await;
            for n in 0..4 {
                let saga = format!("old-{n}");
                let epoch = write(&*store, worker, append(&saga, None, 0)).await;
                for seq in 1..=n {
                    write(&*store, worker, append(&saga, Some(epoch), seq)).await;
                }
            }
            drop(store);
            for name in ["second", "third"] {
                let (store, worker) = open(name).await;
                for n in 0..10 {
                    write(&*store, worker, append(&format!("{name}-{n}"), None, 0)).await;
                }
            }
            let (store, worker) = open("fourth").await;
            let wanted = Wanted { sagas: vec!["s".into()], limit: 100, quarantined: true };
            let claims = store.claim(worker, &wanted, Timestamp(0)).await.unwrap();
            assert_eq!(claims.claimed.len(), 24);
            for n in 0..4 {
                let saga = format!("old-{n}");
                let claim = claims.claimed.iter().find(|c| c.saga.as_str() == saga).unwrap();
                assert_eq!(claim.status.deaths, 1, "of {saga}: nobody had claimed it since the first death");
                assert_eq!(store.load(&claim.saga, 0, 9).await.unwrap().len() as Seq, n + 1);
                write(&*store, worker, append(&saga, Some(claim.epoch), n + 1)).await;
            }
        });
    }
}
