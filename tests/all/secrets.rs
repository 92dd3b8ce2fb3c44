//! Secrets in what an operator gives: kept where the placeholder is given, refused where the shown text is given as the
//! secret, and hidden everywhere.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use saga::machine::Refusal;
use saga::prelude::*;
use saga::store::Store as _;
use saga::{ActError, DeadLetter, Expired, Outcome};
use serde_json::json;

/// The cards that the bank has seen.
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
        let builder = Runtime::builder(store.clone()).shared_resource(bank.clone());
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

    /// Returns the input of the charge, as any screen shows it.
    async fn shown(&self) -> serde_json::Value {
        let state = self.handle.look().await.unwrap();
        serde_json::from_str(&state.step(&"charge".into()).unwrap().input.shown()).unwrap()
    }

    async fn redrive(&self, input: &serde_json::Value) -> Result<(), ActError> {
        self.handle.redrive(By::new("ann", "a test")).with_input("charge", input).await
    }

    fn last_card(&self) -> String {
        self.bank.0.lock().unwrap().last().unwrap().clone()
    }

    /// Checks that the secret is in nothing that can be seen of the saga.
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

/// No worker has taken it yet, and it may wait for a long time.
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

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Paid {
    card: Redacted<String>,
    cents: u32,
}

#[step(irreversible, idempotent)]
async fn collect(bank: &Bank, card: Redacted<String>) -> Result<(), Failure> {
    bank.0.lock().unwrap().push(card.into_exposed());
    Ok(())
}

#[saga]
async fn gift(waits_first: bool) -> Result<u32, Failure> {
    if waits_first {
        let paid = signal::<Paid>("paid").await;
        collect(paid.card).await?;
        return Ok(paid.cents);
    }
    let cents = gift_card(7).await?;
    let told = signal::<String>("told").await;
    Ok(cents + told.len() as u32)
}

#[saga]
async fn gift_card(more: u32) -> Result<u32, Failure> {
    sleep("5s").await;
    let paid = signal::<Paid>("paid").within("1h").await?;
    collect(paid.card).await?;
    Ok(paid.cents + more)
}

/// Returns what a saga records of `paid`, and whether the card was used.
async fn sent(paid: &serde_json::Value, waits_first: bool, early: bool, raw: bool) -> String {
    let (bank, store) = (Arc::new(Bank::default()), Arc::new(MemoryStore::new()));
    let start = || async {
        let builder = Runtime::builder(store.clone()).shared_resource(bank.clone());
        builder.saga::<gift>().start().await.unwrap()
    };
    let runtime = start().await;
    let handle = runtime.run("a", gift(waits_first)).await.unwrap();
    if !early {
        // Long enough for the saga to be released, and claimed by a worker that has run no body.
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        runtime.shutdown().await;
    }
    let runtime = if early { runtime } else { start().await };
    let there = runtime.find(handle.id()).await.unwrap().unwrap();
    if raw {
        let payload = saga::payload::Payload::encode(paid).unwrap();
        let delivery = saga::machine::Delivery::Signal { id: "1".to_owned(), name: "paid".into(), payload };
        store.deliver(handle.id(), delivery, runtime.now()).await.unwrap();
    } else {
        there.signal("paid", "1", paid).await.unwrap();
    }
    if !waits_first {
        there.signal("told", "2", &"why").await.unwrap();
    }
    let mut watch = there.watch();
    while watch.next().await.unwrap().is_some() {}
    assert_eq!(*bank.0.lock().unwrap(), ["4242"]);
    let journal = there.journal().await.unwrap();
    let text = format!("{journal:?}");
    assert!(!text.contains("4242"), "{text}");
    let json = serde_json::to_string(&journal).unwrap();
    // A journal keeps secrets in a separate place, which no view shows.
    for at in json.match_indices("4242").map(|(at, _)| at) {
        let secrets = json[..at].rfind("\"secrets\":[").expect("it is among the secrets");
        assert!(!json[secrets..at].contains(']'), "{json}");
    }
    journal
        .iter()
        .find_map(|entry| match &entry.record {
            saga::record::Record::Signalled { name, payload, .. } if name.as_ref() == "paid" => {
                Some(payload.shown())
            }
            _ => None,
        })
        .expect("it was recorded")
}

#[test]
fn s51_a_signal_is_recorded_as_the_type_that_is_waited_for() {
    saga::test::in_virtual_time(async {
        let paid = json!({ "card": "4242", "cents": 5, "and": "4242" });
        let typed = r#"{"card":{"$redacted":0},"cents":5}"#;
        for raw in [false, true] {
            for waits_first in [true, false] {
                // In the saga itself, and in a child: each of the three places has a type of its own.
                assert_eq!(sent(&paid, waits_first, false, raw).await, typed);
            }
        }
    });
}

/// Awaits a signal in several ways, in some of which its type is not written.
#[saga]
async fn ways(way: u32) -> Result<u32, Failure> {
    #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
    struct Inner {
        card: Redacted<String>,
        cents: u32,
    }

    let cents = match way {
        0 => {
            let paid: Paid = signal("paid").named("typed").await;
            paid.cents
        }
        1 => {
            let paid: Paid = signal("paid").within("1h").named("typed_within").await?;
            paid.cents
        }
        2 => {
            let (paid, _) = all((signal::<Paid>("paid"), approve("?"))).await?;
            paid.cents
        }
        3 => cents_of(signal("paid").named("inferred").await),
        4 => signal::<Inner>("paid").named("inner").await.cents,
        5 => {
            let paid: Result<Paid, Expired> = signal("paid").within("1h").named("as_a_result").await;
            paid.map_or(0, |paid| paid.cents)
        }
        _ => {
            let (paid, told) = all((signal::<Paid>("paid"), signal("told"))).await?;
            let told: String = told;
            paid.cents + told.len() as u32
        }
    };
    Ok(cents)
}

fn cents_of(paid: Paid) -> u32 {
    paid.cents
}

#[test]
fn s51_the_type_of_a_signal_is_the_one_that_is_written() {
    saga::test::in_virtual_time(async {
        let runtime = Runtime::builder(MemoryStore::new()).saga::<ways>().start().await.unwrap();
        let typed = r#"{"card":{"$redacted":0},"cents":5}"#;
        let hidden = r#"{"$redacted":0}"#;
        for (way, shown) in [typed, typed, typed, hidden, hidden, hidden, hidden].into_iter().enumerate() {
            let handle = runtime.run(way.to_string(), ways(way as u32)).await.unwrap();
            while handle.phase().await.unwrap() != saga::Phase::Waiting {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            let paid = json!({ "card": "4242", "cents": 5 });
            handle.signal("paid", "1", &paid).await.unwrap();
            let journal = handle.journal().await.unwrap();
            let recorded = journal.iter().find_map(|entry| match &entry.record {
                saga::record::Record::Signalled { payload, .. } => Some(payload.shown()),
                _ => None,
            });
            assert_eq!(recorded.unwrap(), shown, "{way}");
        }
    });
}

/// Its type is not known yet.
#[test]
fn s51_a_signal_that_nobody_waits_for_yet_is_hidden_as_a_whole() {
    saga::test::in_virtual_time(async {
        let paid = json!({ "card": "4242", "cents": 5 });
        for raw in [false, true] {
            assert_eq!(sent(&paid, false, true, raw).await, r#"{"$redacted":0}"#);
        }
    });
}

#[test]
fn s51_what_is_shown_of_a_secret_is_no_secret_in_a_signal_either() {
    saga::test::in_virtual_time(async {
        let bank = Arc::new(Bank::default());
        let builder = Runtime::builder(MemoryStore::new()).shared_resource(bank.clone());
        let runtime = builder.saga::<gift>().start().await.unwrap();
        let handle = runtime.run("a", gift(true)).await.unwrap();
        for (n, wrong) in [json!("[redacted]"), json!({ "$redacted": 0 }), json!(4242)].iter().enumerate() {
            let paid = json!({ "card": wrong, "cents": 5 });
            let refused = handle.signal("paid", &n.to_string(), &paid).await.unwrap_err();
            let ActError::Refused(Refusal::SignalRefused { why, .. }) = refused else {
                panic!("{refused:?}")
            };
            assert!(why.contains("redacted"), "{why}");
        }
        let wrong = json!({ "card": "4242", "cents": "4242" });
        let refused = handle.signal("paid", "wrong", &wrong).await.unwrap_err();
        assert!(!refused.to_string().contains("4242"), "{refused}");
        let journal = handle.journal().await.unwrap();
        assert!(!format!("{journal:?}").contains("4242"), "{journal:?}");
        handle.signal("paid", "right", &json!({ "card": "4242", "cents": 5 })).await.unwrap();
        assert!(handle.outcome().await.unwrap().is_completed());
        assert_eq!(*bank.0.lock().unwrap(), ["4242"]);
    });
}
