//! Scenarios 1–13 and 16 of SCENARIOS.md.
#![cfg(feature = "test")]

#[path = "support/kit.rs"]
#[macro_use]
mod kit;
use kit::*;

saga!(trip, |cx, input| [a, b, c] {
    a.at(&cx, 1, &[], hold("flight")).await?;
    b.at(&cx, 1, &[], hold("hotel")).await?;
    c.at(&cx, 1, &[], charge("card")).await?;
    Ok("booked".to_owned())
});

#[tokio::test(start_paused = true)]
async fn the_kit_itself() {
    let world = World::new();
    world.always("charge card", Fault::Permanent);
    world.script("release hotel", [Fault::TimeoutLanded]);
    let test = started(&world, |b| b.saga::<trip>()).await;
    let handle = test.run("a", trip::call()).await.unwrap();
    assert!(handle.outcome().await.unwrap().is_rolled_back());
    world.agrees(&handle).await;
    assert_eq!(world.told(), ["hold flight", "hold hotel", "release hotel", "release flight"]);
    assert_eq!((world.calls("release hotel"), world.landed("release hotel")), (2, 1));
    println!("writes {}", test.writes());
}
