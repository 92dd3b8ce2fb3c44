//! What a toolbox says of the steps that it offers.
#![allow(clippy::unwrap_used, clippy::too_many_arguments)]

use std::time::Duration;

use saga::policy::Kind;
use saga::prelude::*;
use saga::tools::{Hints, Toolbox};
use saga::{StartError, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

struct Shop;

/// Where a guest sits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Seat {
    /// The row, from the front.
    row: u8,
    window: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Held {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// Holds a seat.
/// Call it once for each seat.
///
/// Not for groups.
#[step(tool, compensate = release(output.id), idempotent, leaves = "a fee", undo_within = "24h")]
async fn hold(
    /// Of the shop.
    _shop: &Shop,
    /// The order, as the customer
    /// names it.
    order: String,
    seat: Seat,
    card: Redacted<String>,
    note: Option<String>,
    #[serde(default)] extras: Vec<Value>,
) -> Result<Held, Failure> {
    drop((order, seat, card, note, extras));
    Ok(Held { id: 7, until: None })
}

#[step(retriable, idempotent)]
async fn release(id: u64) -> Result<(), Failure> {
    let _ = id;
    Ok(())
}

/// Finds orders.
#[step(tool, readonly)]
async fn find(any: Value) -> Result<Vec<u32>, Failure> {
    drop(any);
    Ok(vec![])
}

/// Pays.
#[step(tool, irreversible)]
async fn pay(key: &IdempotencyKey) -> Result<(), Failure> {
    let _ = key;
    Ok(())
}

#[doc = include_str!("toolbox/described.txt")]
#[step(tool, readonly)]
async fn look() -> Result<(), Failure> {
    Ok(())
}

fn toolbox() -> Toolbox {
    Toolbox::new().offer::<pay>().offer::<hold>().offer::<find>().offer::<look>()
}

#[test]
fn tools_stand_in_the_order_in_which_they_were_offered() {
    let names: Vec<&str> = toolbox().tools().map(|tool| tool.name).collect();
    assert_eq!(names, ["pay", "hold", "find", "look"]);
    assert!(toolbox().find("release").is_none(), "what only undoes is not offered");
}

#[test]
fn a_description_is_the_doc_comment() {
    let text = |name: &str| toolbox().find(name).unwrap().description.clone();
    assert_eq!(text("hold"), "Holds a seat.\nCall it once for each seat.\n\nNot for groups.");
    assert_eq!(text("look"), "Looks around.\n\n- twice");
}

#[test]
fn an_input_is_a_closed_object_of_the_parameters() {
    let toolbox = toolbox();
    let expected = json!({
        "type": "object",
        "properties": {
            "order": {"type": "string", "description": "The order, as the customer\nnames it."},
            "seat": {"$ref": "#/$defs/Seat"},
            "card": {"type": "string", "writeOnly": true},
            "note": {"type": ["string", "null"]},
            "extras": {"type": "array", "items": {}},
        },
        "required": ["order", "seat", "card"],
        "additionalProperties": false,
        "$defs": {"Seat": {
            "type": "object",
            "description": "Where a guest sits.",
            "properties": {
                "row": {"type": "integer", "description": "The row, from the front.", "minimum": 0, "maximum": 255},
                "window": {"type": ["boolean", "null"]},
            },
            "required": ["row"],
            "additionalProperties": false,
        }},
    });
    assert_eq!(toolbox.find("hold").unwrap().input_schema, expected);
    let nothing = json!({"type": "object", "properties": {}, "additionalProperties": false});
    assert_eq!(toolbox.find("pay").unwrap().input_schema, nothing);
    assert_eq!(toolbox.find("find").unwrap().input_schema["properties"]["any"], json!({}), "never `true`");
}

#[test]
fn an_output_is_always_an_object() {
    let toolbox = toolbox();
    let schema = |name: &str| toolbox.find(name).unwrap().output_schema.clone();
    let held = schema("hold");
    assert_eq!((&held["type"], &held["required"]), (&json!("object"), &json!(["id"])), "{held}");
    assert_eq!(
        held["properties"]["id"]["type"],
        json!(["integer", "string"]),
        "it may be too large for a float"
    );
    let found = json!({
        "type": "object",
        "properties": {"result": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": u32::MAX},
        }},
        "required": ["result"],
    });
    assert_eq!(schema("find"), found);
    assert_eq!(schema("pay")["properties"]["result"], json!({"type": "null"}));
}

#[test]
fn hints_and_recovery_follow_from_the_step() {
    let toolbox = toolbox();
    let hints = |name: &str| {
        let Hints { read_only, destructive, idempotent, .. } = toolbox.find(name).unwrap().hints;
        (read_only, destructive, idempotent)
    };
    assert_eq!(hints("hold"), (false, false, true));
    assert_eq!(hints("find"), (true, false, true));
    assert_eq!(hints("pay"), (false, true, false), "under another key it is another payment");
    let hold = toolbox.find("hold").unwrap().recovery;
    assert_eq!((hold.kind, hold.undone_by), (Kind::Compensated, Some("release")));
    assert_eq!((hold.leaves, hold.undo_within), (Some("a fee"), Some(Duration::from_secs(86_400))));
    let pay = toolbox.find("pay").unwrap().recovery;
    assert_eq!((pay.kind, pay.undone_by, pay.leaves), (Kind::Irreversible, None, None));
}

#[saga]
async fn idle() -> Result<(), Failure> {
    Ok(())
}

#[test]
fn a_runtime_registers_what_a_toolbox_offers_and_what_undoes_it() {
    saga::test::in_virtual_time(async {
        let started = |toolbox: Toolbox| {
            let builder = Runtime::builder(MemoryStore::new()).saga::<idle>();
            builder.tools(&toolbox).start()
        };
        let refused = started(toolbox()).await.map(drop);
        assert!(matches!(refused, Err(StartError::MissingResource { .. })), "{refused:?}");
        let twice = started(Toolbox::new().offer::<find>().offer::<find>()).await.map(drop).unwrap_err();
        assert_eq!(twice.to_string(), "tool find is offered twice: leave one `.offer::<find>()` out");
        assert!(started(Toolbox::new().offer::<find>()).await.is_ok());
    });
}
