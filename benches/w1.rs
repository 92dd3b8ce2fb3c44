//! Workload W1: a saga of five steps, each giving 100 bytes, each durable before the next begins. Beside it, in turn
//! and in the same run, the bare loop that writes the same payloads to SQLite in groups, with the same six dependent
//! commits a saga, append-only and in rowid order, without an engine. Ratios of one run, medians of its rounds.
//!
//! `cargo xtask bench w1 [--json]`. Criterion and its like measure one thing after the other; the disk drifts more
//! between two such measurements than what is to be seen, so the rounds are interleaved here.
#![allow(clippy::disallowed_methods, reason = "a benchmark looks at the real clock")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use saga::prelude::*;
use saga::{MemoryStore, SqliteStore, store::Store};

/// How many rounds each side has.
const ROUNDS: usize = 5;
/// How long one round of one side lasts.
const ROUND: Duration = Duration::from_millis(1500);
/// Steps of a saga.
const STEPS: u64 = 5;
/// Dependent commits of a saga: its start with the first intent, each outcome with the next, the last with the end.
const COMMITS: i64 = 6;
/// What a step gives.
const PAYLOAD: &str =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

/// Gives 100 bytes.
#[step(compensate = take(n), idempotent)]
async fn give(n: u32) -> Result<String, Failure> {
    if n == u32::MAX {
        return Err(Failure::permanent("no more"));
    }
    Ok(PAYLOAD.to_owned())
}

/// Takes them back.
#[step(retriable, idempotent)]
async fn take(_n: u32) -> Result<(), Failure> {
    Ok(())
}

/// Five steps.
#[saga(version = 1)]
async fn five(n: u32) -> Result<(), Failure> {
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args().any(|arg| arg == "--json");
    let folder = std::env::temp_dir().join(format!("saga-w1-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let figures = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    for figure in figures? {
        println!("{}", if json { figure.json() } else { figure.text() });
    }
    if !json {
        println!(
            "\nengine: WAL, synchronous=FULL, every step durable before the next; bare loop: the same, the same"
        );
        println!(
            "six dependent commits a saga, payloads alone; in memory: nothing is durable, the store keeps all."
        );
    }
    Ok(())
}

/// One line of the result.
struct Figure {
    bench: &'static str,
    concurrency: usize,
    steps_per_s: f64,
    limit_steps_per_s: Option<f64>,
}

impl Figure {
    fn json(&self) -> String {
        let Figure { bench, concurrency, steps_per_s, .. } = self;
        let head =
            format!("{{\"bench\":\"{bench}\",\"concurrency\":{concurrency},\"steps_per_s\":{steps_per_s:.0}");
        match self.limit_steps_per_s {
            Some(limit) => {
                format!("{head},\"limit_steps_per_s\":{limit:.0},\"ratio\":{:.3}}}", steps_per_s / limit)
            }
            None => format!("{head},\"us_per_step\":{:.2}}}", 1e6 / steps_per_s),
        }
    }

    fn text(&self) -> String {
        let Figure { bench, concurrency, steps_per_s, .. } = self;
        let head = format!("{bench:<10} {concurrency:>5} at once  {steps_per_s:>9.0} steps/s");
        match self.limit_steps_per_s {
            Some(limit) => format!("{head}  bare loop {limit:>9.0}  ratio {:.2}", steps_per_s / limit),
            None => format!("{head}  {:.2} µs a step", 1e6 / steps_per_s),
        }
    }
}

fn measure(folder: &Path) -> Result<Vec<Figure>, Box<dyn Error>> {
    let mut figures = Vec::new();
    let one_thread = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    for concurrency in [1, 64, 256, 1024] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(one_thread.block_on(engine(Arc::new(MemoryStore::new()), concurrency, Some(400)))?);
        }
        let steps_per_s = median(&mut rounds);
        figures.push(Figure { bench: "w1-memory", concurrency, steps_per_s, limit_steps_per_s: None });
    }
    for concurrency in [1, 64, 256, 1024] {
        let (mut ours, mut limits) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let db = |side: &str| folder.join(format!("{side}-{concurrency}-{round}.db"));
            let store = Arc::new(SqliteStore::open(db("engine"))?);
            ours.push(one_thread.block_on(engine(store, concurrency, None))?);
            limits.push(bare(db("bare"), concurrency)?);
        }
        figures.push(Figure {
            bench: "w1-sqlite",
            concurrency,
            steps_per_s: median(&mut ours),
            limit_steps_per_s: Some(median(&mut limits)),
        });
    }
    Ok(figures)
}

fn median(rounds: &mut [f64]) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

/// Runs sagas for a round (or so many each); gives steps per second.
async fn engine(
    store: Arc<dyn Store>,
    concurrency: usize,
    sagas: Option<usize>,
) -> Result<f64, Box<dyn Error>> {
    let runtime = Runtime::builder_shared(store).saga::<five>().start().await?;
    let start = Instant::now();
    let clients: Vec<_> = (0..concurrency)
        .map(|client| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                let mut done = 0;
                let more = |done: usize| match sagas {
                    Some(sagas) => done < (sagas * 8).div_ceil(concurrency).max(4),
                    None => start.elapsed() < ROUND,
                };
                while more(done) {
                    let id = format!("saga-{}", client + done * concurrency);
                    let handle = runtime.run(id.as_str(), five(7)).await.expect("the saga is started");
                    let outcome = handle.outcome().await.expect("the saga can be looked at");
                    assert!(outcome.is_completed());
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for client in clients {
        done += client.await?;
    }
    let seconds = start.elapsed().as_secs_f64();
    runtime.shutdown().await;
    Ok(done as f64 * STEPS as f64 / seconds)
}

/// Writes the payloads alone, as fast as SQLite can: `concurrency` rows a transaction, six transactions a saga.
fn bare(db: PathBuf, concurrency: usize) -> Result<f64, Box<dyn Error>> {
    let connection = rusqlite::Connection::open(db)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch(
        "CREATE TABLE journal(id INTEGER PRIMARY KEY, saga INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL)",
    )?;
    let mut insert = connection.prepare("INSERT INTO journal(saga, seq, body) VALUES (?1, ?2, ?3)")?;
    let (mut saga, mut sagas) = (0, 0);
    let start = Instant::now();
    while start.elapsed() < ROUND {
        for seq in 0..COMMITS {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for row in 0..concurrency as i64 {
                insert.execute(rusqlite::params![saga + row, seq, PAYLOAD])?;
            }
            connection.execute_batch("COMMIT")?;
        }
        saga += concurrency as i64;
        sagas += concurrency;
    }
    Ok(sagas as f64 * STEPS as f64 / start.elapsed().as_secs_f64())
}
