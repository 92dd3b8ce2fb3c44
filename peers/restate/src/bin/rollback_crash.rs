//! The process of the service dies in the middle of a rollback: the card was declined, the hotel is cancelled, the
//! flight is not yet. When the process is back, the card would be accepted. Restate's server is not restarted.

use harness::{Error, Life, Story};
use peer_restate::{client, end, main as tell, serve};
use restate_sdk::prelude::*;

struct Trip(Life);

#[service]
impl Trip {
    /// The rollback is code of the handler.
    #[handler]
    async fn book(&self, cx: Context<'_>) -> HandlerResult<()> {
        let life = &self.0;
        cx.run(async || Ok(life.world.book("flight"))).name("book_flight").await?;
        cx.run(async || Ok(life.world.book("hotel"))).name("book_hotel").await?;
        let pay = async || {
            if life.number == 1 {
                life.world.refuse("payment");
                return Err(TerminalError::new("the card is declined").into());
            }
            life.world.book("payment");
            Ok(())
        };
        if let Err(error) = cx.run(pay).name("pay").await {
            cx.run(async || Ok(life.world.cancel("hotel"))).name("cancel_hotel").await?;
            let cancel_flight = async || {
                life.die_if_first();
                Ok(life.world.cancel("flight"))
            };
            cx.run(cancel_flight).name("cancel_flight").await?;
            return Err(error.into());
        }
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "a crash in the middle of a rollback");
    tell(&[story], async |life, ports| {
        serve(Endpoint::builder().bind(Trip(life.clone())).build(), ports).await?;
        // The same key: in the second life this waits for what the first has begun.
        let trip = TripIngressClient::from_client(client(ports)?);
        let answer = trip.book().idempotency_key("trip-1").call().await;
        life.says("Restate", end(answer));
        Ok(())
    })
}
