//! A desk for tests of servers: tools with all that may go wrong, and a log of effects beside the database.
//!
//! `desk --db FILE [--session ID | --session-by meta | --session-by argument] [--http ADDR] [--token T] [--patience MS] [--panic]`

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use saga::prelude::*;
use saga::tools::Toolbox;
use saga_mcp::{META_SESSION, Named, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// The world outside: a file to which each effect adds a line.
struct World {
    log: String,
}

impl World {
    fn does(&self, what: &str, key: &IdempotencyKey) -> Result<(), Failure> {
        let mut log = OpenOptions::new().create(true).append(true).open(&self.log).transient()?;
        // In one write: the process may be killed at any time.
        log.write_all(format!("{what} {key}\n").as_bytes()).transient()?;
        Ok(())
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Held {
    seat: String,
    guest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Holds a seat for a guest.
#[step(tool, compensate = free(seat, key), identity(seat), leaves = "a fee of 2 euros", undo_within = "7d")]
async fn hold(world: &World, key: &IdempotencyKey, seat: String, guest: String) -> Result<Held, Failure> {
    if seat == "none" {
        return Err(Failure::permanent("there is no such seat"));
    }
    world.does(&format!("hold {seat}"), key)?;
    Ok(Held { seat, guest, note: None })
}

/// Holds a seat, and takes its time: the effect is there before that.
#[step(tool, compensate = free(seat, key), identity(seat))]
async fn hold_slowly(world: &World, key: &IdempotencyKey, seat: String, ms: u64) -> Result<String, Failure> {
    world.does(&format!("hold {seat}"), key)?;
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Ok(seat)
}

/// Fails for a moment.
#[step(tool, compensate = free(seat, key))]
async fn hold_unsteadily(_key: &IdempotencyKey, seat: String) -> Result<String, Failure> {
    Err(Failure::transient(format!("the line to seat {seat} is bad")))
}

#[step(retriable, idempotent)]
async fn free(world: &World, seat: String, held: IdempotencyKey) -> Result<(), Failure> {
    world.does(&format!("free {seat}"), &held)
}

/// Doubles a number.
#[step(tool, readonly)]
async fn double(n: u32) -> Result<u64, Failure> {
    Ok(u64::from(n) * 2)
}

/// Says what it was given.
#[step(tool, readonly)]
async fn echo(value: serde_json::Value) -> Result<serde_json::Value, Failure> {
    Ok(value)
}

/// Panics.
#[step(tool, readonly)]
async fn panic() -> Result<(), Failure> {
    panic!("a step of a test")
}

/// A value that cannot be recorded: writing it panics, outside of any step.
#[derive(Debug, Deserialize, JsonSchema)]
struct Odd(#[allow(dead_code)] String);

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a value of a test")
    }
}

/// Takes what panics before it is recorded.
#[step(tool, readonly)]
async fn odd(value: Odd) -> Result<(), Failure> {
    drop(value);
    Ok(())
}

fn argument(word: &str) -> Option<String> {
    let mut words = std::env::args();
    words.find(|it| it == word)?;
    words.next()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let db = argument("--db").ok_or("--db FILE is missing")?;
    let named = match (argument("--session"), argument("--session-by").as_deref()) {
        (Some(id), _) => Named::Fixed(id.into()),
        (None, Some("meta")) => Named::Meta(META_SESSION.into()),
        (None, Some("argument")) => Named::Argument,
        (None, _) => Named::Process,
    };
    let tools = Toolbox::new()
        .offer::<hold>()
        .offer::<hold_slowly>()
        .offer::<hold_unsteadily>()
        .offer::<double>()
        .offer::<echo>()
        .offer::<panic>()
        .offer::<odd>();
    let runtime = Runtime::builder(SqliteStore::open(&db)?)
        .resource(World { log: format!("{db}.log") })
        .tools(&tools)
        .wait_for_worker(Duration::from_secs(10))
        .start()
        .await?;
    let mut server = Server::new(runtime, tools).session(named).info("desk", "1");
    if let Some(ms) = argument("--patience") {
        server = server.patience(Duration::from_millis(ms.parse()?));
    }
    if let Some(token) = argument("--token") {
        server = server.token(token);
    }
    if std::env::args().any(|word| word == "--panic") {
        server = server.terms(|_| panic!("the terms of a test"));
    }
    let Some(addr) = argument("--http") else { return Ok(server.serve_stdio().await?) };
    let listener = tokio::net::TcpListener::bind(addr).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    Ok(server.serve_on(listener).await?)
}
