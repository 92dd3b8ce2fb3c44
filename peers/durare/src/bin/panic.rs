//! A step panics: the hotel is booked, and then its answer cannot be parsed.

use std::time::Duration;

use durare::DurableContext;
use harness::{Error, Life, Story};

/// The rollback is code of the workflow; what failed is not undone in it.
async fn trip(ctx: DurableContext, life: Life) -> durare::Result<()> {
    let world = &life.world;
    ctx.step("book_flight", || async { Ok(world.book("flight")) }).await?;
    let book_hotel = || async {
        world.book("hotel");
        panic!("what is this answer?");
        #[expect(unreachable_code, reason = "it gives the step its output")]
        Ok(())
    };
    if let Err(error) = ctx.step("book_hotel", book_hotel).await {
        ctx.step("cancel_flight", || async { Ok(world.cancel("flight")) }).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let story = Story::one("", "a step panics");
    harness::life::main("durare", &[story], async |life| {
        let of = life.clone();
        let engine = peer_durare::engine(&life.folder, move |ctx, ()| trip(ctx, of.clone())).await?;
        life.says("durare", peer_durare::end(&life, &engine, Duration::from_secs(5)).await?);
        engine.shutdown(Duration::from_secs(1)).await?;
        Ok(())
    })
}
