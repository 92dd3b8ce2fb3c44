//! A mistyped name of a step. A step is a closure with a label, so a wrong label has no effect at first. When it is
//! corrected while a saga runs, that saga no longer matches, which is detected.

use std::time::Duration;

use durare::DurableContext;
use harness::{Error, Life, Story};

/// The rollback is code of the workflow.
async fn trip(ctx: DurableContext, life: Life) -> durare::Result<()> {
    let world = &life.world;
    ctx.step("book_flight", || async { Ok(world.book("flight")) }).await?;
    let label = if life.number == 1 { "book_hotell" } else { "book_hotel" };
    let book_hotel = || async {
        world.refuse("hotel");
        Err::<(), _>(durare::Error::app("there is no room"))
    };
    if let Err(error) = ctx.step(label, book_hotel).await {
        println!("    the step gives: {error}");
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
    let story = Story::two("", "the label of a step is mistyped, and put right after a crash");
    harness::life::main("durare", &[story], async |life| {
        let of = life.clone();
        let engine = peer_durare::engine(&life.folder, move |ctx, ()| trip(ctx, of.clone())).await?;
        life.says("durare", peer_durare::end(&life, &engine, Duration::from_secs(20)).await?);
        engine.shutdown(Duration::from_secs(1)).await?;
        Ok(())
    })
}
