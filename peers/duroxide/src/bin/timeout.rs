//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost.

use std::time::Duration;

use duroxide::runtime::registry::ActivityRegistry;
use duroxide::{ActivityContext, OrchestrationContext, OrchestrationRegistry, RetryPolicy};
use harness::{Error, Life, Story};
use peer_duroxide::{end, start};

/// The rollback is code of the orchestration; what failed is not undone in it, as in its guide.
async fn trip(cx: OrchestrationContext, _input: String) -> Result<String, String> {
    cx.schedule_activity("BookFlight", "").await?;
    let limit = RetryPolicy::new(1).with_timeout(Duration::from_millis(600));
    if let Err(error) = cx.schedule_activity_with_retry("BookHotel", "", limit).await {
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
            if l3.case == "landed" {
                l3.world.book("hotel");
            }
            async move {
                tokio::time::sleep(Duration::from_secs(3)).await;
                Ok(String::new())
            }
        })
        .build()
}

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    harness::life::main("duroxide", &[landed, lost], async |life| {
        let orchestrations = OrchestrationRegistry::builder().register("Trip", trip).build();
        let (client, runtime) = start(&life, activities(&life), orchestrations).await?;
        life.says("duroxide", end(&life, &client, Duration::from_secs(20)).await?);
        runtime.shutdown(None).await;
        Ok(())
    })
}
