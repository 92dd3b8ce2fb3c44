//! Calls by name in a session: what is made, what is not, and what a model is told, word for word.
//!
//! Mutants seen to fail here: the whole float left as it is, so that the step could not read it; an output not wrapped.
#![allow(clippy::unwrap_used, clippy::too_many_arguments)]

use std::sync::atomic::{AtomicUsize, Ordering};

use saga::prelude::*;
use saga::tools::{ToolError, Toolbox, Why};
use serde_json::{Value, json};

/// Counts the effects.
#[derive(Default)]
struct Shop(AtomicUsize);

/// Holds seats.
#[step(tool, compensate = free(order), idempotent, identity(order))]
async fn hold(shop: &Shop, order: u64, seats: u8, card: Redacted<String>) -> Result<u32, Failure> {
    if seats > 9 {
        return Err(Failure::permanent("only 9 seats are left"));
    }
    drop((order, card));
    shop.0.fetch_add(1, Ordering::Relaxed);
    Ok(120 * u32::from(seats))
}

#[step(retriable, idempotent)]
async fn free(order: u64) -> Result<(), Failure> {
    let _ = order;
    Ok(())
}

/// Asks a service that is down.
#[step(tool, readonly)]
async fn ask() -> Result<(), Failure> {
    Err(Failure::transient("the airline does not answer"))
}

/// Pays.
#[step(tool, irreversible, idempotent)]
async fn pay(cents: u32) -> Result<u32, Failure> {
    Ok(cents)
}

/// Sends a mail.
#[step(tool, irreversible, retriable, idempotent)]
async fn mail(shop: &Shop, text: String) -> Result<u32, Failure> {
    drop(text);
    shop.0.fetch_add(1, Ordering::Relaxed);
    Ok(7)
}

fn toolbox() -> Toolbox {
    Toolbox::new().offer::<hold>().offer::<ask>().offer::<pay>().offer::<mail>()
}

/// Returns what the model is told, and what kind of error it is.
fn told(result: Result<Value, ToolError>) -> (Why, String) {
    let error = result.unwrap_err();
    (error.why(), error.to_string())
}

/// Runs it in a session of a runtime with the toolbox.
fn in_a_session<F: Future<Output = ()>>(
    test: impl FnOnce(Runtime, saga::Session, std::sync::Arc<Shop>) -> F,
) {
    saga::test::in_virtual_time(async {
        let shop = std::sync::Arc::new(Shop::default());
        let builder = Runtime::builder(MemoryStore::new()).shared_resource(shop.clone()).tools(&toolbox());
        let runtime = builder.start().await.unwrap();
        let session = runtime.session("ticket-9").unwrap().calls_max(5).open().await.unwrap();
        test(runtime, session, shop).await;
    });
}

#[test]
fn s37_a_repeat_in_another_spelling_is_one_call() {
    in_a_session(|_runtime, session, shop| async move {
        let toolbox = toolbox();
        for order in [json!(7), json!(7.0), json!("7"), json!(7e0)] {
            let arguments = json!({"seats": 2.0, "card": "4242", "order": order});
            let held = session.call_json(&toolbox, "hold", &arguments).await;
            assert_eq!(held.unwrap(), json!({"result": 240}), "{order}");
        }
        assert_eq!(shop.0.load(Ordering::Relaxed), 1);
        assert!(session.commit().await.unwrap().is_completed());
    });
}

#[test]
fn s42_a_tool_error_is_mended_by_the_model_and_nothing_is_undone() {
    in_a_session(|_runtime, session, shop| async move {
        let toolbox = toolbox();
        let arguments = |seats: Value| json!({"order": 7, "seats": seats, "card": "4242"});
        let given = told(session.call_json(&toolbox, "hold", &arguments(json!("many"))).await);
        let expected =
            "hold was not called:\n- /seats: found the text \"many\", expected a whole number from 0 to 255";
        assert_eq!(given, (Why::Mendable, expected.to_owned()));
        let given = told(session.call_json(&toolbox, "hold", &arguments(json!(12))).await);
        let expected = "hold: only 9 seats are left; the same call would fail again: change its input, or do something else";
        assert_eq!(given, (Why::Mendable, expected.to_owned()));
        let held = session.call_json(&toolbox, "hold", &arguments(json!(9))).await;
        assert_eq!(held.unwrap(), json!({"result": 1080}));
        assert_eq!(shop.0.load(Ordering::Relaxed), 1);
        assert!(session.commit().await.unwrap().is_completed());
    });
}

#[test]
fn what_is_refused_is_said_with_what_to_do() {
    in_a_session(|_runtime, session, _shop| async move {
        let toolbox = toolbox();
        let arguments = |seats: u8, card: &str| json!({"order": 7, "seats": seats, "card": card});
        session.call_json(&toolbox, "hold", &arguments(2, "4242")).await.unwrap();
        let (why, text) = told(session.call_json(&toolbox, "hold", &arguments(3, "4343")).await);
        assert_eq!(why, Why::Mendable);
        assert_eq!(
            text,
            "hold: the same call was made in this session with another input, and it stands: \
             step hold({\"order\":7,\"seats\":2,\"card\":{\"$redacted\":0}}) at hold, now \
             step hold({\"order\":7,\"seats\":3,\"card\":{\"$redacted\":0}}); undo that one first, or call with its input \
             to get its result"
        );
        assert_eq!(toolbox.find("hold").unwrap().recovery.identity, ["order"]);
        assert!(!text.contains("4242") && !text.contains("4343"), "{text}");
        let given = told(session.call_json(&toolbox, "pay", &json!({"cents": 5})).await);
        let expected = "pay: it is irreversible, and a session does not call it at once";
        assert_eq!(given, (Why::Refused, expected.to_owned()));
        let given = told(session.call_json(&toolbox, "ask", &json!({})).await);
        let expected = "ask: the airline does not answer (after 1 attempts); it did not happen; the same call may be made again later";
        assert_eq!(given, (Why::Refused, expected.to_owned()));
        for _ in 0..3 {
            told(session.call_json(&toolbox, "ask", &json!({})).await);
        }
        let given = told(session.call_json(&toolbox, "ask", &json!({})).await);
        let expected = "ask: the session has made 5 calls, as many as it may; commit it or roll it back";
        assert_eq!(given, (Why::Refused, expected.to_owned()));
        session.commit().await.unwrap();
        let given = told(session.call_json(&toolbox, "ask", &json!({})).await);
        let expected = "ask: the session is completed and makes no more calls; tell the user, or begin another one if you can";
        assert_eq!(given, (Why::Refused, expected.to_owned()));
    });
}

#[test]
fn what_waits_for_the_commit_gives_a_receipt() {
    in_a_session(|_runtime, session, shop| async move {
        let toolbox = toolbox();
        let arguments = json!({"text": "Your seat is held."});
        for _ in 0..2 {
            let receipt = session.call_json(&toolbox, "mail", &arguments).await.unwrap();
            assert_eq!(receipt, json!({"deferred": true, "site": "mail"}), "a repeat gets the same");
            let oracle = jsonschema::validator_for(&toolbox.find("mail").unwrap().output_schema).unwrap();
            assert!(oracle.is_valid(&receipt));
        }
        assert_eq!(
            shop.0.load(Ordering::Relaxed),
            0,
            "an agent that stops before its commit has sent no mail"
        );
        assert!(session.commit().await.unwrap().is_completed());
        assert_eq!(shop.0.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_deliberate_repeat_is_made_again() {
    in_a_session(|_runtime, session, shop| async move {
        let toolbox = toolbox();
        let arguments = json!({"order": 7, "seats": 2, "card": "4242"});
        session.call_json(&toolbox, "hold", &arguments).await.unwrap();
        session.again_json(&toolbox, "hold", &arguments, "a second table").await.unwrap();
        assert_eq!(shop.0.load(Ordering::Relaxed), 2);
    });
}
