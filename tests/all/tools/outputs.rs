//! What a tool gives fits its own output schema: clients refuse it after the effect otherwise.
//!
//! Mutants seen to fail here: an output that is no object given as it is.
#![allow(clippy::unwrap_used, clippy::too_many_arguments)]

use std::collections::BTreeMap;

use saga::prelude::*;
use saga::tools::Toolbox;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Held {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<saga::Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    seats: Vec<String>,
    note: Option<String>,
    card: Redacted<u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Found {
    Nothing,
    Order { number: i64 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Flat {
    total: f64,
    #[serde(flatten)]
    rest: BTreeMap<String, u64>,
}

/// Makes a step of each value, and a test of what it gives by name.
macro_rules! outputs {
    ($($name:ident: $ty:ty = $value:expr => $given:tt;)*) => {
        $(
            /// Gives a value.
            #[step(tool, readonly)]
            async fn $name() -> Result<$ty, Failure> {
                Ok($value)
            }
        )*

        #[test]
        fn what_is_given_fits_the_schema_that_says_it() {
            saga::test::in_virtual_time(async {
                let toolbox = Toolbox::new()$(.offer::<$name>())*;
                let runtime = Runtime::builder(MemoryStore::new()).tools(&toolbox).start().await.unwrap();
                let session = runtime.session("outputs").unwrap().open().await.unwrap();
                let expected: Vec<(&str, Value)> = vec![$((stringify!($name), json!($given))),*];
                for (name, expected) in expected {
                    let given = session.call_json(&toolbox, name, &json!({})).await.unwrap();
                    assert_eq!(given, expected, "{name}");
                    let schema = &toolbox.find(name).unwrap().output_schema;
                    let oracle = jsonschema::validator_for(schema).unwrap();
                    let wrong = oracle.validate(&given).map_err(|error| error.to_string());
                    assert_eq!(wrong, Ok(()), "{name}: {given}\n{schema}");
                    assert_eq!(schema["type"], "object", "{name}");
                }
            });
        }
    };
}

outputs! {
    gives_nothing: () = () => {"result": null};
    gives_number: u8 = 7 => {"result": 7};
    gives_large: u64 = u64::MAX => {"result": "18446744073709551615"};
    gives_exact: u64 = (1 << 53) - 1 => {"result": 9007199254740991_u64};
    gives_negative: i64 = i64::MIN => {"result": "-9223372036854775808"};
    gives_huge: u128 = u128::MAX => {"result": "340282366920938463463374607431768211455"};
    gives_float: f64 = 1e300 => {"result": 1e300};
    gives_text: String = "12345678901234567890".to_owned() => {"result": "12345678901234567890"};
    gives_secret: Redacted<String> = Redacted::new("4242".to_owned()) => {"result": "[redacted]"};
    gives_list: Vec<Option<i64>> = vec![Some(1), None] => {"result": [1, null]};
    gives_map: BTreeMap<u32, String> = BTreeMap::from([(5, "a".to_owned())]) => {"5": "a"};
    gives_any: Value = json!([1]) => {"result": [1]};
    gives_tagged: Found = Found::Order { number: 5 } => {"result": {"kind": "Order", "number": 5}};
    gives_unit: Found = Found::Nothing => {"result": {"kind": "Nothing"}};
    gives_flat: Flat = Flat { total: 1.5, rest: BTreeMap::from([("a".to_owned(), u64::MAX)]) } =>
        {"total": 1.5, "a": "18446744073709551615"};
    gives_held: Held = Held {
        id: 1,
        until: None,
        seats: vec![],
        note: None,
        card: Redacted::new(4242),
    } => {"id": 1, "note": null, "card": "[redacted]"};
    gives_all: Held = Held {
        id: u64::MAX,
        until: Some(saga::Timestamp(5)),
        seats: vec!["12A".to_owned()],
        note: Some("hi".to_owned()),
        card: Redacted::new(4242),
    } => {"id": "18446744073709551615", "until": 5, "seats": ["12A"], "note": "hi", "card": "[redacted]"};
}
