//! Secrets in what an operator gives: kept where the placeholder stands, refused where what is shown is sent for the
//! secret, hidden everywhere.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use saga::machine::Refusal;
use saga::prelude::*;
use saga::store::Store as _;
use saga::{ActError, DeadLetter, Outcome};
use serde_json::json;

/// The cards that the bank was shown.
#[derive(Default)]
struct Bank(Mutex<Vec<String>>);

#[step(irreversible, idempotent)]
async fn order(cents: u32) -> Result<u32, Failure> {
    Ok(cents)
}

#[step(irreversible, retriable, idempotent, retry(attempts = 1))]
async fn charge(bank: &Bank, card: Redacted<String>, cents: u32) -> Result<Redacted<String>, Failure> {
    let mut shown = bank.0.lock().unwrap();
    shown.push(card.expose().clone());
    match card.expose().starts_with("new") || cents == 7 {
        true => Ok(Redacted::new(format!("receipt for {}", card.expose()))),
        false => Err(Failure::permanent("declined")),
    }
}

#[saga]
async fn buy(card: Redacted<String>) -> Result<(), Failure> {
    order(5).await?;
    charge(card, 5).await;
    Ok(())
}

struct Shop {
    bank: Arc<Bank>,
    store: Arc<MemoryStore>,
    handle: Handle<buy>,
    #[expect(dead_code, reason = "it drives the saga")]
    runtime: Runtime,
}

impl Shop {
    async fn new() -> Self {
        let (bank, store) = (Arc::new(Bank::default()), Arc::new(MemoryStore::new()));
        let builder = Runtime::builder_shared(store.clone()).shared_resource(bank.clone());
        let runtime = builder.saga::<buy>().start().await.unwrap();
        let handle = runtime.run("a", buy(Redacted::new("old 4242".to_owned()))).await.unwrap();
        let shop = Shop { bank, store, handle, runtime };
        shop.letter().await;
        shop
    }

    async fn letter(&self) -> DeadLetter {
        match self.handle.outcome().await.unwrap() {
            Outcome::DeadLettered(letter) => letter.into_seen(),
            other => panic!("{other:?}"),
        }
    }

    /// The input of the charge, as any screen shows it.
    async fn shown(&self) -> serde_json::Value {
        let state = self.handle.look().await.unwrap();
        serde_json::from_str(&state.step(&"charge".into()).unwrap().input.shown()).unwrap()
    }

    async fn redrive(&self, input: &serde_json::Value) -> Result<(), ActError> {
        self.handle.redrive_with("charge".into(), input, By::new("ann", "a test")).await
    }

    fn last_card(&self) -> String {
        self.bank.0.lock().unwrap().last().unwrap().clone()
    }

    /// Nothing that can be seen of the saga has the word in it.
    async fn hides(&self, secret: &str) {
        let state = self.handle.look().await.unwrap();
        let journal = self.handle.journal().await.unwrap();
        let letter = DeadLetter::of(&state, &journal);
        let texts = [format!("{state:?}"), format!("{journal:?}"), letter.to_string()];
        let json = serde_json::to_string(&letter).unwrap();
        for text in texts.iter().chain([&json]) {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn s51_what_is_sent_back_as_it_was_shown_keeps_the_secret() {
    saga::test::in_virtual_time(async {
        let shop = Shop::new().await;
        let mut input = shop.shown().await;
        assert_eq!(input, json!({ "card": { "$redacted": 0 }, "cents": 5 }));
        input["cents"] = json!(7);
        shop.redrive(&input).await.unwrap();
        shop.handle.outcome().await.unwrap();
        assert_eq!(shop.last_card(), "old 4242");
        assert_eq!(shop.shown().await, json!({ "card": { "$redacted": 0 }, "cents": 7 }));
        shop.hides("4242").await;
    });
}

#[test]
fn s51_the_word_that_is_shown_for_a_secret_is_refused() {
    saga::test::in_virtual_time(async {
        let shop = Shop::new().await;
        let calls = shop.bank.0.lock().unwrap().len();
        for wrong in [json!("[redacted]"), json!({ "$redacted": 3 })] {
            let refused = shop.redrive(&json!({ "card": wrong, "cents": 5 })).await.unwrap_err();
            let ActError::Refused(Refusal::Unusable { why, .. }) = refused else { panic!("{refused:?}") };
            assert!(why.contains("redacted"), "{why}");
        }
        assert_eq!(shop.bank.0.lock().unwrap().len(), calls, "the step did not run");
        shop.letter().await;
    });
}

#[test]
fn s51_a_new_secret_is_hidden() {
    saga::test::in_virtual_time(async {
        let shop = Shop::new().await;
        shop.redrive(&json!({ "card": "new 1111", "cents": 5 })).await.unwrap();
        assert!(shop.handle.outcome().await.unwrap().is_completed());
        assert_eq!(shop.last_card(), "new 1111");
        assert_eq!(shop.shown().await["card"], json!({ "$redacted": 0 }));
        shop.hides("1111").await;
    });
}

#[test]
fn s51_a_secret_in_the_wrong_place_is_not_quoted() {
    saga::test::in_virtual_time(async {
        let shop = Shop::new().await;
        let refused = shop.redrive(&json!("new 1111")).await.unwrap_err();
        assert!(!refused.to_string().contains("1111"), "{refused}");
        shop.hides("1111").await;
    });
}

#[test]
fn s51_a_secret_output_that_is_given_is_hidden() {
    saga::test::in_virtual_time(async {
        let shop = Shop::new().await;
        let by = || By::new("ann", "a test");
        let given = json!("new receipt 2222");
        shop.handle.resolve_happened("charge".into(), &given, by()).await.unwrap();
        assert!(shop.handle.outcome().await.unwrap().is_completed());
        shop.hides("2222").await;
    });
}

/// Nobody has taken it yet, and it may wait for long.
#[test]
fn s51_what_is_given_is_hidden_while_it_waits() {
    saga::test::in_virtual_time(async {
        let shop = Shop::new().await;
        let input = json!({ "card": "new 3333", "cents": 5 });
        let redrive = shop.redrive(&input);
        let looks = async {
            let waiting = shop.store.undelivered(&"a".parse().unwrap()).await.unwrap();
            format!("{waiting:?}")
        };
        let (done, waits) = tokio::join!(redrive, looks);
        done.unwrap();
        assert!(waits.contains("Redrive") && !waits.contains("3333"), "{waits}");
    });
}
