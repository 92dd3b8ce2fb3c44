//! A refusal under the same key, from the words of a step and its errors to the outcome: an attempt is lost, and its
//! repeat is refused.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::purse::{Purse, assert_caught, purse};
use saga::prelude::*;
use saga::test::{Ending, Stands, TestRuntime, in_virtual_time};
use saga::{Builder, Phase, Reason, record::Record};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize, StepError)]
enum ShopError {
    #[error("sold out")]
    #[permanent(conclusive)]
    SoldOut,
    #[error("wrong credentials")]
    #[permanent]
    Unauthorized,
}

/// What the shop answers from the second attempt on. The first is never answered.
struct Shop {
    answer: Result<u64, ShopError>,
    keys: Mutex<Vec<IdempotencyKey>>,
}

impl Shop {
    async fn ask(&self, key: &IdempotencyKey) -> Result<u64, ShopError> {
        self.keys.lock().unwrap().push(key.clone());
        if self.keys.lock().unwrap().len() == 1 {
            std::future::pending::<()>().await;
        }
        self.answer.clone()
    }
}

#[step(compensate = release(output), conclusive = "24h", timeout = "1h")]
async fn reserve(shop: &Shop, key: &IdempotencyKey) -> Result<u64, ShopError> {
    shop.ask(key).await
}

/// The same without the word.
#[step(compensate = release(output), timeout = "1h")]
async fn reserve_unsure(shop: &Shop, key: &IdempotencyKey) -> Result<u64, ShopError> {
    shop.ask(key).await
}

#[step(retriable, idempotent)]
async fn release(id: u64) -> Result<(), Failure> {
    panic!("reservation {id} was never made")
}

#[saga]
async fn order() -> Result<u64, Failure> {
    let given = reserve().await?;
    Ok(given)
}

#[saga]
async fn order_unsure() -> Result<u64, Failure> {
    let given = reserve_unsure().await?;
    Ok(given)
}

/// Starts a runtime with both sagas, and a shop that answers so.
async fn started(answer: Result<u64, ShopError>) -> (TestRuntime, Arc<Shop>) {
    let shop = Arc::new(Shop { answer, keys: Mutex::default() });
    let given = shop.clone();
    let build =
        move |builder: Builder| builder.shared_resource(given.clone()).saga::<order>().saga::<order_unsure>();
    (TestRuntime::start(build).await.unwrap(), shop)
}

/// Lets the worker die in the first attempt, and another one come after `down`.
async fn died_for(test: &mut TestRuntime, down: Duration) {
    test.pass(Duration::from_secs(1)).await;
    test.die().await;
    test.pass(down).await;
    test.restart().await.unwrap();
}

#[test]
fn sold_out_under_the_same_key_rolls_the_saga_back() {
    in_virtual_time(async {
        let (mut test, shop) = started(Err(ShopError::SoldOut)).await;
        test.run("a", order()).await.unwrap();
        died_for(&mut test, Duration::from_secs(60)).await;
        let handle = test.find(&"a".parse().unwrap()).await.unwrap().unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(outcome.is_rolled_back(), "{outcome:?}");
        let journal = handle.journal().await.unwrap();
        assert!(journal.iter().any(|e| matches!(e.record, Record::AttemptEnded { conclusive: true, .. })));
        let keys = shop.keys.lock().unwrap();
        assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    });
}

#[test]
fn without_the_word_of_either_it_stays_in_doubt() {
    in_virtual_time(async {
        let (mut test, _) = started(Err(ShopError::SoldOut)).await;
        test.run("a", order_unsure()).await.unwrap();
        died_for(&mut test, Duration::from_secs(60)).await;
        assert_eq!(blocked(&test).await, (Phase::DeadLettered, Reason::InDoubt, "sold out".to_owned()));
        let (mut test, _) = started(Err(ShopError::Unauthorized)).await;
        test.run("a", order()).await.unwrap();
        died_for(&mut test, Duration::from_secs(60)).await;
        let why = "wrong credentials".to_owned();
        assert_eq!(blocked(&test).await, (Phase::DeadLettered, Reason::InDoubt, why));
    });
}

#[test]
fn after_a_day_it_is_not_even_asked() {
    in_virtual_time(async {
        let (mut test, shop) = started(Ok(1)).await;
        test.run("a", order()).await.unwrap();
        died_for(&mut test, Duration::from_secs(86_400)).await;
        let (phase, reason, detail) = blocked(&test).await;
        assert_eq!((phase, reason), (Phase::DeadLettered, Reason::InDoubt));
        assert!(detail.ends_with("in doubt for longer than the service remembers its key"), "{detail}");
        assert_eq!(shop.keys.lock().unwrap().len(), 1);
    });
}

/// Waits until the saga rests, and returns what it is blocked by.
async fn blocked(test: &TestRuntime) -> (Phase, Reason, String) {
    let handle = test.find(&"a".parse().unwrap()).await.unwrap().unwrap();
    test.pass(Duration::from_secs(60)).await;
    let state = handle.look().await.unwrap();
    let blocker = state.blockers().next().expect("it is blocked").clone();
    (state.phase(), blocker.reason, blocker.detail)
}

#[step(irreversible, conclusive = "24h")]
async fn buy(purse: &Purse, key: &IdempotencyKey) -> Result<(), ShopError> {
    purse.put_once(key, "bought", 1);
    Ok(())
}

#[saga]
async fn purchase() -> Result<(), Failure> {
    buy().await?;
    Ok(())
}

#[tokio::test]
async fn the_matrix_refuses_the_repeat_of_a_conclusive_step() {
    let report = purse(purchase()).run().await;
    report.assert();
    let case = report.case("buy: times out, then refuses").unwrap_or_else(|| panic!("{report:#}"));
    assert!(case.came);
    assert_eq!((case.ending, case.stands), (Ending::RolledBack, Stands::AsBefore));
}

/// The shop is said to repeat its answers, and does not.
#[step(irreversible, conclusive = "24h")]
async fn buy_the_last(purse: &Purse, key: &IdempotencyKey) -> Result<(), ShopError> {
    if purse.open().coins.contains_key("bought") {
        return Err(ShopError::SoldOut);
    }
    purse.put_once(key, "bought", 1);
    Ok(())
}

#[saga]
async fn last_purchase() -> Result<(), Failure> {
    buy_the_last().await?;
    Ok(())
}

#[tokio::test]
async fn the_matrix_finds_a_service_that_does_not_repeat_its_answers() {
    let report = purse(last_purchase()).run().await;
    assert_caught(&report, "buy_the_last: times out, landed", "");
}
