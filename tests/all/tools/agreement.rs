//! What a schema says of a type, what is accepted from outside, and what the step reads agree. For many types and many
//! values, the reader is compared with another implementation of JSON Schema, the crate `jsonschema`.
//!
//! Mutants seen to fail here: a definition closed that is a part of another object; unknown members passed over; a whole
//! float left as it is.
#![allow(clippy::unwrap_used, clippy::too_many_arguments)]

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use saga::prelude::*;
use saga::tools::{ToolError, Toolbox};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Named {
    a: u8,
    b: Option<String>,
    #[serde(default)]
    c: Vec<i64>,
    #[serde(rename = "dee")]
    d: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Strict {
    inner: Named,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Flat {
    top: bool,
    #[serde(flatten)]
    named: Named,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FlatChoice {
    top: bool,
    #[serde(flatten)]
    choice: Internal,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FlatMap {
    top: bool,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Newtype(u64);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum External {
    Unit,
    Other,
    Newtype(u32),
    Tuple(u8, String),
    Named { a: u8 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Newtype(Named),
    Named { a: i16 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "of")]
enum Adjacent {
    Unit,
    Newtype(u8),
    Named { a: u8 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Small(u8),
    Text(String),
    Named { a: u8 },
    Many(Vec<u8>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Tree {
    value: i32,
    children: Vec<Tree>,
    next: Option<Box<Tree>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Limited {
    #[schemars(range(min = 1, max = 9))]
    few: u64,
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    share: f64,
    #[schemars(length(min = 2, max = 3))]
    list: Vec<u8>,
    #[schemars(extend("multipleOf" = 0.5))]
    price: f64,
    #[schemars(regex(pattern = "^[a-z]+$"))]
    word: String,
}

/// Makes a step of each type, and offers it.
macro_rules! types {
    ($($name:ident: $ty:ty = $sample:tt;)*) => {
        $(
            /// Takes a value.
            #[step(tool, readonly)]
            async fn $name(value: $ty) -> Result<(), Failure> {
                let _ = value;
                Ok(())
            }
        )*

        /// Returns a toolbox of them, and values that are read as each.
        fn types() -> (Toolbox, Vec<(&'static str, Vec<Value>)>) {
            let toolbox = Toolbox::new()$(.offer::<$name>())*;
            (toolbox, vec![$((stringify!($name), values(json!($sample)))),*])
        }
    };
}

/// Returns the values of a list.
fn values(list: Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

types! {
    take_u8: u8 = [0, 255];
    take_i32: i32 = [-2147483648, 5.0, 1e2];
    take_i64: i64 = [i64::MIN, "9223372036854775807", "-5"];
    take_u64: u64 = [u64::MAX, "18446744073709551615", 9007199254740993_u64];
    take_u128: u128 = ["340282366920938463463374607431768211455", 1];
    take_i128: i128 = ["-170141183460469231731687303715884105728"];
    take_nonzero: NonZeroU32 = [1];
    take_f64: f64 = [1, 1.5, -0.0, 1e300];
    take_bool: bool = [true];
    take_text: String = ["", "é"];
    take_char: char = ["é"];
    take_unit: () = [null];
    take_option: Option<u64> = [null, 7, "7"];
    take_option_text: Option<String> = [null, "7"];
    take_list: Vec<u32> = [[], [1, 2.0]];
    take_nested: Vec<Vec<i64>> = [[[1], []], [["-5"]]];
    take_array: [u8; 2] = [[1, 2]];
    take_tuple: (u8, String) = [[1, "a"]];
    take_map: BTreeMap<String, u64> = [{}, {"a": 1, "b/c": "2"}];
    take_numbered: BTreeMap<u32, String> = [{"1": "a"}];
    take_set: BTreeSet<String> = [["a", "b"]];
    take_any: Value = [1, "a", {"a": [1]}];
    take_object: Map<String, Value> = [{"a": 1}];
    take_newtype: Newtype = [5, "5"];
    take_secret: Redacted<String> = ["4242"];
    take_secret_number: Redacted<u32> = [4242];
    take_secret_option: Option<Redacted<String>> = [null, "4242"];
    take_named: Named = [{"a": 1}, {"a": 1, "b": null, "c": [1.0], "dee": "3"}];
    take_strict: Strict = [{"inner": {"a": 1}}];
    take_flat: Flat = [{"top": true, "a": 1}, {"top": true, "a": 1, "c": [5]}];
    take_flat_choice: FlatChoice = [{"top": true, "kind": "Named", "a": 5}, {"top": false, "kind": "Unit"}];
    take_flat_map: FlatMap = [{"top": true, "x": 1}];
    take_external: External = ["Unit", {"Newtype": 5}, {"Tuple": [1, "a"]}, {"Named": {"a": 1}}];
    take_internal: Internal = [{"kind": "Unit"}, {"kind": "Newtype", "a": 1}, {"kind": "Named", "a": -5}];
    take_adjacent: Adjacent = [{"kind": "Unit"}, {"kind": "Newtype", "of": 5}, {"kind": "Named", "of": {"a": 1}}];
    take_untagged: Untagged = [5, "5", {"a": 1}, [1, 2]];
    take_option_enum: Option<External> = [null, "Unit", {"Newtype": 5}];
    take_tree: Tree = [{"value": 1, "children": [{"value": 2, "children": []}], "next": null}];
    take_duration: Duration = [{"secs": 1, "nanos": 5}];
    take_time: saga::Timestamp = [5, "5"];
    take_limited: Limited = [{"few": 5, "share": 0.5, "list": [1, 2], "price": 19.5, "word": "ok"}];
}

/// Returns values of all kinds.
fn atoms() -> Vec<Value> {
    values(json!([
        null, true, false, 0, 1, -1, 5.0, 1e2, -0.0, 1.5, 127, 128, 255, 256, -129, 65536, 4294967296_u64, -2147483649_i64,
        9007199254740991_u64, 9007199254740993_u64, u64::MAX, i64::MIN, 1e300, "", "a", "ab", "12", "-3", "1.5", "007",
        "Unit", "Newtype", "Named", "é", "2026-12-01T00:00:00Z", [], [1], [1, 2], ["a"], [1, "a"], [[1]], [["1"]], ["a", "a"],
        [null], {}, {"a": 1}, {"a": "1"}, {"b": null}, {"1": "x"}, {"x": "x"}, {"kind": "Unit"}, {"kind": "None"},
        {"kind": "Named", "a": 5}, {"Named": {"a": 1}}, {"Newtype": null}, {"top": true}, {"value": 1}, {"secs": 1, "nanos": 2},
    ]))
}

/// Returns the value with one thing changed: a member left out, added or replaced, at each depth.
fn mutants(value: &Value, atoms: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(members) => {
            for name in members.keys() {
                let mut without = members.clone();
                without.remove(name);
                all.push(Value::Object(without));
            }
            let mut more = members.clone();
            more.insert("unheard".to_owned(), json!(1));
            all.push(Value::Object(more));
            for (name, inner) in members {
                for changed in atoms.iter().cloned().chain(mutants(inner, atoms)) {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    all.push(Value::Object(members));
                }
            }
        }
        Value::Array(elements) => {
            for (at, inner) in elements.iter().enumerate() {
                for changed in atoms.iter().cloned().chain(mutants(inner, atoms)) {
                    let mut elements = elements.clone();
                    elements[at] = changed;
                    all.push(Value::Array(elements));
                }
            }
            all.push(Value::Array(elements.iter().chain(elements).cloned().collect()));
        }
        _ => {}
    }
    all
}

/// Returns true if the value holds what the schema admits by its words, and what no type could hold: digits in a text
/// that are out of the bounds of the number.
fn is_beyond_its_bounds(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            number.as_f64().is_some_and(|number| number.fract() == 0.0 && number.abs() >= 9e15)
        }
        Value::String(text) => text.parse::<i128>().is_ok_and(|number| number < 0),
        Value::Array(values) => values.iter().any(is_beyond_its_bounds),
        Value::Object(members) => members.values().any(is_beyond_its_bounds),
        _ => false,
    }
}

#[test]
fn samples_are_accepted() {
    let (toolbox, types) = types();
    for (name, samples) in types {
        for sample in samples {
            let checked = toolbox.check(name, &json!({ "value": sample }));
            assert!(checked.is_ok(), "{name} {sample}: {}", checked.unwrap_err());
        }
    }
}

#[test]
fn the_reader_accepts_what_the_schema_says_and_the_step_reads_it() {
    let (toolbox, types) = types();
    let atoms = atoms();
    let (mut accepted, mut refused) = (0, 0);
    for (name, samples) in types {
        let schema = &toolbox.find(name).unwrap().input_schema;
        let oracle =
            jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{name}: {error}\n{schema}"));
        let changed = samples.iter().flat_map(|sample| mutants(sample, &atoms)).collect::<Vec<_>>();
        for value in samples.iter().chain(&atoms).chain(&changed) {
            let arguments = json!({ "value": value });
            let checked = toolbox.check(name, &arguments);
            let says = oracle.is_valid(&arguments);
            if let Err(ToolError::Arguments { problems, .. }) = &checked {
                assert!(!problems.is_empty(), "{name} {value}");
                let by_the_step = problems.iter().any(|problem| problem.at.is_empty());
                assert!(
                    !by_the_step || is_beyond_its_bounds(value),
                    "{name} {value}: {problems:?}\n{schema}"
                );
            }
            if checked.is_ok() != says {
                assert!(
                    says && is_beyond_its_bounds(value),
                    "{name} {value}: {checked:?}, and {says}\n{schema}"
                );
            }
            *(if checked.is_ok() { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert!(accepted > 500 && refused > 5000, "{accepted} were accepted, {refused} refused");
}

#[test]
fn a_member_that_no_type_names_is_refused_wherever_it_stands() {
    let (toolbox, types) = types();
    for (name, samples) in types {
        // All members are of these.
        let is_open =
            ["take_any", "take_object", "take_map", "take_flat_map", "take_numbered"].contains(&name);
        for sample in samples.into_iter().filter(|_| !is_open) {
            let Value::Object(mut members) = sample else { continue };
            members.insert("unheard".to_owned(), json!(1));
            let told = toolbox.check(name, &json!({ "value": members })).unwrap_err().to_string();
            assert!(told.contains("/value/unheard") || told.contains("/value"), "{name}: {told}");
        }
    }
}
