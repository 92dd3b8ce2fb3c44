//! A user cancels while the hotel's call is in flight: it is booked a moment later.

use std::time::Duration;

use harness::{Error, Life, Story};
use peer_restate::{cancel, client, main as tell, serve};
use restate_sdk::prelude::*;

struct Trip(Life);

#[service]
impl Trip {
    /// The rollback is code of the handler. An undo is noted before its step, as in Restate's guide: the step may have
    /// happened when it fails.
    #[handler]
    async fn book(&self, cx: Context<'_>) -> HandlerResult<()> {
        let mut undo = Vec::new();
        let end = self.forward(&cx, &mut undo).await;
        if let Err(error) = end {
            for what in undo.into_iter().rev() {
                cx.run(async || Ok(self.0.world.cancel(what))).name("cancel").await?;
            }
            return Err(error.into());
        }
        Ok(())
    }

    async fn forward(&self, cx: &Context<'_>, undo: &mut Vec<&'static str>) -> Result<(), TerminalError> {
        undo.push("flight");
        cx.run(async || Ok(self.0.world.book("flight"))).name("book_flight").await?;
        undo.push("hotel");
        let book_hotel = async || {
            tokio::time::sleep(Duration::from_millis(600)).await;
            Ok(self.0.world.book("hotel"))
        };
        cx.run(book_hotel).name("book_hotel").await?;
        cx.run(async || Ok(self.0.world.book("payment"))).name("pay").await
    }
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "cancelled in the middle of a step");
    tell(&[story], async |life, ports| {
        serve(Endpoint::builder().bind(Trip(life.clone())).build(), ports).await?;
        let trip = TripIngressClient::from_client(client(ports)?);
        let sent = trip.book().idempotency_key("trip-1").send().await?;
        let handle = sent.invocation_handle();
        while life.world.count("flight", "booked") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel(ports, handle.invocation_id().as_ref()).await?;
        match handle.attach().await {
            Ok(_) => life.says("Restate", "completed"),
            Err(error) => life.says("Restate", peer_restate::text(&error)),
        }
        // Calls in flight end.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    })
}
