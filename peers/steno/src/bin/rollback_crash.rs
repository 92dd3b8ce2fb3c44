//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted.

use harness::{Error, Story};
use peer_steno::{Trip, end, trip};
use steno::{ActionContext, ActionError, ActionFunc, new_action_noop_undo};

async fn book_flight(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    cx.user_data().world.book("flight");
    Ok(())
}

async fn cancel_flight(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().die_if_first();
    cx.user_data().world.cancel("flight");
    Ok(())
}

async fn book_hotel(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    cx.user_data().world.book("hotel");
    Ok(())
}

async fn cancel_hotel(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("hotel");
    Ok(())
}

async fn pay(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    let life = cx.user_data();
    if life.number == 1 {
        life.world.refuse("payment");
        return Err(ActionError::action_failed("the card is declined".to_owned()));
    }
    life.world.book("payment");
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "a crash in the middle of a rollback");
    harness::life::main("steno", &[story], async |life| {
        let actions = [
            ("flight", ActionFunc::new_action("flight", book_flight, cancel_flight)),
            ("hotel", ActionFunc::new_action("hotel", book_hotel, cancel_hotel)),
            ("payment", new_action_noop_undo("payment", pay)),
        ];
        let result = trip(&life, &actions).await?;
        life.says("steno", end(result));
        Ok(())
    })
}
