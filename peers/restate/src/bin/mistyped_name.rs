//! A mistyped name of a step. A step is a closure with a label, so a wrong label has no effect at first. When it is
//! corrected while a saga runs, that saga no longer matches, which is detected.

use std::time::Duration;

use harness::{Error, Life, Story};
use peer_restate::{client, end, main as tell, serve, shown};
use restate_sdk::prelude::*;

struct Trip(Life);

#[service]
impl Trip {
    #[handler]
    async fn book(&self, cx: Context<'_>) -> HandlerResult<()> {
        let world = &self.0.world;
        cx.run(async || Ok(world.book("flight"))).name("book_flight").await?;
        let label = if self.0.number == 1 { "book_hotell" } else { "book_hotel" };
        let book_hotel = async || -> HandlerResult<()> {
            world.refuse("hotel");
            Err(TerminalError::new("there is no room").into())
        };
        if let Err(error) = cx.run(book_hotel).name(label).await {
            let cancel_flight = async || {
                self.0.die_if_first();
                Ok(world.cancel("flight"))
            };
            cx.run(cancel_flight).name("cancel_flight").await?;
            return Err(error.into());
        }
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "the label of a step is mistyped, and put right after a crash");
    tell(&[story], async |life, ports| {
        serve(Endpoint::builder().bind(Trip(life.clone())).build(), ports).await?;
        let trip = TripIngressClient::from_client(client(ports)?);
        let call = trip.book().idempotency_key("trip-1").call();
        match tokio::time::timeout(Duration::from_secs(15), call).await {
            Ok(answer) => life.says("Restate", end(answer)),
            Err(_) => life.says("Restate", shown(ports).await?),
        }
        Ok(())
    })
}
