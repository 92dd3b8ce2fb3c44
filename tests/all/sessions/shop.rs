//! A shop with a ledger, the steps that act on it, and sessions over them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use saga::prelude::*;
use saga::test::TestRuntime;
use saga::{Builder, Session};
use serde::{Deserialize, Serialize};

/// A shop outside of the store. It knows a repeat by its key.
#[derive(Default)]
pub(super) struct Shop {
    ledger: Mutex<Vec<String>>,
    /// What each key was answered.
    answers: Mutex<BTreeMap<String, u32>>,
    /// What is answered next, by the call.
    script: Mutex<BTreeMap<String, Vec<Said>>>,
}

/// What the shop does with a call, apart from doing what it says.
#[derive(Clone)]
pub(super) enum Said {
    No(ShopError),
    /// Nothing is done, and nothing is answered.
    Silence,
    /// It is done, and nothing is answered.
    DoneInSilence,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
pub(super) enum ShopError {
    #[error("there is no such seat")]
    #[permanent]
    NoSuchSeat,
    #[error("the shop is busy")]
    #[transient]
    Busy,
}

impl Shop {
    /// Returns what has happened, in order.
    pub(super) fn ledger(&self) -> Vec<String> {
        self.ledger.lock().unwrap().clone()
    }

    /// Lets the shop answer the next calls of that text so.
    pub(super) fn says(&self, call: &str, said: impl IntoIterator<Item = Said>) {
        self.script.lock().unwrap().entry(call.to_owned()).or_default().extend(said);
    }

    async fn does(&self, key: &IdempotencyKey, call: String) -> Result<u32, ShopError> {
        let said =
            self.script.lock().unwrap().get_mut(&call).filter(|said| !said.is_empty()).map(|s| s.remove(0));
        match said {
            Some(Said::No(error)) => Err(error),
            Some(Said::Silence) => std::future::pending().await,
            Some(Said::DoneInSilence) => {
                self.done(key, call);
                std::future::pending().await
            }
            None => Ok(self.done(key, call)),
        }
    }

    fn done(&self, key: &IdempotencyKey, call: String) -> u32 {
        let mut answers = self.answers.lock().unwrap();
        let next = u32::try_from(answers.len()).unwrap() + 1;
        *answers.entry(key.to_string()).or_insert_with(|| {
            self.ledger.lock().unwrap().push(call);
            next
        })
    }
}

/// Holds a seat of an order. Returns the number of the hold.
#[step(compensate = release(seat), timeout = "10s")]
pub(super) async fn hold(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    seat: String,
) -> Result<u32, ShopError> {
    let _ = order;
    shop.does(key, format!("hold {seat}")).await
}

/// Books a seat of an order. What is said with it does not make it another booking.
#[step(compensate = release(seat), identity(order, seat))]
pub(super) async fn book(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    seat: String,
    note: Redacted<String>,
) -> Result<u32, ShopError> {
    let _ = (order, note);
    shop.does(key, format!("book {seat}")).await
}

/// Holds a seat, and does not give up soon.
#[step(compensate = release(seat), retriable, retry(attempts = 2))]
pub(super) async fn insist(shop: &Shop, key: &IdempotencyKey, seat: String) -> Result<u32, ShopError> {
    shop.does(key, format!("insist {seat}")).await
}

/// Holds a seat by a service that does not know a repeat: in doubt a person is asked.
#[step(compensate = release(seat), in_doubt = dead_letter, timeout = "10s")]
pub(super) async fn hold_once(shop: &Shop, seat: String) -> Result<u32, ShopError> {
    shop.does(&IdempotencyKey::for_test("none"), format!("hold_once {seat}")).await
}

/// Holds a seat; in doubt it is released by its name.
#[step(compensate = release(seat), in_doubt = release(seat), timeout = "10s")]
pub(super) async fn hold_by_name(shop: &Shop, key: &IdempotencyKey, seat: String) -> Result<u32, ShopError> {
    shop.does(key, format!("hold {seat}")).await
}

/// Says what is at a place.
#[step(readonly)]
pub(super) async fn look(shop: &Shop, place: String) -> Result<u32, ShopError> {
    let said = shop.script.lock().unwrap().get_mut(&place).and_then(Vec::pop);
    match said {
        Some(Said::No(error)) => Err(error),
        Some(_) => std::future::pending().await,
        None => Ok(u32::try_from(place.len()).unwrap()),
    }
}

/// Releases a seat.
#[step(retriable, retry(attempts = 3))]
pub(super) async fn release(shop: &Shop, key: &IdempotencyKey, seat: String) -> Result<(), ShopError> {
    shop.does(key, format!("release {seat}")).await.map(drop)
}

/// Mails the buyer of an order.
#[step(irreversible, retriable)]
pub(super) async fn mail(
    shop: &Shop,
    key: &IdempotencyKey,
    order: u32,
    text: String,
) -> Result<(), ShopError> {
    shop.does(key, format!("mail {order} {text}")).await.map(drop)
}

/// Returns the number of free seats.
#[step(readonly)]
pub(super) async fn free_seats(shop: &Shop, order: u32) -> Result<usize, ShopError> {
    let _ = order;
    Ok(100 - shop.ledger().len())
}

/// Returns what is in stock, and does not give up soon.
#[step(readonly, retriable, retry(attempts = 2))]
pub(super) async fn stock(shop: &Shop) -> Result<u32, ShopError> {
    shop.does(&IdempotencyKey::for_test("stock"), "stock".to_owned()).await
}

/// Starts a runtime with the steps, and the shop.
pub(super) async fn started() -> (TestRuntime, Arc<Shop>) {
    started_with(|builder| builder).await
}

/// Does the same, with more settings.
pub(super) async fn started_with(
    more: impl Fn(Builder) -> Builder + Send + Sync + 'static,
) -> (TestRuntime, Arc<Shop>) {
    let shop = Arc::new(Shop::default());
    let given = shop.clone();
    let build = move |builder: Builder| {
        let builder = more(builder);
        builder
            .shared_resource(given.clone())
            .step::<hold>()
            .step::<book>()
            .step::<insist>()
            .step::<hold_once>()
            .step::<hold_by_name>()
            .step::<look>()
            .step::<stock>()
            .step::<mail>()
            .step::<free_seats>()
    };
    (TestRuntime::start(build).await.unwrap(), shop)
}

/// Opens a session on the usual terms.
pub(super) async fn open(test: &TestRuntime, id: &str) -> Session {
    test.runtime().session(id).unwrap().open().await.unwrap()
}
