//! The sagas that are run: five steps of 100 bytes; the same with a fifth step that fails.

use saga::prelude::*;

/// Steps of a saga.
pub(crate) const STEPS: u64 = 5;
/// Dependent commits of W1: its start with the first intent, each outcome with the next, the last with the end.
pub(crate) const COMMITS: i64 = 6;
/// Dependent commits of W2: as W1 up to the fourth outcome; the failure with the first compensation's intent; each
/// compensation with the next, the last with the end.
pub(crate) const COMMITS_W2: i64 = 10;
/// What a step gives.
pub(crate) const PAYLOAD: &str =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
/// The input with which a step fails.
const FAILS: u32 = u32::MAX;

/// Gives 100 bytes.
#[step(compensate = take(n), idempotent)]
pub(crate) async fn give(n: u32) -> Result<String, Failure> {
    if n == FAILS {
        return Err(Failure::permanent("no more"));
    }
    Ok(PAYLOAD.to_owned())
}

/// Takes them back.
#[step(retriable, idempotent)]
pub(crate) async fn take(_n: u32) -> Result<(), Failure> {
    Ok(())
}

/// W1: five steps.
#[saga(version = 1)]
pub(crate) async fn five(n: u32) -> Result<(), Failure> {
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    Ok(())
}

/// W2: four steps, and a fifth that fails.
#[saga(version = 1)]
pub(crate) async fn four_and_back(n: u32) -> Result<(), Failure> {
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(n).await?;
    give(FAILS).await?;
    Ok(())
}
