//! What a service answers with: states, summaries and plans as JSON. Its shape is part of the interface, and it shows no
//! secrets. And what a body may ask about itself, for its log.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use saga::prelude::*;
use saga::store::Query;
use saga::test::{TestRuntime, in_virtual_time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Room {
    door: Redacted<String>,
    price: u32,
}

#[step(compensate = free(output.price), idempotent)]
async fn reserve(card: Redacted<String>, price: u32) -> Result<Room, Failure> {
    Ok(Room { door: card, price })
}

#[step(retriable, idempotent, retry(attempts = 1))]
async fn free(price: u32) -> Result<(), Failure> {
    match price {
        13 => Err(Failure::permanent("the clerk is gone")),
        _ => Ok(()),
    }
}

#[saga]
async fn stay(card: Redacted<String>, price: u32) -> Result<Room, Failure> {
    let room = reserve(card, price).await?;
    approve(format!("Pay {price}?")).within("2h").await?;
    sleep("1h").await;
    let nights: u32 = signal("nights").await;
    let (room, ()) = all((reserve(room.door, nights), sleep("5m"))).await?;
    Ok(room)
}

fn card() -> Redacted<String> {
    Redacted::new("4242".to_owned())
}

fn ann() -> By {
    By::new("Ann", "as agreed")
}

fn json_of(value: &impl Serialize) -> Value {
    let json = serde_json::to_value(value).unwrap();
    assert!(!json.to_string().contains("4242"), "a secret is shown: {json}");
    json
}

async fn started() -> Runtime {
    Runtime::builder(MemoryStore::new()).saga::<stay>().start().await.unwrap()
}

#[test]
fn a_state_is_json_at_each_of_its_sites_and_ends() {
    in_virtual_time(async {
        let runtime = started().await;
        let handle = runtime.run("a", stay(card(), 5)).await.unwrap();
        let began = runtime.now().0;
        tokio::time::sleep(Duration::from_millis(10)).await;
        let at = json_of(&handle.state().await.unwrap());
        let until = at["state"]["until"].as_i64().unwrap();
        assert_eq!(at, json!({"at": "approve", "state": {"prompt": "Pay 5?", "until": until}}));
        assert!((until - began - 2 * 3_600_000).abs() < 1000, "{until}");

        handle.approve(ann()).await.unwrap();
        let at = json_of(&handle.state().await.unwrap());
        assert_eq!(at, json!({"at": "sleep", "state": {"until": at["state"]["until"]}}));

        tokio::time::sleep(Duration::from_secs(3601)).await;
        let at = json_of(&handle.state().await.unwrap());
        assert_eq!(at, json!({"at": "signal", "state": {"name": "nights", "until": null}}));

        handle.signal("nights", "1", &3).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        let at = json_of(&handle.state().await.unwrap());
        let branches = json!([
            {
                "site": "all.0/reserve",
                "input": {"card": "[redacted]", "price": 3},
                "progress": {"done": {"door": "[redacted]", "price": 3}},
            },
            {"until": at["state"][1]["until"], "is_over": false},
        ]);
        assert_eq!(at, json!({"at": "all", "state": branches}));

        handle.outcome().await.unwrap();
        let end = json_of(&handle.state().await.unwrap());
        assert_eq!(end, json!({"phase": "completed", "output": {"door": "[redacted]", "price": 3}}));
    });
}

#[test]
fn an_end_without_an_output_is_json_with_its_cause() {
    in_virtual_time(async {
        let runtime = started().await;
        let handle = runtime.run("a", stay(card(), 5)).await.unwrap();
        handle.cancel(ann()).await.unwrap().settled().await.unwrap();
        let end = json_of(&handle.state().await.unwrap());
        assert_eq!(
            end,
            json!({
                "phase": "rolled_back",
                "cause": "cancelled by Ann (as agreed)",
                "error": null,
                "rollback": {"complete": {"residue": []}},
            })
        );

        let handle = runtime.run("b", stay(card(), 13)).await.unwrap();
        handle.cancel(ann()).await.unwrap().settled().await.unwrap();
        let end = json_of(&handle.state().await.unwrap());
        let blocker = json!({
            "site": "reserve", "role": "undo", "reason": "compensation_failed", "detail": "the clerk is gone",
        });
        assert_eq!(end, json!({"phase": "dead_lettered", "blockers": [blocker]}));
    });
}

#[test]
fn a_page_of_sagas_is_json() {
    in_virtual_time(async {
        let runtime = started().await;
        let handle = runtime.run("a", stay(card(), 5)).await.unwrap();
        handle.cancel(ann()).await.unwrap().settled().await.unwrap();
        let page = json_of(&runtime.sagas(&Query::default()).await.unwrap());
        let summary = &page["sagas"][0];
        let status = json!({
            "saga": "stay", "version": 1, "phase": "rolled_back", "wake_at": null, "reasons": [],
            "progress": summary["status"]["progress"], "deaths": 0, "undoable": "no",
        });
        let times = (&summary["created_at"], &summary["updated_at"]);
        let listed =
            json!({"id": "a", "status": status, "created_at": times.0, "updated_at": times.1, "held": false});
        assert_eq!(page, json!({"sagas": [listed], "damaged": [], "next": null}));
        assert!(times.0.is_i64() && times.1.is_i64(), "milliseconds since 1970: {times:?}");
    });
}

#[test]
fn a_state_without_a_type_is_json_as_well() {
    in_virtual_time(async {
        let runtime = started().await;
        let handle = runtime.run("a", stay(card(), 5)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        let view = json_of(&handle.view().await.unwrap());
        assert_eq!(
            (&view["id"], &view["saga"], &view["phase"]),
            (&json!("a"), &json!("stay"), &json!("waiting"))
        );
        let sites: Vec<_> = view["sites"].as_array().unwrap().iter().map(|site| &site["site"]).collect();
        assert_eq!(sites, [&json!("reserve"), &json!("approve")]);
    });
}

static LOG: Mutex<Vec<(String, bool)>> = Mutex::new(Vec::new());

fn log(line: &str) {
    LOG.lock().unwrap().push((line.to_owned(), saga::is_replaying()));
}

#[step(readonly)]
async fn price(cents: u32) -> Result<u32, Failure> {
    log("in the step");
    Ok(cents)
}

#[saga]
async fn quote(cents: u32) -> Result<u32, Failure> {
    let price = price(cents).await?;
    log("in the child");
    Ok(price)
}

#[saga]
async fn offer(cents: u32) -> Result<u32, Failure> {
    log("begun");
    let price = quote(cents).await?;
    log("quoted");
    sleep("1h").await;
    log("slept");
    Ok(price)
}

#[test]
fn a_body_knows_that_it_replays() {
    in_virtual_time(async {
        let mut test = TestRuntime::start(|builder| builder.saga::<offer>()).await.unwrap();
        let handle = test.run("a", offer(5)).await.unwrap();
        test.pass(Duration::from_secs(60)).await;
        drop(handle);
        test.crash().await.unwrap();
        let handle = test.runtime().find_as::<offer>(&SagaId::new("a").unwrap()).await.unwrap().unwrap();
        assert!(handle.outcome().await.unwrap().is_completed());
        let first = ["begun", "in the step", "in the child", "quoted"].map(|line| (line.to_owned(), false));
        // A child that has ended is not run into again, nor is a step.
        let again = [("begun", true), ("quoted", true), ("slept", false)];
        let again = again.map(|(line, replaying)| (line.to_owned(), replaying));
        assert_eq!(*LOG.lock().unwrap(), [&first[..], &again[..]].concat());
        assert!(!saga::is_replaying(), "outside of a body");
    });
}
