//! The process dies in the middle of a rollback: the card was declined, the hotel is cancelled, the flight is not yet.
//! When the process is back, the card would be accepted.

use std::time::Duration;

use durare::DurableContext;
use harness::{Error, Life, Story};

/// The rollback is code of the workflow.
async fn trip(ctx: DurableContext, life: Life) -> durare::Result<()> {
    let world = &life.world;
    ctx.step("book_flight", || async { Ok(world.book("flight")) }).await?;
    ctx.step("book_hotel", || async { Ok(world.book("hotel")) }).await?;
    let pay = || async {
        if life.number == 1 {
            world.refuse("payment");
            return Err(durare::Error::app("the card is declined"));
        }
        Ok(world.book("payment"))
    };
    if let Err(error) = ctx.step("pay", pay).await {
        ctx.step("cancel_hotel", || async { Ok(world.cancel("hotel")) }).await?;
        let cancel_flight = || async {
            life.die_if_first();
            Ok(world.cancel("flight"))
        };
        ctx.step("cancel_flight", cancel_flight).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::two("", "a crash in the middle of a rollback");
    harness::life::main("durare", &[story], async |life| {
        let of = life.clone();
        let engine = peer_durare::engine(&life.folder, move |ctx, ()| trip(ctx, of.clone())).await?;
        life.says("durare", peer_durare::end(&life, &engine, Duration::from_secs(30)).await?);
        engine.shutdown(Duration::from_secs(1)).await?;
        Ok(())
    })
}
