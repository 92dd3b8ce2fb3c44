//! A step panics: the hotel is booked, and then its answer cannot be parsed.

use std::time::Duration;

use duroxide::runtime::registry::ActivityRegistry;
use duroxide::{ActivityContext, OrchestrationContext, OrchestrationRegistry};
use harness::{Error, Life, Story};
use peer_duroxide::{end, start};

/// The rollback is code of the orchestration; what failed is not undone in it, as in its guide.
async fn trip(cx: OrchestrationContext, _input: String) -> Result<String, String> {
    cx.schedule_activity("BookFlight", "").await?;
    if let Err(error) = cx.schedule_activity("BookHotel", "").await {
        cx.schedule_activity("CancelFlight", "").await?;
        return Err(error);
    }
    Ok("booked".to_owned())
}

fn activities(life: &Life) -> ActivityRegistry {
    let [l1, l2, l3] = std::array::from_fn(|_| life.clone());
    ActivityRegistry::builder()
        .register("BookFlight", move |_: ActivityContext, _: String| {
            l1.world.book("flight");
            async { Ok(String::new()) }
        })
        .register("CancelFlight", move |_: ActivityContext, _: String| {
            l2.world.cancel("flight");
            async { Ok(String::new()) }
        })
        .register("BookHotel", move |_: ActivityContext, _: String| {
            let world = l3.world.clone();
            async move {
                world.book("hotel");
                panic!("what is this answer?");
            }
        })
        .build()
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "a step panics");
    harness::life::main("duroxide", &[story], async |life| {
        let orchestrations = OrchestrationRegistry::builder().register("Trip", trip).build();
        let (client, runtime) = start(&life, activities(&life), orchestrations).await?;
        life.says("duroxide", end(&life, &client, Duration::from_secs(20)).await?);
        runtime.shutdown(None).await;
        Ok(())
    })
}
