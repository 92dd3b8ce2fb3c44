//! A step, a saga and an error of each, without `crate = …`.

use durable::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize, durable::StepError)]
enum SeatError {
    #[error("no seats")]
    #[permanent]
    Full,
    #[error("busy")]
    #[transient(retry_after = wait)]
    Busy { wait: std::time::Duration },
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize, durable::SagaError)]
enum TripError {
    #[error("no seat")]
    Seat(#[source] StepFailure<SeatError>),
}

#[step(compensate = release(output, seats), probe = find(seats), retry(attempts = 2))]
async fn hold(client: &Client, key: &IdempotencyKey, seats: u32) -> Result<u32, SeatError> {
    client.hold(key, seats).await?;
    Ok(seats)
}

#[step(retriable)]
async fn release(key: &IdempotencyKey, held: u32, seats: u32) -> Result<(), Failure> {
    Ok(())
}

#[step(readonly)]
async fn find(seats: u32) -> Result<Probe<u32>, Failure> {
    Ok(Probe::NotHappened)
}

#[saga(version = 2, deadline = "1h")]
async fn trip(seats: u32) -> Result<u32, TripError> {
    let (first, ()) = all((hold(seats), sleep("1s"))).await?;
    let paid = signal::<bool>("paid").within("1h").await;
    let mut sum = first;
    #[bound(3)]
    while sum < 20 {
        sum += hold(seats).named("more").await?;
        hold(seats).await;
    }
    Ok(sum)
}

struct Client;

fn main() {}
