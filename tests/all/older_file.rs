//! A SQLite file of an older version: it is migrated when it is opened, and its sagas go on, under the keys that they
//! began with.
//!
//! `older_file/version_3.sql` is what the last build with version 3 had written when its process was killed: an order
//! that is completed, one in the middle of its charge, one that waits for its payment, and one that is dead-lettered
//! because its compensation failed.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use saga::journal::{KeyNamespace, Role};
use saga::prelude::*;
use saga::{By, Phase, SqliteStore};

/// The keys of the effects, by what they did.
#[derive(Default)]
struct World(Mutex<Vec<(String, String)>>);

impl World {
    fn notes(&self, what: String, key: &IdempotencyKey) {
        self.0.lock().unwrap().push((what, key.to_string()));
    }

    fn keys(&self, of: &str) -> Vec<String> {
        let calls = self.0.lock().unwrap();
        calls.iter().filter(|(what, _)| what == of).map(|(_, key)| key.clone()).collect()
    }
}

#[step(compensate = release(output), idempotent)]
async fn hold(seats: u32) -> Result<u32, Failure> {
    Ok(seats)
}

#[step(retriable)]
async fn release(world: &World, key: &IdempotencyKey, held: u32) -> Result<(), Failure> {
    world.notes(format!("release {held}"), key);
    Ok(())
}

#[step(irreversible)]
async fn charge(world: &World, key: &IdempotencyKey, amount: u32) -> Result<String, Failure> {
    world.notes(format!("charge {amount}"), key);
    Ok(key.to_string())
}

#[saga]
async fn order(seats: u32) -> Result<String, Failure> {
    let held = hold(seats).await?;
    let _paid = signal::<u32>("paid").await;
    Ok(charge(held).await?)
}

/// Makes the file as it was left: its log is beside it.
fn left_behind(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.execute_batch(include_str!("older_file/version_3.sql")).unwrap();
    connection
}

fn version(connection: &Connection) -> u32 {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn key(namespace: Option<&str>, id: &str, site: &str, role: Role) -> String {
    let namespace = namespace.map(|namespace| KeyNamespace::new(namespace).unwrap());
    IdempotencyKey::of(namespace.as_ref(), &id.parse().unwrap(), &site.into(), role, 0).to_string()
}

async fn found(runtime: &Runtime, id: &str) -> saga::AnyHandle {
    runtime.find(&id.parse().unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn sagas_of_a_file_of_version_3_go_on_under_the_keys_that_they_began_with() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("orders.db");
    let other = left_behind(&file);
    assert_eq!(version(&other), 3);
    let refused = SqliteStore::open_read_only(&file).unwrap_err().to_string();
    assert!(
        refused.ends_with("has schema version 3; it has to be opened once for writing to become 4"),
        "{refused}"
    );
    assert_eq!(version(&other), 3, "a file that is refused is not changed");

    let world = Arc::new(World::default());
    let builder = Runtime::builder(SqliteStore::open(&file).unwrap())
        .shared_resource(world.clone())
        .saga::<order>()
        .key_namespace("orders-prod");
    assert_eq!(version(&other), 4);
    let report = saga::upgrade::check(&builder).await.unwrap();
    assert!(report.all_fit(), "{report}");
    let runtime = builder.start().await.unwrap();

    // Its process died in the charge, which is repeated under the key of the first attempt.
    assert!(found(&runtime, "dies").await.outcome().await.unwrap().is_completed());
    assert_eq!(world.keys("charge 2"), ["0846d6047ec8b261190796c3b35ab707"]);
    // It waited, and its charge is new: under a key of its own journal, which has no namespace.
    let waits = found(&runtime, "waits").await;
    assert_eq!(waits.phase().await.unwrap(), Phase::Waiting);
    waits.signal("paid", "payment-3", &1u32).await.unwrap();
    assert!(waits.outcome().await.unwrap().is_completed());
    assert_eq!(world.keys("charge 3"), [key(None, "waits", "charge", Role::Do)]);
    // Its compensation had failed, and is now sent on again.
    let cancelled = found(&runtime, "cancelled").await;
    assert_eq!(cancelled.phase().await.unwrap(), Phase::DeadLettered);
    cancelled.redrive(By::new("the tests", "the box office is open")).await.unwrap();
    cancelled.outcome().await.unwrap();
    assert_eq!(cancelled.phase().await.unwrap(), Phase::RolledBack);
    assert_eq!(world.keys("release 4").len(), 1);
    // What was completed is untouched.
    assert!(found(&runtime, "completed").await.outcome().await.unwrap().is_completed());
    assert_eq!(world.keys("charge 1"), [""; 0]);

    // What begins now is in the namespace; and the file stays as it is when it is opened again.
    let after = runtime.run("after", order(5)).await.unwrap();
    after.signal("paid", "payment-5", &1u32).await.unwrap();
    assert!(after.outcome().await.unwrap().is_completed());
    assert_eq!(world.keys("charge 5"), [key(Some("orders-prod"), "after", "charge", Role::Do)]);
    runtime.shutdown().await;
    drop(runtime);
    let read_only = Arc::new(SqliteStore::open_read_only(&file).unwrap());
    let builder = |namespace| Runtime::builder(read_only.clone()).saga::<order>().key_namespace(namespace);
    assert!(saga::upgrade::check(&builder("orders-prod")).await.unwrap().all_fit());
    let refused = saga::upgrade::check(&builder("orders-staging")).await.unwrap_err().to_string();
    assert!(refused.contains("`orders-prod`") && refused.contains("`orders-staging`"), "{refused}");
}
