#!/usr/bin/env bash
# sagashield: the recovery at the next start rolls back a session that was completed, because its end is in memory only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   sagashield 0.1.2"
echo "one thinks: a session that was completed is not one that dangles"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "trip"
edition = "2024"

[dependencies]
async-trait = "=0.1.92"
sagashield = "=0.1.2"
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }
uuid = { version = "1", features = ["v4"] }
END
cat >src/main.rs <<'END'
use std::sync::Arc;

use sagashield::{AgentKernel, KernelError, ToolContext, ToolOutput, ToolRegistry, TransactionalTool, Wal};
use serde_json::{Value, json};

struct Book(&'static str);

#[async_trait::async_trait]
impl TransactionalTool for Book {
    fn id(&self) -> &'static str {
        self.0
    }
    async fn execute(&self, _: &ToolContext, _: Value) -> Result<ToolOutput, KernelError> {
        println!("  {} is booked", self.0);
        Ok(ToolOutput::new(json!({})))
    }
    async fn compensate(&self, _: &ToolContext, _: Value, _: ToolOutput) -> Result<(), KernelError> {
        println!("  {} is cancelled", self.0);
        Ok(())
    }
}

fn kernel() -> Result<AgentKernel, KernelError> {
    let registry = ToolRegistry::new();
    registry.register(Arc::new(Book("flight")))?;
    registry.register(Arc::new(Book("hotel")))?;
    Ok(AgentKernel::new(Arc::new(Wal::open("wal.db")?), registry))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), KernelError> {
    println!("the first start");
    let mut first = kernel()?;
    first.begin_planning()?;
    for tool in ["flight", "hotel"] {
        first.begin_tool(tool)?;
        first.execute_tool(&uuid::Uuid::from_u128(1), tool, json!({}), None).await?;
    }
    first.complete()?;
    println!("  its state: {}", first.state());
    drop(first);

    println!("the next start");
    let next = kernel()?;
    let recovered = next.recover_dangling_sessions(next.registry()).await?;
    println!("  sessions recovered: {recovered}");
    Ok(())
}
END
cargo run --quiet 2>log | tee seen || { cat log; exit 1; }
diff - seen <<'END'
the first start
  flight is booked
  hotel is booked
  its state: Completed
the next start
  hotel is cancelled
  flight is cancelled
  sessions recovered: 1
END
echo "as described: the end of a session is in memory only; a step that succeeded counts as one that dangles"
