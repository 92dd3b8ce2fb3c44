//! Sagas of every shape, as a user writes them. Their input determines where they sleep and fail.

use std::time::Duration;

use saga::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::answer::{Slip, WorldError};
use crate::steps::{book, charge, hold, keep, mail, reserve, set, stamp};

/// The input of every saga.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The lengths of its sleeps, in milliseconds.
    pub(crate) naps: [u64; 3],
    /// True if it fails in the end.
    pub(crate) gives_up: bool,
    /// The number of items in a loop or an `all`.
    pub(crate) count: u32,
}

impl Order {
    fn nap(&self, which: usize) -> Duration {
        Duration::from_millis(self.naps[which])
    }
}

/// The error of a saga.
#[derive(Clone, Debug, PartialEq, Error, Serialize, Deserialize, SagaError)]
pub(crate) enum Trouble {
    #[error("a step failed")]
    Step(#[source] StepFailure<WorldError>),
    #[error("a part failed")]
    Part(#[source] ChildFailure<PartTrouble>),
    #[error("not approved")]
    Approval(#[source] ApprovalFailure),
    #[error("no signal")]
    Late(#[source] Expired),
    #[error("it gives up")]
    GaveUp,
}

/// The error of a part.
#[derive(Clone, Debug, PartialEq, Error, Serialize, Deserialize, SagaError)]
pub(crate) enum PartTrouble {
    #[error("a step failed")]
    Step(#[source] StepFailure<WorldError>),
    #[error("it gives up")]
    GaveUp,
}

/// Steps in sequence, with sleeps between.
#[saga]
pub(crate) async fn journey(order: Order) -> Result<Slip, Trouble> {
    hold(1).await?;
    sleep(order.nap(0)).await;
    set(2).await?;
    sleep(order.nap(1)).await;
    book(3).await?;
    let last = keep(4).await;
    if order.gives_up {
        return Err(Trouble::GaveUp);
    }
    Ok(last)
}

/// Three steps at once, then an irreversible one.
#[saga]
pub(crate) async fn purchase(order: Order) -> Result<Slip, Trouble> {
    sleep(order.nap(0)).await;
    all((hold(1), book(2), reserve(3))).await?;
    sleep(order.nap(1)).await;
    if order.gives_up {
        return Err(Trouble::GaveUp);
    }
    let receipt = charge(4).await?;
    sleep(order.nap(2)).await;
    mail(5).await;
    Ok(receipt)
}

/// Many steps at once, two at a time; if one fails the saga continues without them.
#[saga]
pub(crate) async fn fan(order: Order) -> Result<u32, Trouble> {
    let given = all((0..order.count).map(|what| book(10 + what))).limit(2).await;
    sleep(order.nap(0)).await;
    let count = match given {
        Ok(slips) => u32::try_from(slips.len()).unwrap_or(0),
        Err(_some) => 0,
    };
    hold(9).await?;
    if order.gives_up {
        return Err(Trouble::GaveUp);
    }
    Ok(count)
}

/// A child of a larger saga.
#[saga(undoable)]
pub(crate) async fn part(order: Order) -> Result<Slip, PartTrouble> {
    hold(1).await?;
    sleep(order.nap(1)).await;
    let slip = set(2).await?;
    if order.gives_up {
        return Err(PartTrouble::GaveUp);
    }
    Ok(slip)
}

/// A saga with a child that may fail; the child is then undone, and the saga continues without it.
#[saga]
pub(crate) async fn parcel(order: Order) -> Result<Slip, Trouble> {
    hold(1).await?;
    match part(order.clone()).await {
        Ok(_slip) => {}
        Err(ChildFailure(_why)) => {
            keep(2).await;
        }
    }
    let more = Order { gives_up: order.count > 4, ..order.clone() };
    part(more).await?;
    sleep(order.nap(2)).await;
    Ok(book(3).await?)
}

/// A saga with steps that must not be repeated.
#[saga]
pub(crate) async fn form(order: Order) -> Result<Slip, Trouble> {
    let first = stamp(1).await?;
    sleep(order.nap(0)).await;
    reserve(2).await?;
    sleep(order.nap(1)).await;
    if order.gives_up {
        return Err(Trouble::GaveUp);
    }
    Ok(first)
}

/// A loop of steps.
#[saga]
pub(crate) async fn tour(order: Order) -> Result<u32, Trouble> {
    let mut done = 0;
    for what in 0..order.count {
        hold(what).await?;
        sleep(order.nap(what as usize % 3)).await;
        done += 1;
    }
    if order.gives_up {
        return Err(Trouble::GaveUp);
    }
    charge(7).await?;
    Ok(done)
}

/// A saga that waits for an approval.
#[saga]
pub(crate) async fn request(order: Order) -> Result<Slip, Trouble> {
    let slip = hold(1).await?;
    approve("go on?").within(Duration::from_millis(400)).await?;
    mail(2).await;
    sleep(order.nap(0)).await;
    keep(3).await;
    Ok(slip)
}

/// A saga that waits for a signal.
#[saga]
pub(crate) async fn errand(order: Order) -> Result<u64, Trouble> {
    set(1).await?;
    let sent = signal::<u64>("go").within(Duration::from_millis(400)).await?;
    sleep(order.nap(0)).await;
    hold(2).await?;
    Ok(sent)
}
