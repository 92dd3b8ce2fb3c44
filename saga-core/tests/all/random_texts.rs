//! Random texts where journals are read: damaged records, sites of any form. Nothing panics, and what can be read means one
//! thing. `PROPTEST_CASES=1000000 cargo test -p saga-core --all-features --test all random_texts::` runs for longer.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use saga_core::{Record, SitePath};

/// The same cases in each run, unless a variable of proptest asks for others.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { usual.cases } else { 5000 };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..usual }
}

/// A change of a text: its position, the number of letters that go, and the letters that come.
fn damage() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, String)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, "[\\[\\]{}\",:0-9a-z\\\\ü-]{0,4}"), 1..3)
}

fn damaged(text: &str, damage: &[(prop::sample::Index, usize, String)]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for (at, gone, come) in damage {
        let at = at.index(letters.len() + 1);
        let end = (at + gone).min(letters.len());
        letters.splice(at..end, come.chars());
    }
    letters.into_iter().collect()
}

fn written(record: &Record) -> String {
    let mut text = String::new();
    record.write_json(&mut text).expect("what was read can be written");
    text
}

/// One record of each kind.
static RECORDS: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
    saga_core::conformance::records::every_record().iter().map(written).collect()
});

/// A site of segments as they are written, and of some that are not.
fn site() -> impl Strategy<Value = String> {
    prop::collection::vec("(all|hold|ü)?(#[0-9])?(\\[[0-9]{0,2}\\]){0,2}(\\.[0-9]{0,2})?", 0..5)
        .prop_map(|segments| segments.join("/"))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_damaged_record_is_refused_or_means_one_thing(at in any::<prop::sample::Index>(), damage in damage()) {
        let text = damaged(&RECORDS[at.index(RECORDS.len())], &damage);
        if let Ok(record) = serde_json::from_str::<Record>(&text) {
            let once = written(&record);
            let again: Record = serde_json::from_str(&once).expect("what was written can be read");
            prop_assert_eq!(written(&again), once, "{}", text);
        }
    }

    #[test]
    fn two_sites_are_concurrent_both_ways_and_never_nested(a in site(), b in site()) {
        let (first, second) = (SitePath::from(&*a), SitePath::from(&*b));
        let concurrent = first.concurrent_with(&second);
        prop_assert_eq!(concurrent, second.concurrent_with(&first));
        prop_assert!(!concurrent || !(first.within(&b) || second.within(&a)));
        prop_assert_eq!(first.within(&b) && second.within(&a), a == b);
        prop_assert!(first.branches().all(|branch| first.within(branch)));
        prop_assert_eq!(first.segments().collect::<Vec<_>>().join("/"), a);
    }
}
