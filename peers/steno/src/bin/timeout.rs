//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost. steno has no time limit of an action; this one is the user's code inside the action.

use std::time::Duration;

use harness::{Error, Story};
use peer_steno::{Trip, end, trip};
use steno::{ActionContext, ActionError, ActionFunc, new_action_noop_undo};

async fn book_flight(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    cx.user_data().world.book("flight");
    Ok(())
}

async fn cancel_flight(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("flight");
    Ok(())
}

async fn book_hotel(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    let life = cx.user_data();
    let call = async {
        if life.case == "landed" {
            life.world.book("hotel");
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
    };
    let in_time = tokio::time::timeout(Duration::from_millis(300), call).await;
    in_time.map_err(|_| ActionError::action_failed("the hotel does not answer".to_owned()))
}

async fn cancel_hotel(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("hotel");
    Ok(())
}

async fn pay(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    cx.user_data().world.book("payment");
    Ok(())
}

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    harness::life::main("steno", &[landed, lost], async |life| {
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
