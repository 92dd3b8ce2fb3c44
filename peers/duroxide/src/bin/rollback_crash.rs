//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted.

use std::time::Duration;

use duroxide::runtime::registry::ActivityRegistry;
use duroxide::{ActivityContext, OrchestrationContext, OrchestrationRegistry};
use harness::{Error, Life, Story};
use peer_duroxide::{end, start};

/// The rollback is code of the orchestration.
async fn trip(cx: OrchestrationContext, _input: String) -> Result<String, String> {
    cx.schedule_activity("BookFlight", "").await?;
    if let Err(error) = cx.schedule_activity("BookHotel", "").await {
        cx.schedule_activity("CancelFlight", "").await?;
        return Err(error);
    }
    if let Err(error) = cx.schedule_activity("Pay", "").await {
        cx.schedule_activity("CancelHotel", "").await?;
        cx.schedule_activity("CancelFlight", "").await?;
        return Err(error);
    }
    Ok("booked".to_owned())
}

fn activities(life: &Life) -> ActivityRegistry {
    let [l1, l2, l3, l4, l5] = std::array::from_fn(|_| life.clone());
    ActivityRegistry::builder()
        .register("BookFlight", move |_: ActivityContext, _: String| {
            l1.world.book("flight");
            async { Ok(String::new()) }
        })
        .register("CancelFlight", move |_: ActivityContext, _: String| {
            l2.die_if_first();
            l2.world.cancel("flight");
            async { Ok(String::new()) }
        })
        .register("BookHotel", move |_: ActivityContext, _: String| {
            l3.world.book("hotel");
            async { Ok(String::new()) }
        })
        .register("CancelHotel", move |_: ActivityContext, _: String| {
            l4.world.cancel("hotel");
            async { Ok(String::new()) }
        })
        .register("Pay", move |_: ActivityContext, _: String| {
            let answer = if l5.number == 1 {
                l5.world.refuse("payment");
                Err("the card is declined".to_owned())
            } else {
                l5.world.book("payment");
                Ok(String::new())
            };
            async { answer }
        })
        .build()
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "a crash in the middle of a rollback");
    harness::life::main("duroxide", &[story], async |life| {
        let orchestrations = OrchestrationRegistry::builder().register("Trip", trip).build();
        let (client, _runtime) = start(&life, activities(&life), orchestrations).await?;
        life.says("duroxide", end(&life, &client, Duration::from_secs(50)).await?);
        Ok(())
    })
}
