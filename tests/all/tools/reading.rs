//! What a model is told of arguments that are wrong, word for word: it mends them by that alone.
//!
//! Mutants seen to fail here: unknown members passed over.
#![allow(clippy::unwrap_used, clippy::too_many_arguments)]

use std::collections::{BTreeMap, BTreeSet};

use saga::StartError;
use saga::prelude::*;
use saga::tools::Toolbox;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Seat {
    #[schemars(range(min = 1, max = 60))]
    row: u8,
    #[schemars(length(equal = 1), regex(pattern = "^[A-F]$"))]
    letter: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Cabin {
    Economy,
    Business,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
enum Payment {
    Card { number: Redacted<String> },
    Voucher { code: String, worth: u32 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Meal {
    None,
    Standard { vegan: bool },
    Own(String),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Day(#[schemars(extend("format" = "date"))] String);

/// Books.
#[step(tool, irreversible, idempotent)]
async fn book(
    order_id: u64,
    seats: Vec<Seat>,
    cabin: Cabin,
    payment: Payment,
    meal: Option<Meal>,
    tags: Option<BTreeSet<String>>,
    weights: Option<BTreeMap<String, f64>>,
    day: Option<Day>,
    card: Option<Redacted<u32>>,
) -> Result<(), Failure> {
    drop((order_id, seats, cabin, payment, meal, tags, weights, day, card));
    Ok(())
}

/// Returns arguments that are right but for these.
fn arguments(changed: Value) -> Value {
    let mut arguments = json!({
        "order_id": 7,
        "seats": [{"row": 12, "letter": "A"}],
        "cabin": "economy",
        "payment": {"by": "voucher", "code": "X", "worth": 5},
    });
    for (name, value) in changed.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

/// Returns what the model is told.
fn told(arguments: &Value) -> String {
    match Toolbox::new().offer::<book>().check("book", arguments) {
        Ok(()) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Returns the one line that the model is told.
fn line(changed: Value) -> String {
    let told = told(&arguments(changed));
    let line = told.strip_prefix("book was not called:\n- ").map_or(told.clone(), str::to_owned);
    assert!(!line.contains('\n'), "one mistake is one line: {line}");
    line
}

#[test]
fn right_arguments_are_accepted() {
    assert_eq!(line(json!({})), "accepted");
    let all = json!({
        "meal": {"standard": {"vegan": true}}, "tags": ["a", "b"], "weights": {"bag": 12.5}, "day": "2026-12-01",
        "card": 4242, "payment": {"by": "card", "number": "4242"}, "cabin": "business",
    });
    assert_eq!(line(all), "accepted");
    assert_eq!(line(json!({"meal": null, "tags": null})), "accepted");
    assert_eq!(line(json!({"meal": "none"})), "accepted");
    assert_eq!(line(json!({"meal": {"own": "sandwich"}})), "accepted");
}

#[test]
fn a_value_of_another_type_is_said_with_its_place_and_what_to_write() {
    for (changed, expected) in [
        (
            json!({"order_id": "seven"}),
            r#"/order_id: found the text "seven", expected a whole number from 0"#,
        ),
        (json!({"order_id": 7.5}), "/order_id: found 7.5, expected a whole number from 0"),
        (json!({"order_id": -1}), "/order_id: found -1, expected a whole number from 0"),
        (json!({"order_id": null}), "/order_id: found null, expected a whole number from 0"),
        (
            json!({"order_id": 1e20}),
            "/order_id: found 1e+20, expected a whole number from 0; write all its digits as an integer: a float has lost some",
        ),
        (
            json!({"seats": "12A"}),
            r#"/seats: found the text "12A", expected a list with an object with `letter`, `row` as each element"#,
        ),
        (
            json!({"seats": r#"[{"row": 12, "letter": "A"}]"#}),
            r#"/seats: found the text "[{\"row\": 12, \"letter\": \"A\"}]", expected a list with an object with `letter`, `row` as each element; write the list itself, without quotes around it"#,
        ),
        (
            json!({"seats": [{"row": "12", "letter": "A"}]}),
            r#"/seats/0/row: found the text "12", expected a whole number from 1 to 60; write 12 without quotes"#,
        ),
        (
            json!({"payment": {"by": "voucher", "code": 5, "worth": 5}}),
            r#"/payment/code: found 5, expected text; write "5" in quotes"#,
        ),
        (
            json!({"meal": {"standard": {"vegan": "yes"}}}),
            r#"/meal/standard/vegan: found the text "yes", expected true or false"#,
        ),
        (
            json!({"meal": {"standard": {"vegan": "true"}}}),
            r#"/meal/standard/vegan: found the text "true", expected true or false; write true without quotes"#,
        ),
        (
            json!({"weights": {"bag/1": "heavy"}}),
            r#"/weights/bag~11: found the text "heavy", expected a number"#,
        ),
        (json!({"tags": ["a", 5]}), r#"/tags/1: found 5, expected text; write "5" in quotes"#),
    ] {
        assert_eq!(line(changed), expected);
    }
    assert_eq!(
        told(&json!([7])),
        "book was not called:\n- the arguments: found a list, expected an object with `cabin`, `card`, `day`, `meal`, \
         `order_id`, `payment`, `seats`, `tags`, `weights`"
    );
}

#[test]
fn limits_are_held_and_said() {
    for (changed, expected) in [
        (
            json!({"seats": [{"row": 61, "letter": "A"}]}),
            "/seats/0/row: found 61, expected a whole number from 1 to 60",
        ),
        (
            json!({"seats": [{"row": 1, "letter": "AB"}]}),
            r#"/seats/0/letter: found the text "AB", expected text of one character that matches ^[A-F]$"#,
        ),
        (
            json!({"seats": [{"row": 1, "letter": "g"}]}),
            r#"/seats/0/letter: found the text "g", expected text of one character that matches ^[A-F]$"#,
        ),
        (
            json!({"tags": ["a", "b", "a"]}),
            "/tags/2: an earlier element is the same, expected each once; leave it out",
        ),
        (
            json!({"payment": {"by": "voucher", "code": "X", "worth": 4294967296_u64}}),
            "/payment/worth: found 4294967296, expected a whole number from 0 to 4294967295",
        ),
    ] {
        assert_eq!(line(changed), expected);
    }
}

#[test]
fn members_that_are_missing_unknown_or_misspelt_are_named() {
    let mut missing = arguments(json!({}));
    missing.as_object_mut().unwrap().remove("cabin");
    assert_eq!(
        told(&missing),
        "book was not called:\n- /cabin: missing, expected one of \"economy\", \"business\""
    );
    missing["cabbin"] = json!("economy");
    assert_eq!(
        told(&missing),
        "book was not called:\n- /cabbin: there is no such member; did you mean `cabin`? accepted are `cabin`, `card`, \
         `day`, `meal`, `order_id`, `payment`, `seats`, `tags`, `weights`",
        "one mistake is one line"
    );
    for (changed, expected) in [
        (
            json!({"seats": [{"row": 1, "letter": "A", "window": true}]}),
            "/seats/0/window: there is no such member; accepted are `letter`, `row`",
        ),
        (
            json!({"payment": {"by": "voucher", "code": "X", "worth": 5, "valueInCents": 500}}),
            "/payment/valueInCents: there is no such member; accepted are `by`, `code`, `worth`",
        ),
        (
            json!({"meal": {"standard": {"vegan": true, "veggan": true}}}),
            "/meal/standard/veggan: there is no such member; accepted are `vegan`",
        ),
        (
            json!({"payment": {"by": "voucher", "code": "X"}}),
            "/payment/worth: missing, expected a whole number from 0 to 4294967295",
        ),
    ] {
        assert_eq!(line(changed), expected);
    }
}

#[test]
fn of_several_forms_the_one_that_was_meant_is_judged() {
    for (changed, expected) in [
        (
            json!({"cabin": "first"}),
            r#"/cabin: found the text "first", expected one of "economy", "business""#,
        ),
        (
            json!({"payment": {"by": "cash"}}),
            r#"/payment/by: found the text "cash", expected one of "card", "voucher""#,
        ),
        (json!({"payment": {"number": "1"}}), r#"/payment/by: missing, expected one of "card", "voucher""#),
        (
            json!({"meal": {"standrad": {"vegan": true}}}),
            "/meal/standrad: there is no such member; did you mean `standard`? accepted is one of `standard`, `own`",
        ),
        (json!({"meal": {"own": 5}}), r#"/meal/own: found 5, expected text; write "5" in quotes"#),
        (json!({"meal": "vegan"}), r#"/meal: found the text "vegan", expected "none""#),
        (
            json!({"meal": true}),
            r#"/meal: found true, expected "none", or an object with `standard`, or an object with `own`, or null"#,
        ),
    ] {
        assert_eq!(line(changed), expected);
    }
}

#[test]
fn a_secret_is_not_echoed() {
    let told = line(json!({"payment": {"by": "card", "number": 424242}}));
    assert_eq!(told, "/payment/number: found a value of the type number, expected text");
    let told = line(json!({"card": "4242 4242"}));
    assert!(!told.contains("4242"), "{told}");
}

#[test]
fn many_mistakes_are_said_at_once_and_not_without_end() {
    let told = told(&json!({"order_id": "x", "cabin": 1, "payment": 2}));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 5, "{told}");
    let seats: Vec<Value> = (0..50).map(|_| json!({"row": 0, "letter": "A"})).collect();
    let told = line_count(&json!({ "seats": seats }));
    assert_eq!(told, (12, "- and 40 more".to_owned()));
}

fn line_count(changed: &Value) -> (usize, String) {
    let told = told(&arguments(changed.clone()));
    (told.lines().count(), told.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn an_unknown_tool_is_said_with_the_nearest() {
    let error = Toolbox::new().offer::<book>().check("bok", &json!({})).unwrap_err();
    assert_eq!(error.to_string(), r#"there is no tool "bok"; did you mean `book`?; the tools are book"#);
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("dependentRequired" = {"a": ["b"]}))]
struct Odd {
    a: Option<u8>,
    b: Option<u8>,
}

/// Is odd.
#[step(tool, readonly)]
async fn odd(odd: Odd) -> Result<(), Failure> {
    let _ = odd;
    Ok(())
}

#[test]
fn what_a_schema_says_and_is_not_checked_is_refused_at_the_start() {
    saga::test::in_virtual_time(async {
        let toolbox = Toolbox::new().offer::<odd>();
        let refused = Runtime::builder(MemoryStore::new()).tools(&toolbox).start().await.map(drop);
        let Err(error @ StartError::ToolSchema { .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(
            error.to_string(),
            "the schema of what tool odd takes: at /$defs, `dependentRequired` is not checked"
        );
    });
}
