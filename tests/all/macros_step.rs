//! The expansion of `#[step]`: its policy, its recorded input, the calls in its options, and the step alone.
#![deny(missing_docs, unused_qualifications)]
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use saga::policy::{InDoubt, Retry};
use saga::prelude::*;
use saga::{Class, Step, StepCall, StepError as _, by_hand::policy_of, payload::Payload, policy::Kind};
use serde::{Deserialize, Serialize};

/// A trip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trip {
    to: String,
}

/// A seat that is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    id: u32,
    trip: Trip,
}

/// Records what it was told.
#[derive(Default)]
pub struct Airline(Mutex<Vec<String>>);

impl Airline {
    fn hear(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

/// Lends money.
pub trait Bank: Send + Sync {
    /// Returns the limit.
    fn limit(&self) -> u64;
}

struct Sandbox;
impl Bank for Sandbox {
    fn limit(&self) -> u64 {
        300
    }
}

/// Holds a seat.
#[step(
    compensate = release_seat(output.id, trip.to, key.to_string()),
    leaves = "a line in the airline's books",
    undo_within = "24h",
    retry(attempts = 4, backoff = "200ms..5s", within = "1m"),
    timeout = "10s",
    in_doubt = dead_letter
)]
pub async fn hold_seat(airline: &Airline, key: &IdempotencyKey, mut trip: Trip) -> Result<Hold, Failure> {
    airline.hear(format!("hold {} {key}", trip.to));
    trip.to.push('!');
    Ok(Hold { id: 7, trip })
}

/// Releases it.
#[step(retriable, idempotent)]
pub async fn release_seat(airline: &Airline, id: u32, to: String, forward: String) -> Result<(), Failure> {
    airline.hear(format!("release {id} {to} {forward}"));
    Ok(())
}

/// Charges a card.
#[step(irreversible, probe = find_charge(key, amount), name = "charge")]
async fn charge_card(
    bank: &dyn Bank,
    cx: &StepContext,
    key: &IdempotencyKey,
    amount: u64,
) -> Result<u64, Failure> {
    assert_eq!(cx.key(), key);
    if amount > bank.limit() { Err(Failure::permanent("too much")) } else { Ok(bank.limit() - amount) }
}

/// Finds out whether the card was charged.
#[step(readonly)]
async fn find_charge(key: IdempotencyKey, amount: u64) -> Result<Probe<u64>, Failure> {
    Ok(if key.as_str().is_empty() { Probe::NotHappened } else { Probe::Happened(amount) })
}

#[step(compensate = cancel_order(order), in_doubt = cancel_order(format!("{order}?")), idempotent)]
async fn place_order(order: String) -> Result<(), Failure> {
    let _ = order;
    Ok(())
}

#[step(retriable, idempotent)]
async fn cancel_order(order: String) -> Result<(), Failure> {
    let _ = order;
    Ok(())
}

#[step(readonly)]
async fn nothing() -> Result<(), Failure> {
    Ok(())
}

#[test]
fn the_policy_is_what_the_words_say() {
    let hold = policy_of::<hold_seat>();
    assert_eq!(hold.kind, Kind::Compensated);
    assert_eq!(hold.timeout, Duration::from_secs(10));
    assert_eq!(hold.in_doubt, InDoubt::DeadLetter);
    let retry = Retry {
        attempts: 4,
        backoff_min: Duration::from_millis(200),
        backoff_max: Duration::from_secs(5),
        within: Some(Duration::from_secs(60)),
    };
    assert_eq!(hold.retry, retry);
    assert!(!hold.retriable && !hold.probe);

    let release = policy_of::<release_seat>();
    assert_eq!((release.kind, release.retriable, release.retry), (Kind::Auxiliary, true, Retry::RETRIABLE));
    let charge = policy_of::<charge_card>();
    assert_eq!((charge.kind, charge.probe, charge.retry), (Kind::Irreversible, true, Retry::NONE));
    assert_eq!((charge_card::NAME, charge.in_doubt), ("charge", InDoubt::Rerun));
    assert_eq!(policy_of::<find_charge>().kind, Kind::Readonly);
    assert_eq!(policy_of::<place_order>().in_doubt, InDoubt::Call);
}

#[test]
fn the_input_is_an_object_with_the_parameters_names() {
    let call: StepCall<hold_seat> = hold_seat(Trip { to: "Ork".into() });
    let input = Payload::encode(call.input()).unwrap();
    assert_eq!(input.shown(), r#"{"trip":{"to":"Ork"}}"#);
    assert_eq!(format!("{call:?}"), r#"hold_seat({"trip":{"to":"Ork"}})"#);
    assert_eq!(call.input().trip.to, "Ork");
    assert_eq!(Payload::encode(nothing().input()).unwrap().shown(), "{}");
    assert_eq!(format!("{:?}", charge_card(3).input()), r#"charge {"amount":3}"#);
}

#[tokio::test]
async fn a_step_runs_alone() {
    let resources =
        Resources::new().with(Airline::default()).with_shared::<dyn Bank>(std::sync::Arc::new(Sandbox));
    let key = IdempotencyKey::for_test("k1");
    let held = hold_seat::run(&resources, key.clone(), Trip { to: "Ork".into() }).await.unwrap();
    assert_eq!(held.trip.to, "Ork!");
    assert_eq!(*resources.get::<Airline>().unwrap().0.lock().unwrap(), ["hold Ork k1"]);
    assert_eq!(charge_card::run(&resources, key.clone(), 100).await, Ok(200));
    assert_eq!(charge_card::run(&resources, key, 301).await.unwrap_err().class(), Class::Permanent);
    release_seat::run(&resources, 7, "Ork".into(), "k1".into()).await.unwrap();
}

/// The errors of the airline.
#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
pub enum AirlineError {
    /// Permanent.
    #[error("full")]
    #[permanent]
    Full,
    /// Transient.
    #[error("busy")]
    #[transient(retry_after = wait)]
    Busy {
        /// The time to wait.
        wait: Duration,
    },
    /// Transient, possibly with a wait.
    #[error("slow down")]
    #[transient(retry_after = 0)]
    Slow(Option<Duration>),
    /// In doubt.
    #[error("lost")]
    #[in_doubt]
    Lost(String),
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize, StepError)]
#[error("down")]
#[transient]
struct Down;

#[test]
fn errors_say_what_they_mean() {
    let wait = Duration::from_secs(3);
    assert_eq!(AirlineError::Full.class(), Class::Permanent);
    assert_eq!(AirlineError::Full.retry_after(), None);
    assert_eq!(AirlineError::Busy { wait }.class(), Class::Transient);
    assert_eq!(AirlineError::Busy { wait }.retry_after(), Some(wait));
    assert_eq!(AirlineError::Slow(Some(wait)).retry_after(), Some(wait));
    assert_eq!(AirlineError::Slow(None).retry_after(), None);
    assert_eq!(AirlineError::Lost(String::new()).class(), Class::InDoubt);
    assert_eq!(Down.class(), Class::Transient);
}
