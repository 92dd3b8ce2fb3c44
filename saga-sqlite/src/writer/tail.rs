//! The last appends of held sagas. Steps do not change the sagas' rows, so the tail of the table of appends has to show
//! the last append of each. This code keeps the tail short.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use saga_core::Epoch;

use super::append::{Batch, LIST, one_row};
use super::seat::Dead;
use crate::error::Error;
use crate::shared::{EpochHasher, Held};
use crate::status::{self, Died};
use crate::sum::{self, Sum};

static SAVE: LazyLock<String> = LazyLock::new(|| status::update(&[("last_row", "?2")]));

/// The last append of each saga, by its number.
type Ends = HashMap<i64, i64, BuildHasherDefault<EpochHasher>>;

impl Batch<'_> {
    /// Saves the last append of every held saga, once the tail of the table is long. Returns the new start of the tail.
    pub(super) fn save_tail(&mut self) -> Result<Option<i64>, Error> {
        let Some(seat) = self.seat.as_ref().filter(|seat| seat.next_row - seat.tail >= self.tail_max) else {
            return Ok(None);
        };
        let mut list = self.connection.prepare_cached(LIST)?;
        let tail = seat.next_row;
        let dead: Vec<(i64, i64)> = seat.dead.iter().map(|(num, died)| (num, died.last_row)).collect();
        for (num, last_row) in dead {
            if self.is_whole(num)? {
                one_row(self.connection, &SAVE, [num, last_row])?;
            }
            list.execute([num])?;
        }
        let unsaved = self.held().iter().filter(|(_, held)| !held.listed || held.saved_row != held.last_row);
        let unsaved: Vec<(Epoch, Held)> = unsaved.map(|(epoch, held)| (*epoch, held.clone())).collect();
        for (epoch, held) in unsaved {
            // A damaged row must not be overwritten: that would make it look valid.
            if self.is_whole(held.num)? {
                one_row(self.connection, &SAVE, [held.num, held.last_row])?;
            }
            list.execute([held.num])?;
            self.set(epoch, Some(Held { saved_row: held.last_row, listed: true, ..held }));
        }
        let update = "UPDATE stored_meta SET tail = ?1, sum = saga_sum(only, worker, ?1, last_num)";
        self.connection.prepare_cached(update)?.execute([tail])?;
        Ok(Some(tail))
    }
}

/// The state that earlier workers left.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// The sagas held when the last worker died: those listed, and those with appends in the tail.
    pub(super) dead: Dead,
    /// The numbers of the workers that held them.
    pub(super) workers: BTreeSet<i64>,
    /// The damaged items, each with its saga or row.
    pub(super) damaged: Vec<(String, String)>,
}

/// Finds the state that earlier workers left.
pub(super) fn left(connection: &Connection, tail: i64) -> Result<Left, Error> {
    let mut left = Left::default();
    let (mut ends, unknown) = ends(connection, tail)?;
    let listed = listed(connection)?;
    for num in &listed {
        ends.entry(*num).or_insert(0);
    }
    for append in unknown {
        let row = append.row();
        match append.owner(connection, &ends)? {
            // The damage is found again when that journal is read.
            Some(num) => drop(ends.entry(num).and_modify(|end| *end = row.max(*end)).or_insert(row)),
            None => {
                let why = "it is not as it was written, and its saga is not known".to_owned();
                left.damaged.push((format!("row {row} of the journals"), why));
            }
        }
    }
    let mut find = connection.prepare(&status::find("num = ?1 AND held = 1"))?;
    // In order, because neighbouring rows are found faster.
    for (num, last_row) in ends.into_iter().collect::<BTreeMap<_, _>>() {
        let mut rows = find.query([num])?;
        let Some(row) = rows.next()? else { continue };
        match status::died(row)? {
            Ok((died, worker)) => {
                let last_row = last_row.max(died.last_row);
                left.dead.insert(num, Died { last_row, listed: listed.contains(&num), ..died });
                left.workers.insert(worker);
            }
            Err(damaged) => left.damaged.push((format!("saga {}", damaged.saga), damaged.why)),
        }
    }
    Ok(left)
}

/// Returns the last append of each saga with appends from `tail` on, and the damaged appends.
fn ends(connection: &Connection, tail: i64) -> Result<(Ends, Vec<Unknown>), Error> {
    let (mut ends, mut unknown) = (Ends::default(), Vec::new());
    // The rows are in order, so the last one of each saga remains. This is faster than grouping in SQLite.
    let find =
        "SELECT id, num, seq, records, prev, at, body, sum FROM stored_appends WHERE id >= ?1 ORDER BY id";
    let mut find = connection.prepare(find)?;
    let mut rows = find.query([tail])?;
    while let Some(row) = rows.next()? {
        if sum::is_whole(row, 7)? {
            ends.insert(row.get(1)?, row.get(0)?);
        } else {
            unknown.push(Unknown::of(row)?);
        }
    }
    Ok((ends, unknown))
}

/// An append with a wrong checksum: its columns, as far as their types are right.
struct Unknown {
    /// `id`, `num`, `seq`, `records`, `prev` and `at`.
    numbers: [i64; 6],
    body: Vec<u8>,
    sum: i64,
}

impl Unknown {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let number = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_i64().unwrap_or_default());
        let mut numbers = [0; 6];
        for (column, value) in numbers.iter_mut().enumerate() {
            *value = number(column)?;
        }
        let body = row.get_ref(6)?.as_bytes().unwrap_or_default().to_vec();
        Ok(Self { numbers, body, sum: number(7)? })
    }

    fn row(&self) -> i64 {
        self.numbers[0]
    }

    /// Returns the saga that the append belongs to: the one with the number by which the checksum is right, or else the
    /// one that it names, if that exists. Otherwise it is the saga with the append that it points at.
    fn owner(&self, connection: &Connection, ends: &Ends) -> Result<Option<i64>, Error> {
        let [id, named, seq, records, prev, at] = self.numbers;
        let fits = |num: &i64| {
            let sum = Sum::new().numbers([id, *num, seq, records, prev, at]);
            sum.value(ValueRef::Text(&self.body)).finish() == self.sum
        };
        if let Some(num) = ends.keys().find(|num| fits(num)) {
            return Ok(Some(*num));
        }
        let find = "SELECT num FROM stored_sagas WHERE num = ?1
            UNION ALL SELECT num FROM stored_appends WHERE id = ?2 AND id <> ?3 LIMIT 1";
        let mut find = connection.prepare_cached(find)?;
        Ok(find.query_row([named, prev, id], |row| row.get(0)).optional()?)
    }
}

/// Returns the sagas listed as held. If the list is damaged, returns all held sagas, and repairs the list.
fn listed(connection: &Connection) -> Result<HashSet<i64>, Error> {
    let read = |sql: &str| -> Result<(HashSet<i64>, bool), Error> {
        let mut find = connection.prepare(sql)?;
        let mut rows = find.query([])?;
        let (mut nums, mut all_whole) = (HashSet::new(), true);
        while let Some(row) = rows.next()? {
            all_whole &= sum::is_whole(row, 1)?;
            nums.insert(row.get(0)?);
        }
        Ok((nums, all_whole))
    };
    let (nums, all_whole) = read("SELECT num, sum FROM stored_claims")?;
    if all_whole {
        return Ok(nums);
    }
    let (nums, _) = read("SELECT num, saga_sum(num) FROM stored_sagas WHERE held = 1")?;
    connection.execute("DELETE FROM stored_claims", [])?;
    for num in &nums {
        connection.prepare_cached(LIST)?.execute([num])?;
    }
    Ok(nums)
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

    /// A store that saves last appends very often, and writes only on the writer's thread. Every promise is checked
    /// against it.
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
        let record = Record::Scheduled {
            saga: "s".into(),
            version: 1,
            input: Payload::null(),
            deadline: None,
            key_namespace: None,
            session: None,
        };
        let entries = vec![Entry { seq, at: Timestamp(0), record }];
        let status = Status {
            saga: "s".into(),
            version: 1,
            phase: Phase::Running,
            wake_at: None,
            reasons: vec![],
            progress: 0,
            deaths: 0,
            undoable: saga_core::Undoable::No,
        };
        let status = epoch.is_none().then_some(status);
        Append {
            next: None,
            saga: SagaId::new(saga).unwrap(),
            epoch,
            entries,
            status,
            taken: vec![],
            release: false,
        }
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
            let sagas = vec!["s".into()];
            let wanted = Wanted {
                sagas,
                limit: 100,
                suspects: saga_core::store::Suspects::ONE,
                unreadable: vec![],
                only: None,
            };
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
