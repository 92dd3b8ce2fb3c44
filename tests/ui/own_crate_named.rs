//! own: The crate goes by another name than `saga` (cannot find `saga` in the crate root), or than `crate = …` says.
//!
//! `crate = ::durable` in each `#[step(…)]` and `#[saga(…)]`, and `#[step_error(crate = …)]` and `#[saga_error(crate = …)]`, with the name that it has in `Cargo.toml`

use saga::prelude::*;

#[step(compensate = release(output), idempotent, crate = ::durable)]
async fn hold(client: &std::sync::Mutex<u64>, item: u64) -> Result<u64, Failure> {
    let _ = client;
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

fn main() {}
