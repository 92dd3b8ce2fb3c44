//! A step panics: the hotel is booked, and then its answer cannot be parsed.

use std::time::Duration;

use harness::{Error, Story};
use peer_steno::{Trip, end, trip};
use steno::{ActionContext, ActionError, ActionFunc};

async fn book_flight(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    cx.user_data().world.book("flight");
    Ok(())
}

async fn cancel_flight(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("flight");
    Ok(())
}

async fn book_hotel(cx: ActionContext<Trip>) -> Result<(), ActionError> {
    cx.user_data().world.book("hotel");
    panic!("what is this answer?");
}

async fn cancel_hotel(cx: ActionContext<Trip>) -> Result<(), anyhow::Error> {
    cx.user_data().world.cancel("hotel");
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "a step panics; 5 s later the process is started again");
    harness::life::main("steno", &[story], async |life| {
        let actions = [
            ("flight", ActionFunc::new_action("flight", book_flight, cancel_flight)),
            ("hotel", ActionFunc::new_action("hotel", book_hotel, cancel_hotel)),
        ];
        match tokio::time::timeout(Duration::from_secs(5), trip(&life, &actions)).await {
            Ok(result) => life.says("steno", end(result?)),
            Err(_) => println!("    steno says nothing for 5 s"),
        }
        Ok(())
    })
}
