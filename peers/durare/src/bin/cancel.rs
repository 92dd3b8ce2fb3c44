//! A user cancels while the hotel's call is in flight: it is booked a moment later.

use std::time::Duration;

use durare::DurableContext;
use harness::{Error, Life, Story};

/// The rollback is code of the workflow.
async fn trip(ctx: DurableContext, life: Life) -> durare::Result<()> {
    let world = &life.world;
    ctx.step("book_flight", || async { Ok(world.book("flight")) }).await?;
    let book_hotel = || async {
        tokio::time::sleep(Duration::from_millis(600)).await;
        Ok(world.book("hotel"))
    };
    if let Err(error) = ctx.step("book_hotel", book_hotel).await {
        ctx.step("cancel_flight", || async { Ok(world.cancel("flight")) }).await?;
        return Err(error);
    }
    if let Err(error) = ctx.step("pay", || async { Ok(world.book("payment")) }).await {
        println!("    pay gives: {error}");
        ctx.step("cancel_hotel", || async { Ok(world.cancel("hotel")) }).await?;
        ctx.step("cancel_flight", || async { Ok(world.cancel("flight")) }).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "cancelled in the middle of a step");
    harness::life::main("durare", &[story], async |life| {
        let of = life.clone();
        let engine = peer_durare::engine(&life.folder, move |ctx, ()| trip(ctx, of.clone())).await?;
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            engine.cancel_workflow("trip-1").await
        };
        let (end, cancelled) =
            tokio::join!(peer_durare::end(&life, &engine, Duration::from_secs(20)), cancel);
        cancelled?;
        life.says("durare", end?);
        // Calls in flight end.
        tokio::time::sleep(Duration::from_secs(2)).await;
        engine.shutdown(Duration::from_secs(1)).await?;
        Ok(())
    })
}
