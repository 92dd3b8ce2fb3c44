use saga::prelude::*;

#[step(compensate = release(output), idempotent)]
async fn hold(item: u64) -> Result<u64, Failure> {
    Ok(item)
}

#[step(retriable, idempotent)]
async fn release(item: u64) -> Result<(), Failure> {
    let _ = item;
    Ok(())
}

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize, SagaError)]
enum TripError {
    #[error("not approved")]
    Approval(ApprovalFailure),
}

#[saga]
async fn trip(items: Vec<u64>) -> Result<u64, TripError> {
    Ok(hold(items.len() as u64).await?)
}

fn main() {}
