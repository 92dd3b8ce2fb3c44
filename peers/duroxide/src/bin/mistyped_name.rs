//! A mistyped name of an activity in a rollback: activities are called by text.

use std::time::Duration;

use duroxide::runtime::registry::ActivityRegistry;
use duroxide::runtime::{RuntimeOptions, UnregisteredBackoffConfig};
use duroxide::{ActivityContext, OrchestrationContext, OrchestrationRegistry};
use harness::{Error, Life, Story};
use peer_duroxide::{end, start_with};

/// The rollback is code of the orchestration.
async fn trip(cx: OrchestrationContext, _input: String) -> Result<String, String> {
    cx.schedule_activity("BookFlight", "").await?;
    if let Err(error) = cx.schedule_activity("BookHotel", "").await {
        cx.schedule_activity("CancelFlihgt", "").await?;
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
            l3.world.refuse("hotel");
            async { Err("there is no room".to_owned()) }
        })
        .build()
}

fn main() -> Result<(), Error> {
    let usual = Story::one("usual", "the name of an undo is mistyped");
    let hasty =
        Story::one("hasty", "the same, but that it does not wait long before it looks for the name again");
    harness::life::main("duroxide", &[usual, hasty], async |life| {
        let orchestrations = OrchestrationRegistry::builder().register("Trip", trip).build();
        let mut options = RuntimeOptions::default();
        if life.case == "hasty" {
            let delay = Duration::from_millis(50);
            options.unregistered_backoff = UnregisteredBackoffConfig { base_delay: delay, max_delay: delay };
        }
        let (client, runtime) = start_with(&life, activities(&life), orchestrations, options).await?;
        life.says("duroxide", end(&life, &client, Duration::from_secs(20)).await?);
        runtime.shutdown(None).await;
        Ok(())
    })
}
