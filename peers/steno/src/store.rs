//! A `SecStore` on SQLite.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use async_trait::async_trait;
use harness::Error;
use rusqlite::{Connection, params};
use steno::{SagaCachedState, SagaCreateParams, SagaId, SagaNodeEvent, SecStore};
use tokio::sync::oneshot;

/// The maximum number of writes in one transaction.
const BATCH_MAX: usize = 1024;

/// The store: a file, and the thread that writes to it.
#[derive(Clone, Debug)]
pub struct Store {
    writes: Arc<Sender<(Write, oneshot::Sender<()>)>>,
}

/// A saga that has not ended.
#[derive(Debug)]
pub struct Open {
    /// Its id.
    pub id: SagaId,
    /// Its steps, as steno encoded them.
    pub dag: serde_json::Value,
    /// Its events so far.
    pub events: Vec<SagaNodeEvent>,
}

/// A write that steno asks for, already as text.
enum Write {
    Create { saga: String, params: String },
    Event { saga: String, event: String },
    State { saga: String, state: SagaCachedState },
}

impl Store {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn open(file: &Path) -> Result<Self, Error> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS sagas(
                 number INTEGER PRIMARY KEY, saga TEXT NOT NULL, params TEXT NOT NULL, is_done INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS events(
                 number INTEGER PRIMARY KEY, saga TEXT NOT NULL, event TEXT NOT NULL)",
        )?;
        let (writes, queue) = channel();
        std::thread::spawn(move || write_all(&connection, &queue));
        Ok(Self { writes: Arc::new(writes) })
    }

    /// Returns the sagas that have not ended, with their recorded events.
    ///
    /// # Errors
    /// Those of SQLite; also if the data is not steno's.
    pub fn unfinished(file: &Path) -> Result<Vec<Open>, Error> {
        let connection = Connection::open(file)?;
        let mut sagas = connection.prepare("SELECT saga, params FROM sagas WHERE is_done = 0")?;
        let mut events = connection.prepare("SELECT event FROM events WHERE saga = ?1 ORDER BY number")?;
        let mut found = Vec::new();
        for row in sagas.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
            let (saga, params) = row?;
            let params: SagaCreateParams = serde_json::from_str(&params)?;
            let mut open = Open { id: params.id, dag: params.dag, events: Vec::new() };
            for event in events.query_map([&saga], |row| row.get::<_, String>(0))? {
                open.events.push(serde_json::from_str(&event?)?);
            }
            found.push(open);
        }
        Ok(found)
    }

    /// Returns once the write is durable.
    async fn write(&self, write: Write) {
        let (done, is_done) = oneshot::channel();
        self.writes.send((write, done)).expect("the writer is there as long as the store");
        is_done.await.expect("the writer answers what it has written");
    }
}

/// Writes everything that waits as one transaction, until all senders are gone.
fn write_all(connection: &Connection, queue: &Receiver<(Write, oneshot::Sender<()>)>) {
    let mut numbers = HashMap::new();
    while let Ok(first) = queue.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(queue.try_iter().take(BATCH_MAX)).collect();
        // steno cannot be told that a write failed: "correct implementation is critical for crash recovery".
        commit(connection, &batch, &mut numbers).expect("the file can be written");
        for (_, done) in batch {
            // The caller may have gone.
            let _ignored = done.send(());
        }
    }
}

fn commit(
    connection: &Connection,
    batch: &[(Write, oneshot::Sender<()>)],
    numbers: &mut HashMap<String, i64>,
) -> Result<(), rusqlite::Error> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for (write, _) in batch {
        match write {
            Write::Create { saga, params } => {
                let sql = "INSERT INTO sagas(saga, params, is_done) VALUES (?1, ?2, 0)";
                connection.prepare_cached(sql)?.execute(params![saga, params])?;
                numbers.insert(saga.clone(), connection.last_insert_rowid());
            }
            Write::Event { saga, event } => {
                let sql = "INSERT INTO events(saga, event) VALUES (?1, ?2)";
                connection.prepare_cached(sql)?.execute(params![saga, event])?;
            }
            Write::State { saga, state } => {
                if matches!(state, SagaCachedState::Done) {
                    match numbers.remove(saga) {
                        Some(number) => connection
                            .prepare_cached("UPDATE sagas SET is_done = 1 WHERE number = ?1")?
                            .execute([number])?,
                        // The saga was created by an earlier process.
                        None => connection.execute("UPDATE sagas SET is_done = 1 WHERE saga = ?1", [saga])?,
                    };
                }
            }
        }
    }
    connection.execute_batch("COMMIT")
}

#[async_trait]
impl SecStore for Store {
    async fn saga_create(&self, params: SagaCreateParams) -> Result<(), anyhow::Error> {
        let (saga, params) = (params.id.to_string(), serde_json::to_string(&params)?);
        self.write(Write::Create { saga, params }).await;
        Ok(())
    }

    async fn record_event(&self, event: SagaNodeEvent) {
        let saga = event.saga_id.to_string();
        let event = serde_json::to_string(&event).expect("an event is data");
        self.write(Write::Event { saga, event }).await;
    }

    async fn saga_update(&self, id: SagaId, state: SagaCachedState) {
        self.write(Write::State { saga: id.to_string(), state }).await;
    }
}
