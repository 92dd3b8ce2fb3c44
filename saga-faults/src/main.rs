//! The program of the real faults: the harness, and, started by it, the workers.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    saga_faults::run(&words).await
}
