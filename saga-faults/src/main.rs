//! The program for real faults: the harness, and the workers that it starts.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    saga_faults::run().await
}
