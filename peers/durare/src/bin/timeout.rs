//! The hotel's call takes longer than its time limit: in one case it has landed and only its answer is late, in the
//! other it is lost. A step has no time limit but the user's own.

use std::time::Duration;

use durare::DurableContext;
use harness::{Error, Life, Story};

/// The rollback is code of the workflow; what failed is not undone in it.
async fn trip(ctx: DurableContext, life: Life) -> durare::Result<()> {
    let world = &life.world;
    ctx.step("book_flight", || async { Ok(world.book("flight")) }).await?;
    let book_hotel = || async {
        let call = async {
            if life.case == "landed" {
                world.book("hotel");
            }
            tokio::time::sleep(Duration::from_secs(3)).await;
        };
        let answer = tokio::time::timeout(Duration::from_millis(300), call).await;
        answer.map_err(|_| durare::Error::app("the hotel does not answer"))
    };
    if let Err(error) = ctx.step("book_hotel", book_hotel).await {
        ctx.step("cancel_flight", || async { Ok(world.cancel("flight")) }).await?;
        return Err(error);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let landed = Story::one("landed", "a call that times out, and has landed");
    let lost = Story::one("lost", "a call that times out, and is lost");
    harness::life::main("durare", &[landed, lost], async |life| {
        let of = life.clone();
        let engine = peer_durare::engine(&life.folder, move |ctx, ()| trip(ctx, of.clone())).await?;
        life.says("durare", peer_durare::end(&life, &engine, Duration::from_secs(20)).await?);
        engine.shutdown(Duration::from_secs(1)).await?;
        Ok(())
    })
}
