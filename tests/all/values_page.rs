//! The tables of `docs/values.md` show the effect of a journal on each kind of value; they are generated from it here.
//! With `SAGA_WRITE_DOCS=1` the page is written; otherwise it is compared.
#![allow(clippy::unwrap_used)]

// A path, since `tests/unified` has this file too.
#[path = "values_page/rows.rs"]
pub(crate) mod rows;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::time::{Duration, SystemTime};

use rows::{plain, row, shown};
use saga::Redacted;
use serde::{Deserialize, Serialize};

macro_rules! recorded {
    ($($(#[$attr:meta])* $kind:ident $name:ident $body:tt)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        $(#[$attr])*
        $kind $name $body
    )*};
}

recorded! {
    struct Skipped { id: u8, #[serde(skip)] cache: u8 }
    struct SkippedIf { #[serde(skip_serializing_if = "String::is_empty")] note: String }
    struct SkippedWithDefault { #[serde(default, skip_serializing_if = "String::is_empty")] note: String }
    struct SkippedOption { #[serde(skip_serializing_if = "Option::is_none")] note: Option<u8> }
    struct Renamed { #[serde(rename = "type")] kind: char }
    struct OneWay { #[serde(rename(serialize = "out", deserialize = "in"))] way: u8 }
    struct Borrowing { text: Cow<'static, str> }
    #[serde(tag = "kind")]
    enum Tagged { Small { n: u64, ratio: f64 }, Wide { n: u128 }, Keyed { by: BTreeMap<u8, u8> } }
    #[serde(tag = "kind", content = "of")]
    enum Adjacent { Keyed(BTreeMap<u8, u8>), Wide(u128) }
    #[serde(untagged)]
    enum Untagged { Float(f64), Whole(u64), Keyed(BTreeMap<u8, u8>), Text(String) }
    struct Flattened { id: u8, #[serde(flatten)] rest: BTreeMap<String, u64> }
    struct FlattenedWide { id: u8, #[serde(flatten)] rest: Wide }
    struct Wide { n: u128 }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum MaybeRaw {
    Raw(Box<serde_json::value::RawValue>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Deep(Vec<Deep>);

fn deep(depth: u32) -> Deep {
    (1..depth).fold(Deep(Vec::new()), |inside, _| Deep(vec![inside]))
}

fn raw() -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(r#"{"a" : 1.10}"#.to_owned()).unwrap()
}

fn numbers() -> Vec<String> {
    vec![
        plain("`f64`, to the last bit", 0.1 + 0.2),
        plain("`f64`, negative zero", -0.0_f64),
        plain("`f64`, NaN", f64::NAN),
        plain("`f64`, an infinity", f64::INFINITY),
        plain("`Option<f64>`, NaN", Some(f64::NAN)),
        plain("`f32`", 0.1_f32),
        plain("`u64`, the largest", u64::MAX),
        plain("`u128`, the largest", u128::MAX),
        plain("`i128`, the smallest", i128::MIN),
        plain("`char`", 'ü'),
        plain("`bool`", true),
        plain("`()`", ()),
    ]
}

fn options() -> Vec<String> {
    vec![
        plain("`Option<T>`, `None`", None::<u8>),
        plain("`Option<Option<T>>`, `Some(None)`", Some(None::<u8>)),
        plain("`Option<()>`, `Some(())`", Some(())),
        plain("`Result<T, E>`", Ok::<u8, String>(1)),
    ]
}

fn collections() -> Vec<String> {
    vec![
        plain("`Vec<u8>`", vec![1_u8, 2]),
        plain("`[T; N]` and tuples", ([1_u8, 2], 'a')),
        plain("`HashSet`, in the order of its texts", HashSet::from([3_u8, 1, 2])),
        plain("`Vec<HashSet>`", vec![HashSet::from([2_u8, 1])]),
        plain("`BTreeSet`", BTreeSet::from([2_u8, 1])),
        row("`BinaryHeap`", &BinaryHeap::from([1_u8, 3, 2]), |a, b| {
            a.clone().into_sorted_vec() == b.clone().into_sorted_vec()
        }),
        plain("`HashMap<String, _>`", HashMap::from([("a".to_owned(), 1_u8)])),
        plain("a map by numbers", BTreeMap::from([(1_u128, 'a')])),
        plain("a map by `bool`", BTreeMap::from([(true, 'a')])),
        plain("a map by `char`", BTreeMap::from([('k', 'a')])),
        plain("a map by tuples", BTreeMap::from([((1_u8, 2_u8), 'a')])),
        plain("a map by `Option`, `None`", BTreeMap::from([(None::<u8>, 'a')])),
        plain("nested 127 deep", deep(127)),
        plain("nested 128 deep", deep(128)),
    ]
}

fn shapes() -> Vec<String> {
    vec![
        plain("`#[serde(skip)]`", Skipped { id: 1, cache: 2 }),
        plain("`skip_serializing_if`, alone", SkippedIf { note: String::new() }),
        plain("`skip_serializing_if` with `default`", SkippedWithDefault { note: String::new() }),
        plain("`skip_serializing_if` on an `Option`", SkippedOption { note: None }),
        plain("`rename`", Renamed { kind: 'a' }),
        plain("`rename` one way only", OneWay { way: 1 }),
        plain("`Cow<'static, str>`", Borrowing { text: "a".into() }),
        plain("tagged, with numbers", Tagged::Small { n: 1, ratio: 0.5 }),
        plain("tagged, with 128 bits", Tagged::Wide { n: 1 }),
        plain("tagged, with a map by numbers", Tagged::Keyed { by: [(1, 2)].into() }),
        plain("tagged with `content`, a map by numbers", Adjacent::Keyed([(1, 2)].into())),
        plain("tagged with `content`, 128 bits", Adjacent::Wide(1)),
        plain("untagged, of its first variant", Untagged::Float(0.5)),
        plain("untagged, that an earlier variant takes", Untagged::Whole(5)),
        plain("untagged, with a map by numbers", Untagged::Keyed([(1, 2)].into())),
        plain("flattened map", Flattened { id: 1, rest: [("a".to_owned(), 2)].into() }),
        plain("flattened, with 128 bits", FlattenedWide { id: 1, rest: Wide { n: 2 } }),
    ]
}

fn types() -> Vec<String> {
    vec![
        shown("`Box<RawValue>`, its text", raw()),
        shown("`RawValue` in an untagged enum", MaybeRaw::Raw(raw())),
        plain("`serde_json::Value`", serde_json::json!({"a": [0.1, null], "b": 1})),
        plain("`Duration`", Duration::from_nanos(1_500_000_001)),
        plain("`SystemTime`", SystemTime::UNIX_EPOCH + Duration::from_nanos(1)),
        plain("`SystemTime` before 1970", SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
        plain("`std::net::IpAddr`", std::net::IpAddr::from([127, 0, 0, 1])),
        plain("`std::path::PathBuf`", std::path::PathBuf::from("a/b")),
        plain("`saga::Redacted<T>`, apart", Redacted::new("4242".to_owned())),
    ]
}

#[test]
fn the_page_says_what_happens() {
    rows::hold("numbers", &numbers());
    rows::hold("options", &options());
    rows::hold("collections", &collections());
    rows::hold("shapes", &shapes());
    rows::hold("types", &types());
}
