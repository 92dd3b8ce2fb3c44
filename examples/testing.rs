//! How a saga is tested, from a single step to combinations of faults: the code of `docs/testing.md`.
//!
//! `cargo test --example testing` runs the tests; `cargo run --example testing` prints the matrix of its saga, and that
//! of the same saga with a bug in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use saga::prelude::*;
use saga::test::World;

/// A restaurant: its taken tables, and its meals by key. In production it would be a client. Clones share it.
#[derive(Clone, Default)]
struct Restaurant(Arc<Mutex<BTreeMap<String, String>>>);

impl Restaurant {
    fn book(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[step(idempotent, compensate = free(table))]
async fn reserve(restaurant: &Restaurant, table: u32) -> Result<(), Failure> {
    restaurant.book().insert(format!("table {table}"), "taken".to_owned());
    Ok(())
}

#[step(idempotent, retriable)]
async fn free(restaurant: &Restaurant, table: u32) -> Result<(), Failure> {
    restaurant.book().remove(&format!("table {table}"));
    Ok(())
}

#[step(irreversible, retry(attempts = 3, backoff = "1m..10m"))]
async fn cook(restaurant: &Restaurant, key: &IdempotencyKey, dish: String) -> Result<String, Failure> {
    if dish == "dragon" {
        return Err(Failure::transient("no dragons today"));
    }
    restaurant.book().insert(key.to_string(), dish.clone());
    Ok(format!("hot {dish}"))
}

#[saga]
async fn dinner(table: u32, dish: String) -> Result<String, Failure> {
    reserve(table).await?;
    sleep("2h").await;
    Ok(cook(dish).await?)
}

/// Registers everything, in production and in tests.
#[cfg_attr(not(test), allow(dead_code, reason = "the service that calls it is not in this example"))]
fn sagas(builder: saga::Builder) -> saga::Builder {
    builder.saga::<dinner>()
}

impl World for Restaurant {
    type Seen = Vec<String>;

    fn resources(&self, builder: saga::Builder) -> saga::Builder {
        builder.resource(self.clone())
    }

    fn look(&self) -> Vec<String> {
        // Without the keys: they may differ between two runs.
        let mut seen: Vec<String> = self.book().values().cloned().collect();
        seen.sort();
        seen
    }
}

/// Reserves a table like `reserve`, but with a compensation that forgets to free it.
#[step(idempotent, compensate = forget(table))]
async fn reserve_for_ever(restaurant: &Restaurant, table: u32) -> Result<(), Failure> {
    restaurant.book().insert(format!("table {table}"), "taken".to_owned());
    Ok(())
}

#[step(idempotent, retriable)]
async fn forget(_table: u32) -> Result<(), Failure> {
    Ok(())
}

#[saga]
async fn forgetful_dinner(table: u32, dish: String) -> Result<String, Failure> {
    reserve_for_ever(table).await?;
    Ok(cook(dish).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("{}\n", saga::test::matrix(dinner(1, "soup".into())).world(Restaurant::default).run().await);
    let report =
        saga::test::matrix(forgetful_dinner(1, "soup".into())).world(Restaurant::default).run().await;
    println!("{report}");
}

#[cfg(test)]
mod tests {
    use saga::test::TestRuntime;
    use saga::{Outcome, Resources};

    use super::*;

    #[tokio::test]
    async fn a_table_is_freed() {
        let restaurant = Restaurant::default();
        let resources = Resources::new().with(restaurant.clone());
        reserve::run(&resources, 7).await.unwrap();
        free::run(&resources, 7).await.unwrap();
        assert!(restaurant.look().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn without_dragons_there_is_no_dinner() {
        let restaurant = Restaurant::default();
        let world = restaurant.clone();
        let test = TestRuntime::start(move |builder| sagas(world.resources(builder))).await.unwrap();
        let handle = test.run("dinner-1", dinner(1, "dragon".into())).await.unwrap();
        // Two hours of sleep and three attempts with their backoffs take no time at all.
        let Outcome::RolledBack { cause, .. } = handle.outcome().await.unwrap() else { panic!() };
        assert_eq!(cause.to_string(), "no dragons today (after 3 attempts)");
        assert!(restaurant.look().is_empty());
    }

    #[tokio::test]
    async fn whatever_goes_wrong_it_is_dinner_or_nothing() {
        let report = saga::test::matrix(dinner(1, "soup".into())).world(Restaurant::default).run().await;
        report.assert();
    }

    #[tokio::test]
    async fn nothing_is_cooked_twice() {
        let dinner = dinner(1, "soup".into());
        saga::test::steps_repeat_harmlessly(dinner).world(Restaurant::default).run().await.assert();
    }

    #[test]
    fn dinners_that_were_had() {
        saga::test::replay("examples/testing/dinner-7.json", sagas);
    }

    #[test]
    fn definitions() {
        saga::upgrade::snapshot("examples/testing/saga.definitions.json", sagas);
    }

    #[tokio::test]
    async fn a_forgetful_waiter_is_found() {
        let dinner = forgetful_dinner(1, "soup".into());
        let report = saga::test::matrix(dinner).world(Restaurant::default).run().await;
        assert!(!report.is_right(), "{report}");
        let refused = report.case("cook: refuses").and_then(|case| case.wrong.clone());
        assert!(refused.is_some_and(|wrong| wrong.contains("not as before")), "{report}");
    }
}
