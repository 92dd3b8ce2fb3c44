//! Workload W1 on DBOS Transact for Rust, on PostgreSQL. Each saga is started by the process that runs it.

use dbos::{DBOS, RunOptions, WorkflowRef, step};
use harness::Error;
use harness::w1::{self, Name, Subject};
use peer_dbos::{Postgres, engine};

struct Dbos {
    engine: DBOS,
    five: WorkflowRef<u32, (), dbos::EngineOnly>,
    round: usize,
}

/// Five steps, each with its undo.
async fn five(_n: u32) -> dbos::Result<()> {
    let mut done: Vec<String> = Vec::new();
    for _ in 0..w1::STEPS {
        match step("give", async || dbos::Result::Ok(w1::give())).await {
            Ok(given) => done.push(given),
            Err(error) => {
                for _ in done.into_iter().rev() {
                    step("take", async || dbos::Result::Ok(())).await?;
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

impl Subject for Dbos {
    async fn saga(&self, id: String) -> Result<(), Error> {
        // Ids must differ between rounds.
        let id = format!("{}-{id}", self.round);
        let options = RunOptions { workflow_id: Some(&id), ..RunOptions::default() };
        self.five.run_with(7, options).await?;
        Ok(())
    }

    async fn stop(&self) {
        self.engine.shutdown().await;
    }
}

fn main() -> Result<(), Error> {
    // On the main thread: the server stops when the thread that started it ends.
    let server = Postgres::start()?;
    let name = Name {
        peer: format!("dbos {}", harness::lock::version(include_str!("../../Cargo.lock"), "dbos")),
        durability: server.durability().into(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(w1::measure(async |_, round| {
        let engine = engine(&server.url());
        let five = engine.register_workflow("five", five)?;
        engine.launch().await?;
        Ok((Dbos { engine, five, round }, name.clone()))
    }))
}
