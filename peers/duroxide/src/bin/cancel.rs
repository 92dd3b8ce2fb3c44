//! A user cancels while the hotel's call is in flight: it is booked a moment later.

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
            l2.world.cancel("flight");
            async { Ok(String::new()) }
        })
        .register("BookHotel", move |_: ActivityContext, _: String| {
            let world = l3.world.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(600)).await;
                world.book("hotel");
                Ok(String::new())
            }
        })
        .register("CancelHotel", move |_: ActivityContext, _: String| {
            l4.world.cancel("hotel");
            async { Ok(String::new()) }
        })
        .register("Pay", move |_: ActivityContext, _: String| {
            l5.world.book("payment");
            async { Ok(String::new()) }
        })
        .build()
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "cancelled in the middle of a step");
    harness::life::main("duroxide", &[story], async |life| {
        let orchestrations = OrchestrationRegistry::builder().register("Trip", trip).build();
        let (client, runtime) = start(&life, activities(&life), orchestrations).await?;
        let end = end(&life, &client, Duration::from_secs(20));
        let cancel = async {
            while life.world.count("flight", "booked") == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_millis(400)).await;
            client.cancel_instance("trip-1", "Ann stays at home").await
        };
        let (end, cancelled) = tokio::join!(end, cancel);
        cancelled?;
        life.says("duroxide", end?);
        // Calls in flight end.
        tokio::time::sleep(Duration::from_secs(2)).await;
        runtime.shutdown(None).await;
        Ok(())
    })
}
