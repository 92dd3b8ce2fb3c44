//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost. Restate has no time limit of a step; this one is the user's code inside the step.

use std::time::Duration;

use harness::{Error, Life, Story};
use peer_restate::{client, end, main as tell, serve};
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
            let call = async {
                if self.0.case == "landed" {
                    self.0.world.book("hotel");
                }
                tokio::time::sleep(Duration::from_secs(3)).await;
            };
            let in_time = tokio::time::timeout(Duration::from_millis(300), call).await;
            Ok(in_time.map_err(|_| TerminalError::new("the hotel does not answer"))?)
        };
        cx.run(book_hotel).name("book_hotel").await
    }
}

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    tell(&[landed, lost], async |life, ports| {
        serve(Endpoint::builder().bind(Trip(life.clone())).build(), ports).await?;
        let trip = TripIngressClient::from_client(client(ports)?);
        let answer = trip.book().idempotency_key(format!("trip-{}", life.case)).call().await;
        life.says("Restate", end(answer));
        Ok(())
    })
}
