//! The features are on: without them the other tests here would say nothing.
#![allow(clippy::unwrap_used)]

use serde_json::{Map, Number, Value};

#[test]
fn numbers_keep_their_digits_and_objects_their_order() {
    let digits = "1234567890123456789012345678901234567890";
    assert_eq!(serde_json::from_str::<Number>(digits).unwrap().to_string(), digits);
    let object: Map<String, Value> = serde_json::from_str(r#"{"b":1,"a":2}"#).unwrap();
    assert_eq!(object.keys().collect::<Vec<_>>(), ["b", "a"]);
}

#[test]
fn such_a_number_comes_back_with_its_digits() {
    for digits in ["1234567890123456789012345678901234567890", "0.10", "-1e+2", "7", "1.5"] {
        let number: Value = serde_json::from_str(digits).unwrap();
        let back = saga::test::comes_back(&vec![number]).unwrap();
        assert_eq!(back[0].to_string(), digits);
    }
}
