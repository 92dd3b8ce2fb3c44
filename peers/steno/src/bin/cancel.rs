//! A user cancels while the hotel's call is in flight: it is booked a moment later. steno has no cancel. A user can let
//! each action check, before it begins, whether a cancel was requested.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::{Error, Story};
use peer_steno::{Trip, end, trip};
use steno::{ActionContext, ActionError, ActionFunc, new_action_noop_undo};

/// The user's own flag: it does not survive a crash.
static IS_CANCELLED: AtomicBool = AtomicBool::new(false);

fn go_on() -> Result<(), ActionError> {
    if IS_CANCELLED.load(Ordering::Relaxed) {
        return Err(ActionError::action_failed("it was cancelled".to_owned()));
    }
    Ok(())
}

async fn book_flight(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    go_on()?;
    cx.user_data().world.book("flight");
    Ok(())
}

async fn cancel_flight(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("flight");
    Ok(())
}

async fn book_hotel(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    go_on()?;
    tokio::time::sleep(Duration::from_millis(600)).await;
    cx.user_data().world.book("hotel");
    Ok(())
}

async fn cancel_hotel(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("hotel");
    Ok(())
}

async fn pay(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    go_on()?;
    cx.user_data().world.book("payment");
    Ok(())
}

fn main() -> Result<(), Error> {
    let story =
        Story::one("", "cancelled in the middle of a step (by a flag of the user's; it has no cancel)");
    harness::life::main("steno", &[story], async |life| {
        let actions = [
            ("flight", ActionFunc::new_action("flight", book_flight, cancel_flight)),
            ("hotel", ActionFunc::new_action("hotel", book_hotel, cancel_hotel)),
            ("payment", new_action_noop_undo("payment", pay)),
        ];
        tokio::spawn(async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            IS_CANCELLED.store(true, Ordering::Relaxed);
        });
        let result = trip(&life, &actions).await?;
        life.says("steno", end(result));
        Ok(())
    })
}
