//! The macros in a crate that has ours under another name in its `Cargo.toml`: each of the four has a `crate = …`.
#![deny(missing_docs, unused_qualifications, warnings, clippy::pedantic)]

use durable::prelude::*;
use durable::{ChildFailure, SagaError, StepError};
use serde::{Deserialize, Serialize};

/// What goes wrong with a seat.
#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
#[step_error(crate = durable)]
pub enum SeatError {
    /// For good.
    #[error("no seats")]
    #[permanent]
    Full,
    /// For now.
    #[error("busy")]
    #[transient(retry_after = wait)]
    Busy {
        /// The wait that the service asks for.
        wait: std::time::Duration,
    },
}

/// What goes wrong with a trip.
#[derive(Debug, thiserror::Error, Serialize, Deserialize, SagaError)]
#[saga_error(crate = durable)]
pub enum TripError {
    /// A seat.
    #[error("no seat")]
    Seat(#[source] StepFailure<SeatError>),
    /// A trip within.
    #[error("no trip")]
    Within(#[source] ChildFailure<Failure>),
}

/// Holds seats.
#[step(compensate = release(output, seats), idempotent, retry(attempts = 2), timeout = "5s", crate = durable)]
pub async fn hold(seats: u32, #[serde(default)] row: Option<u32>) -> Result<u32, SeatError> {
    if seats > 9 { Err(SeatError::Full) } else { Ok(seats + row.unwrap_or_default()) }
}

/// Lets them go.
#[step(retriable, crate = durable)]
pub async fn release(key: &IdempotencyKey, held: u32, seats: u32) -> Result<(), Failure> {
    let _ = (key, held, seats);
    Ok(())
}

/// Charges. Nothing takes it back.
#[step(irreversible, retriable, idempotent, crate = durable)]
pub async fn charge(amount: u32) -> Result<u32, Failure> {
    Ok(amount)
}

/// A trip within another.
#[saga(undoable, crate = durable)]
pub async fn within(seats: u32) -> Result<u32, Failure> {
    match hold(seats, None).await {
        Ok(held) => Ok(held),
        Err(failure) => Err(Failure::permanent(failure.to_string())),
    }
}

/// A trip.
#[saga(version = 2, deadline = "1h", crate = durable)]
pub async fn trip(seats: u32) -> Result<u32, TripError> {
    let (first, ()) = all((hold(seats, Some(1)), sleep("1s"))).await?;
    let mut sum = first + within(seats).await?;
    #[bound(3)]
    while sum < 20 {
        sum += hold(seats, None).named("more").await?;
    }
    let charged = charge(sum).await;
    Ok(charged)
}

#[cfg(test)]
mod tests {
    use durable::test::TestRuntime;

    use super::*;

    #[test]
    fn what_is_written_names_the_crate_by_its_name_here() {
        durable::test::in_virtual_time(async {
            let runtime = TestRuntime::start(durable::Builder::saga::<trip>).await.expect("it starts");
            let handle = runtime.run("a", trip(4)).await.expect("it is started");
            runtime.pass(std::time::Duration::from_secs(2)).await;
            assert_eq!(handle.outcome().await.expect("it ends").completed(), Some(21));
            let state = handle.state().await.expect("it can be looked at");
            assert!(matches!(state, TripState::Completed(21)), "{state:?}");
        });
    }
}
