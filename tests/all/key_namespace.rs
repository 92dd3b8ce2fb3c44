//! The namespace of a store's keys: what it keeps apart, and that no key changes within the life of a saga.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use saga::prelude::*;
use saga::test::{TestRuntime, in_virtual_time};
use saga::{Builder, Runtime, StartError};

/// The keys that a bank has seen.
#[derive(Default)]
struct Bank(Mutex<Vec<String>>);

impl Bank {
    fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Its first call is never answered.
#[step(irreversible)]
async fn charge(bank: &Bank, key: &IdempotencyKey) -> Result<(), Failure> {
    bank.0.lock().unwrap().push(key.to_string());
    if bank.keys().len() == 1 {
        std::future::pending::<()>().await;
    }
    Ok(())
}

#[step(readonly)]
async fn look_up(cx: &StepContext) -> Result<String, Failure> {
    Ok(cx.key().to_string())
}

#[saga]
async fn order() -> Result<(), Failure> {
    charge().await?;
    Ok(())
}

#[saga]
async fn read() -> Result<String, Failure> {
    let given = look_up().await?;
    Ok(given)
}

/// Starts a runtime whose namespace can be changed between two processes.
async fn started(namespace: &Arc<Mutex<Option<&'static str>>>) -> (TestRuntime, Arc<Bank>) {
    let bank = Arc::new(Bank::default());
    let (namespace, given) = (namespace.clone(), bank.clone());
    let build = move |builder: Builder| {
        let builder = builder.shared_resource(given.clone()).saga::<order>().saga::<read>();
        match *namespace.lock().unwrap() {
            Some(namespace) => builder.key_namespace(namespace),
            None => builder,
        }
    };
    (TestRuntime::start(build).await.unwrap(), bank)
}

async fn key_of(test: &TestRuntime, id: &str) -> String {
    let outcome = test.run(id, read()).await.unwrap().outcome().await.unwrap();
    let Outcome::Completed { output, .. } = outcome else { panic!("{outcome:?}") };
    output
}

#[test]
fn the_same_saga_has_other_keys_in_another_namespace() {
    in_virtual_time(async {
        let mut keys = Vec::new();
        for namespace in [None, Some("orders-prod"), Some("orders-staging")] {
            let (test, _) = started(&Arc::new(Mutex::new(namespace))).await;
            keys.push(key_of(&test, "order-1").await);
        }
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{keys:?}");
    });
}

#[test]
fn a_saga_keeps_its_key_when_the_store_gets_a_namespace() {
    in_virtual_time(async {
        let namespace = Arc::new(Mutex::new(None));
        let (mut test, bank) = started(&namespace).await;
        test.run("order-1", order()).await.unwrap();
        test.pass(Duration::from_secs(1)).await;
        let before = key_of(&test, "a").await;
        test.die().await;
        *namespace.lock().unwrap() = Some("orders-prod");
        test.restart().await.unwrap();
        test.find(&"order-1".parse().unwrap()).await.unwrap().unwrap().outcome().await.unwrap();
        let keys = bank.keys();
        assert!(keys.len() == 2 && keys[0] == keys[1], "the repeat has another key: {keys:?}");
        // What begins from now on is in the namespace, also after another restart.
        let after = key_of(&test, "b").await;
        assert_ne!(before, after);
        assert_eq!(after, in_namespace("b", "orders-prod"));
        test.crash().await.unwrap();
        assert_eq!(key_of(&test, "c").await, in_namespace("c", "orders-prod"));
    });
}

fn in_namespace(id: &str, namespace: &str) -> String {
    let (namespace, id) = (saga::journal::KeyNamespace::new(namespace).unwrap(), id.parse().unwrap());
    IdempotencyKey::of(Some(&namespace), &id, &"look_up".into(), saga::journal::Role::Do, 0).to_string()
}

#[test]
fn a_namespace_that_changes_is_refused_with_both_names() {
    in_virtual_time(async {
        let namespace = Arc::new(Mutex::new(Some("orders-prod")));
        let (mut test, _) = started(&namespace).await;
        test.die().await;
        for (given, said) in [(Some("orders-staging"), "`orders-staging`"), (None, "none")] {
            *namespace.lock().unwrap() = given;
            let refused = test.restart().await.unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!(
                    "the keys of this store are in the namespace `orders-prod`, and the runtime was built with {said}"
                )
            );
            assert!(matches!(refused, StartError::KeyNamespace { .. }));
        }
        // What was refused left nothing behind.
        *namespace.lock().unwrap() = Some("orders-prod");
        test.restart().await.unwrap();
        assert_eq!(key_of(&test, "a").await, in_namespace("a", "orders-prod"));
    });
}

#[test]
fn a_check_refuses_the_namespace_that_a_start_would_and_records_none() {
    in_virtual_time(async {
        let store = Arc::new(MemoryStore::new());
        let build = |namespace: Option<&str>| {
            let builder = Runtime::builder(store.clone()).saga::<read>();
            match namespace {
                Some(namespace) => builder.key_namespace(namespace),
                None => builder,
            }
        };
        // Before the store has one, each fits, and none is recorded.
        for namespace in [Some("orders-staging"), Some("orders-prod"), None] {
            assert!(saga::upgrade::check(&build(namespace)).await.unwrap().all_fit());
        }
        build(Some("orders-prod")).start().await.unwrap().shutdown().await;
        assert!(saga::upgrade::check(&build(Some("orders-prod"))).await.unwrap().all_fit());
        for namespace in [Some("orders-staging"), None] {
            let refused = saga::upgrade::check(&build(namespace)).await.unwrap_err();
            assert!(matches!(refused, StartError::KeyNamespace { .. }), "{refused}");
            let start = build(namespace).start().await.unwrap_err();
            assert_eq!(refused.to_string(), start.to_string());
        }
        assert!(matches!(
            saga::upgrade::check(&build(Some("orders prod"))).await,
            Err(StartError::InvalidKeyNamespace(_))
        ));
    });
}

#[test]
fn what_is_no_namespace_is_refused() {
    in_virtual_time(async {
        for (given, said) in [
            ("".to_owned(), "the key namespace is empty (leave it out to have none)"),
            ("x".repeat(65), "the key namespace has 65 bytes, more than 64"),
            (
                "orders prod".to_owned(),
                "the key namespace \"orders prod\" has the character ' ' (letters, digits, `-_.:/` are accepted)",
            ),
        ] {
            let store = MemoryStore::new();
            let builder = Runtime::builder(store).saga::<read>().key_namespace(given);
            assert_eq!(builder.start().await.unwrap_err().to_string(), said);
        }
    });
}
