//! User code outside of a step's body that panics: reading and writing values, and the text of an error. No such panic
//! leaves a saga running for ever.
#![allow(clippy::unwrap_used)]

use std::error::Error;
use std::fmt;

use saga::Reason;
use saga::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An error that panics when its text is made.
#[derive(Debug, Serialize, Deserialize, StepError)]
enum Mute {
    #[permanent]
    Mute,
}

impl fmt::Display for Mute {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("it says nothing")
    }
}

impl Error for Mute {}

#[derive(Debug, Deserialize)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("it is not written")
    }
}

#[derive(Debug, Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("it is not read")
    }
}

#[step(retriable, idempotent)]
async fn forget() -> Result<(), Failure> {
    Ok(())
}

#[step(compensate = forget(), idempotent)]
async fn fail_mutely() -> Result<(), Mute> {
    Err(Mute::Mute)
}

#[step(compensate = forget(), idempotent)]
async fn give_unwritable() -> Result<Unwritable, Failure> {
    Ok(Unwritable)
}

#[step(compensate = forget(), idempotent)]
async fn take_unreadable(_what: Unreadable) -> Result<(), Failure> {
    Ok(())
}

#[step(readonly)]
async fn look_mutely() -> Result<(), Mute> {
    Err(Mute::Mute)
}

#[step(readonly)]
async fn see_unwritable() -> Result<Unwritable, Failure> {
    Ok(Unwritable)
}

/// Awaits the requested one.
#[saga]
async fn try_one(which: u32) -> Result<(), Failure> {
    match which {
        0 => fail_mutely().await?,
        1 => {
            give_unwritable().await?;
        }
        2 => take_unreadable(Unreadable).await?,
        3 => look_mutely().await?,
        _ => {
            see_unwritable().await?;
        }
    }
    Ok(())
}

/// Returns the reasons for which it is dead-lettered; none if it ended by itself.
fn ends(which: u32) -> Vec<Reason> {
    saga::test::in_virtual_time(async move {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<try_one>().start().await.unwrap();
        let handle = runtime.run("a", try_one(which)).await.unwrap();
        let outcome = tokio::time::timeout(std::time::Duration::from_secs(3600), handle.outcome()).await;
        drop(outcome.expect("it has an outcome"));
        let state = handle.look().await.unwrap();
        runtime.shutdown().await;
        state.blockers().map(|blocker| blocker.reason).collect()
    })
}

#[test]
fn an_error_that_panics_leaves_the_step_in_doubt() {
    assert_eq!(ends(0), [Reason::InDoubt]);
}

#[test]
fn an_output_that_panics_when_written_is_lost() {
    assert_eq!(ends(1), [Reason::OutputLost]);
}

#[test]
fn an_input_that_panics_when_read_is_refused_before_the_step() {
    assert_eq!(ends(2), []);
}

#[test]
fn an_error_of_a_readonly_step_that_panics_is_a_failure() {
    assert_eq!(ends(3), []);
}

#[test]
fn an_output_of_a_readonly_step_that_panics_is_lost() {
    assert_eq!(ends(4), [Reason::OutputLost]);
}
