//! The desk of a theatre as an MCP server: an agent holds seats, and all that it did can be undone.
//!
//! ```sh
//! cargo run -p saga-mcp --example mcp_server -- --db desk.db                       # a session for this process
//! cargo run -p saga-mcp --example mcp_server -- --db desk.db --session ticket-9    # the same session each time
//! cargo run -p saga-mcp --example mcp_server -- --db desk.db --session-by meta     # the host names sessions in `_meta`
//! cargo run -p saga-mcp --example mcp_server -- --db desk.db --session-by argument # the model passes `session`
//! cargo run -p saga-mcp --example mcp_server -- --db desk.db --http 127.0.0.1:8700 # over HTTP
//! ```

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use saga::prelude::*;
use saga::tools::Toolbox;
use saga_mcp::{META_SESSION, Named, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The theatre's own database: a row for each seat that is held.
struct Theatre(Mutex<Connection>);

/// The seats that there are.
const SEATS: [&str; 6] = ["12A", "12B", "12C", "14A", "14B", "14C"];

impl Theatre {
    fn open(path: &str) -> rusqlite::Result<Self> {
        let db = Connection::open(path)?;
        db.busy_timeout(Duration::from_secs(5))?;
        db.execute(
            "create table if not exists held (seat text primary key, guest text not null, key text not null)",
            [],
        )?;
        Ok(Self(Mutex::new(db)))
    }

    /// Holds a seat under a key: a second time with the same key it does nothing.
    fn hold(&self, seat: &str, guest: &str, key: &IdempotencyKey) -> Result<(), DeskError> {
        if !SEATS.contains(&seat) {
            return Err(DeskError::NoSeat { seat: seat.to_owned() });
        }
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let insert = "insert into held values (?1, ?2, ?3) on conflict do nothing";
        db.execute(insert, params![seat, guest, key.as_str()])?;
        let holder = "select key from held where seat = ?1";
        let holder: Option<String> = db.query_row(holder, [seat], |row| row.get(0)).optional()?;
        match holder.as_deref() == Some(key.as_str()) {
            true => Ok(()),
            false => Err(DeskError::Taken { seat: seat.to_owned() }),
        }
    }

    fn release(&self, key: &IdempotencyKey) -> Result<(), DeskError> {
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        db.execute("delete from held where key = ?1", [key.as_str()])?;
        Ok(())
    }

    fn free(&self) -> Result<Vec<String>, DeskError> {
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = db.prepare("select seat from held")?;
        let held: Vec<String> = held.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(SEATS.iter().filter(|seat| !held.iter().any(|it| it == *seat)).map(ToString::to_string).collect())
    }
}

/// What goes wrong at the desk. A language model reads the text.
#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
enum DeskError {
    #[error("there is no seat {seat}; ask `free_seats`")]
    #[permanent]
    NoSeat { seat: String },
    #[error("seat {seat} is taken; ask `free_seats`")]
    #[permanent]
    Taken { seat: String },
    #[error("the theatre's database does not answer: {why}")]
    #[transient]
    Database { why: String },
}

impl From<rusqlite::Error> for DeskError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database { why: error.to_string() }
    }
}

/// A seat that is held.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Held {
    seat: String,
    guest: String,
}

/// Lists the seats that are free.
#[step(tool, readonly)]
async fn free_seats(theatre: &Theatre) -> Result<Vec<String>, DeskError> {
    theatre.free()
}

/// Holds a seat for a guest. Call it once for each seat.
#[step(
    tool,
    compensate = release_seat(key),
    identity(seat),
    retry(attempts = 4, backoff = "200ms..2s"),
    leaves = "the guest may have been told of the seat",
    undo_within = "7d"
)]
async fn hold_seat(
    theatre: &Theatre,
    key: &IdempotencyKey,
    /// The seat, such as "12A".
    seat: String,
    /// The guest's name.
    guest: String,
) -> Result<Held, DeskError> {
    theatre.hold(&seat, &guest, key)?;
    Ok(Held { seat, guest })
}

#[step(retriable, idempotent)]
async fn release_seat(theatre: &Theatre, held: IdempotencyKey) -> Result<(), DeskError> {
    theatre.release(&held)
}

/// Returns the value after a word on the command line.
fn argument(word: &str) -> Option<String> {
    let mut words = std::env::args();
    words.find(|it| it == word)?;
    words.next()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = argument("--db").unwrap_or_else(|| "desk.db".to_owned());
    let named = match (argument("--session"), argument("--session-by").as_deref()) {
        (Some(id), _) => Named::Fixed(id.into()),
        (None, Some("meta")) => Named::Meta(META_SESSION.into()),
        (None, Some("argument")) => Named::Argument,
        (None, _) => Named::Process,
    };
    let tools = Toolbox::new().offer::<free_seats>().offer::<hold_seat>();
    let runtime = Runtime::builder(SqliteStore::open(&db)?)
        .resource(Theatre::open(&format!("{db}.theatre"))?)
        .tools(&tools)
        // A host may start this process before the one before it has ended.
        .wait_for_worker(Duration::from_secs(10))
        .start()
        .await?;
    let server = Server::new(runtime, tools)
        .info("theatre-desk", "1.0.0")
        .instructions("Hold the seats that the guest asks for. Commit when the guest agrees; undo if the guest does not.")
        .session(named);
    match argument("--http") {
        Some(addr) => server.serve_http(addr).await?,
        None => server.serve_stdio().await?,
    }
    Ok(())
}
