//! A step panics: the hotel is booked, and then its answer cannot be parsed.

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
        let book_hotel = async || -> HandlerResult<()> {
            world.book("hotel");
            panic!("what is this answer?");
        };
        if let Err(error) = cx.run(book_hotel).name("book_hotel").await {
            cx.run(async || Ok(world.cancel("flight"))).name("cancel_flight").await?;
            return Err(error.into());
        }
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "a step panics");
    tell(&[story], async |life, ports| {
        serve(Endpoint::builder().bind(Trip(life.clone())).build(), ports).await?;
        let trip = TripIngressClient::from_client(client(ports)?);
        let call = trip.book().idempotency_key("trip-1").call();
        match tokio::time::timeout(Duration::from_secs(5), call).await {
            Ok(answer) => life.says("Restate", end(answer)),
            Err(_) => life.says("Restate", shown(ports).await?),
        }
        Ok(())
    })
}
