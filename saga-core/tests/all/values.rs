//! The effect of a journal on values: a value comes back as it was written, or the difference is detected.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;

use saga_core::Payload;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

fn back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    Payload::encode(value).unwrap().decode().unwrap()
}

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    assert_eq!(back(&value), value);
    let (payload, print) = Payload::encode_printed(&value).unwrap();
    assert_eq!(Payload::encode_printed(&payload.decode::<T>().unwrap()).unwrap().1, print);
}

/// Returns the next pseudorandom number.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn two_million_floats_come_back_to_the_last_bit() {
    let (mut state, mut many, mut singles) = (7, Vec::new(), Vec::new());
    while many.len() < 2_000_000 {
        let bits = random(&mut state);
        many.extend(Some(f64::from_bits(bits)).filter(|float| float.is_finite()));
        // Prices, because they are frequent.
        many.push((bits % 1_000_000_007) as f64 / 100.0);
        if bits.is_multiple_of(8) {
            singles.extend(Some(f32::from_bits((bits >> 32) as u32)).filter(|float| float.is_finite()));
        }
    }
    let bits = |floats: &[f64]| floats.iter().map(|float| float.to_bits()).collect::<Vec<_>>();
    assert!(bits(&back(&many)) == bits(&many));
    let bits = |floats: &[f32]| floats.iter().map(|float| float.to_bits()).collect::<Vec<_>>();
    assert!(bits(&back(&singles)) == bits(&singles));
    comes_back([0.0, -0.0, f64::MIN_POSITIVE, f64::MAX, 5e-324, 0.1 + 0.2]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Paid { cents: u64, rate: f64 },
    Open,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Many(Vec<i64>),
    One(f64),
    Named { name: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u32,
    #[serde(flatten)]
    tagged: Tagged,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Rest {
    id: u32,
    #[serde(flatten)]
    rest: HashMap<String, f64>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Plain {
    Unit,
    Newtype(u8),
    Pair(i8, char),
    Fields { text: String, other: Option<Box<Plain>> },
}

#[test]
fn each_shape_comes_back() {
    comes_back((true, -5_i8, u64::MAX, i64::MIN, i128::MIN, u128::MAX, 'ü', ()));
    comes_back(vec!["".to_owned(), "ü\u{0}\u{7f}\"\\/\n\u{1F6EB}".to_owned()]);
    comes_back(vec![Tagged::Paid { cents: 3, rate: 0.5 }, Tagged::Open]);
    comes_back(vec![Untagged::Many(vec![1, -2]), Untagged::One(1.5), Untagged::Named { name: "a".into() }]);
    comes_back(Flat { id: 1, tagged: Tagged::Paid { cents: 1, rate: 0.1 } });
    comes_back(Rest { id: 1, rest: [("x".to_owned(), 2.0)].into() });
    let deep = Plain::Fields { text: "a".into(), other: Some(Box::new(Plain::Pair(-1, '"'))) };
    comes_back(vec![Plain::Unit, Plain::Newtype(2), deep]);
    comes_back(BTreeMap::from([(1_u64, Some(1)), (u64::MAX, None)]));
    comes_back(BTreeMap::from([(true, 'a')]));
    comes_back(BTreeMap::from([(u128::MAX, [1.5_f32])]));
    comes_back(BTreeMap::from([('k', std::time::Duration::from_nanos(1))]));
    comes_back(std::time::SystemTime::UNIX_EPOCH);
    comes_back(HashMap::from([("a".to_owned(), vec![1]), ("b".to_owned(), vec![])]));
    comes_back(serde_json::json!({"a": [1, -1, 1.0, 1e300, null, true, {"b": "c"}], "u": u64::MAX}));
}

#[test]
fn a_raw_value_keeps_its_text() {
    let raw = serde_json::value::RawValue::from_string(r#"{"b":1.10, "a" : [1e2]}"#.to_owned()).unwrap();
    assert_eq!(back(&(1, raw.clone())).1.get(), raw.get());
}

#[test]
fn a_set_is_one_text_in_whatever_order_it_comes() {
    let set: HashSet<u32> = (0..40).collect();
    let other: HashSet<u32> = (0..40).rev().collect();
    assert_ne!(set.iter().collect::<Vec<_>>(), other.iter().collect::<Vec<_>>());
    let text = |set: &HashSet<u32>| Payload::encode(&vec![set]).unwrap().shown();
    assert_eq!(text(&set), text(&other));
    comes_back(vec![set, other]);
    comes_back(HashMap::from([(1, HashSet::from([vec!['a'], vec![]]))]));
    // A list is never treated as a set.
    let lists = [vec![HashSet::from([2])], vec![HashSet::from([1])]];
    assert_eq!(Payload::encode(&lists).unwrap().shown(), "[[[2]],[[1]]]");
}

#[test]
fn what_has_one_text_is_told_apart_by_its_print() {
    let print = |value: Option<Option<u8>>| Payload::encode_printed(&value).unwrap();
    assert_eq!(print(Some(None)).0, print(None).0);
    assert_ne!(print(Some(None)).1, print(None).1);
    let of = |float| Payload::encode_printed(&Some(float)).unwrap();
    assert!(of(f64::NAN).1.has_lost_float() && !of(1.0).1.has_lost_float());
    assert_ne!(of(f64::NAN).1, Payload::encode_printed(&None::<f64>).unwrap().1);
    let secret =
        |value: Option<Option<u8>>| Payload::encode_printed(&saga_core::Redacted::new(value)).unwrap().1;
    assert_ne!(secret(Some(None)), secret(None));
}

#[derive(Serialize, Deserialize)]
struct Nested(Option<Box<Nested>>, ());

#[test]
fn what_is_nested_too_deep_is_not_written() {
    let nested =
        |depth: u32| (1..depth).fold(Nested(None, ()), |inside, _| Nested(Some(Box::new(inside)), ()));
    assert!(Payload::encode(&nested(127)).unwrap().decode::<Nested>().is_ok());
    assert!(Payload::encode(&nested(128)).is_err());
}

#[test]
fn what_is_no_json_is_refused_and_nothing_panics() {
    for text in
        ["", "[", "[1", "{\"a\"", "\"", "\"\\", "\"\\ü\"", "1-2", "-", "tru", "{\"a\":}", "[1,,2]", "nul"]
    {
        let quoted: Result<Payload, _> = serde_json::from_str(text);
        assert!(quoted.is_err(), "{text}");
    }
    let number: Payload = serde_json::from_str("1e999").unwrap_or_else(|_| Payload::null());
    assert!(number.decode::<f64>().is_err());
    let text: Payload = serde_json::from_str("\"\\ud800\"").unwrap_or_else(|_| Payload::null());
    assert!(text.decode::<String>().is_err());
}
