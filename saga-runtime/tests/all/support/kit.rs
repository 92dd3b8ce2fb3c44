//! The kit of the runtime's tests: a world outside the store with its own books ([`World`]), steps that act on it
//! ([`steps`]), short definitions of sagas ([`saga!`]), a store that fails or hangs on demand ([`Valve`]), and a clock
//! that can be set ([`SetClock`]). What always holds: the books are kept by the world alone, never by the runtime.
//!
//! ```ignore
//! use crate::support::kit::*;
//!
//! saga!(trip, |cx, _input| [a, b] {
//!     a.at(&cx, 1, &[], hold("flight")).await?;      // its site is `flight`
//!     b.at(&cx, 1, &[], charge("card")).await?;
//!     Ok("booked".to_owned())
//! });
//!
//! #[tokio::test(start_paused = true)]
//! async fn s99_declined() {
//!     let world = World::new();
//!     world.always("charge card", Fault::Permanent);
//!     let test = started(&world, |b| b.saga::<trip>()).await;
//!     let handle = test.run("a", SagaCall::<trip>::new("".into())).await.unwrap();
//!     assert!(handle.outcome().await.unwrap().is_rolled_back());
//!     world.agrees(&handle).await;                    // nothing twice, nothing forgotten, undo matched
//!     assert_eq!(world.told(), ["hold flight", "release flight"]);
//! }
//! ```
// A test that cannot continue fails.
#![allow(clippy::unwrap_used)]

mod audit;
mod clock;
mod faults;
#[macro_use]
mod macros;
pub mod steps;
mod storm;
mod valve;
mod world;

pub use clock::SetClock;
pub use faults::Fault;
pub use saga_core::{By, MemoryStore, Phase, Reason, Role, SagaId, SitePath, State};
pub use saga_runtime::test::{Side, TestRuntime};
pub use saga_runtime::*;
pub use steps::*;
pub use storm::{Run, Storm};
pub use valve::{Flow, Valve};
pub use world::{Known, World};

/// Starts a runtime on a store in memory, in virtual time, that works on `world`.
pub async fn started(
    world: &World,
    sagas: impl Fn(Builder) -> Builder + Send + Sync + 'static,
) -> TestRuntime {
    let shared = world.clone();
    let test = TestRuntime::start(move |builder| sagas(builder.resource(shared.clone()))).await.unwrap();
    world.watch(test.store());
    test
}

/// Returns the author of the tests' acts.
pub fn ann() -> By {
    By::new("ann", "a test")
}
