//! The worker's part of a plan: starts each saga, and reports to the ledger when it is durable and when it has ended. A
//! worker reports again after a death, which lets the ledger detect the loss of anything acknowledged.

use std::sync::Arc;
use std::time::Duration;

use saga::prelude::*;
use saga::store::StoreError;
use saga::{Builder, LookError, RunError, Saga, SagaCall};

use crate::ledger::{Ended, Request};
use crate::plan::{Planned, Shape};
use crate::sagas::{errand, fan, form, journey, parcel, purchase, request, tour};
use crate::world::World;

/// The pause before asking again.
const AGAIN: Duration = Duration::from_millis(20);

/// Registers all sagas, and the world.
pub(crate) fn signed_on(builder: Builder, world: Arc<World>) -> Builder {
    let builder = builder.shared_resource::<World>(world).linger(Duration::from_millis(10));
    let builder = builder.saga::<journey>().saga::<purchase>().saga::<fan>().saga::<parcel>();
    builder.saga::<form>().saga::<tour>().saga::<request>().saga::<errand>()
}

/// Drives a saga to its end. An error is one that no caller should ever get.
pub(crate) async fn follow(runtime: Runtime, planned: Planned, world: Arc<World>) -> Result<(), String> {
    let Planned { id, shape, order } = planned;
    match shape {
        Shape::Journey => see(&runtime, &id, || journey(order.clone()), &world).await,
        Shape::Purchase => see(&runtime, &id, || purchase(order.clone()), &world).await,
        Shape::Fan => see(&runtime, &id, || fan(order.clone()), &world).await,
        Shape::Parcel => see(&runtime, &id, || parcel(order.clone()), &world).await,
        Shape::Form => see(&runtime, &id, || form(order.clone()), &world).await,
        Shape::Tour => see(&runtime, &id, || tour(order.clone()), &world).await,
        Shape::Request => see(&runtime, &id, || request(order.clone()), &world).await,
        Shape::Errand => see(&runtime, &id, || errand(order.clone()), &world).await,
    }
}

async fn see<S: Saga>(
    runtime: &Runtime,
    id: &str,
    call: impl Fn() -> SagaCall<S>,
    world: &World,
) -> Result<(), String> {
    let saga = || id.to_owned();
    let handle = loop {
        match runtime.run(id, call()).await {
            Ok(handle) => break handle,
            Err(RunError::Store(error)) if may_pass(&error) => tokio::time::sleep(AGAIN).await,
            Err(error) => return Err(format!("{id} cannot be run: {error}")),
        }
    };
    let at_ms = loop {
        match handle.began_at().await {
            Ok(at) => break at.0,
            Err(LookError::Store(error)) if may_pass(&error) => tokio::time::sleep(AGAIN).await,
            Err(error) => return Err(format!("{id} cannot be looked at: {error}")),
        }
    };
    world.ask(Request::Began { saga: saga(), at_ms }).await;
    let how = loop {
        match handle.outcome().await {
            Ok(Outcome::Completed { .. }) => break Ended::Completed,
            Ok(Outcome::RolledBack { rollback, .. }) => break Ended::RolledBack(rollback),
            // An operator resolves it.
            Ok(Outcome::DeadLettered(_)) => tokio::time::sleep(AGAIN).await,
            Ok(other) => return Err(format!("{id} ended as nobody asked for: {other}")),
            Err(LookError::Store(error)) if may_pass(&error) => tokio::time::sleep(AGAIN).await,
            Err(error) => return Err(format!("{id} cannot be looked at: {error}")),
        }
    };
    world.ask(Request::Ended { saga: saga(), how }).await;
    Ok(())
}

/// Returns true if a retry may succeed.
fn may_pass(error: &StoreError) -> bool {
    error.is_transient()
}
