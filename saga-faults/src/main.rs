//! The program for real faults: the harness, and the workers that it starts.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    saga_faults::run(&words).await
}
