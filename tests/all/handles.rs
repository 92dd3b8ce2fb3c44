//! Handles of sagas that were begun by other code: with a type, and without one.
//!
//! Mutant seen to fail here: a handle of any type for a saga of any other.
#![allow(clippy::unwrap_used)]

use saga::prelude::*;
use saga::{LookError, Rollback};

#[step(readonly)]
async fn price(cents: u32) -> Result<u32, Failure> {
    if cents == 0 { Err(Failure::permanent("nothing is for free")) } else { Ok(cents) }
}

#[saga]
async fn order(cents: u32) -> Result<u32, Failure> {
    Ok(price(cents).await?)
}

#[saga]
async fn visit() -> Result<String, Failure> {
    Ok("hello".to_owned())
}

async fn started() -> Runtime {
    let builder = Runtime::builder(MemoryStore::new()).saga::<order>().saga::<visit>();
    builder.start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_saga_is_found_as_what_it_is_and_as_nothing_else() {
    let (runtime, id) = (started().await, SagaId::new("order-1").unwrap());
    assert!(runtime.find_as::<order>(&id).await.unwrap().is_none(), "it has not begun");
    runtime.run("order-1", order(300)).await.unwrap();
    let handle = runtime.find_as::<order>(&id).await.unwrap().unwrap();
    assert_eq!(handle.outcome().await.unwrap().completed(), Some(300));
    let refused = runtime.find_as::<visit>(&id).await.unwrap_err();
    assert!(matches!(refused, LookError::OtherType { .. }), "{refused}");
    assert_eq!(refused.to_string(), "saga order-1 is of type `order`, not `visit`");
}

#[tokio::test(start_paused = true)]
async fn an_outcome_without_a_type_has_the_values_as_they_are_recorded() {
    let runtime = started().await;
    runtime.run("done", order(300)).await.unwrap();
    runtime.run("failed", order(0)).await.unwrap();
    let found = async |id: &str| runtime.find(&SagaId::new(id).unwrap()).await.unwrap().unwrap();
    let output = found("done").await.outcome().await.unwrap().completed().unwrap();
    assert_eq!(output.shown().to_string(), "300");
    match found("failed").await.outcome().await.unwrap() {
        Outcome::RolledBack { error: Some(error), rollback: Rollback::None, .. } => {
            assert!(error.shown().to_string().contains("nothing is for free"), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
}
