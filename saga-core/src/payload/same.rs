//! Whether two JSON texts mean the same. Whole numbers are compared digit by digit: as floating-point numbers, those that
//! do not fit 64 bits would be equal to their neighbours.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// What is nested deeper is compared as text, as it could not be read either.
const DEPTH_MAX: usize = 128;

/// Returns true if they are equal, whatever the order of keys and the way in which text is escaped and spaced.
pub(super) fn same(a: &str, b: &str) -> bool {
    same_within(a, b, DEPTH_MAX)
}

fn same_within(a: &str, b: &str, depth: usize) -> bool {
    let (a, b) = (a.trim(), b.trim());
    if a == b {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let each = |a: &RawValue, b: &RawValue| same_within(a.get(), b.get(), depth);
    match (a.as_bytes().first(), b.as_bytes().first()) {
        (Some(b'{'), Some(b'{')) => both::<BTreeMap<String, &RawValue>>(a, b).is_some_and(|(a, b)| {
            a.len() == b.len() && a.iter().zip(&b).all(|((k, a), (l, b))| k == l && each(a, b))
        }),
        (Some(b'['), Some(b'[')) => both::<Vec<&RawValue>>(a, b)
            .is_some_and(|(a, b)| a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| each(a, b))),
        (Some(b'"'), Some(b'"')) => both::<String>(a, b).is_some_and(|(a, b)| a == b),
        // Equal texts are equal numbers; others are only if neither is a whole one.
        _ if is_whole(a) || is_whole(b) => false,
        // Exactly, whatever `serde_json` was built with.
        _ => matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b),
    }
}

fn both<'a, T: Deserialize<'a>>(a: &'a str, b: &'a str) -> Option<(T, T)> {
    Some((serde_json::from_str(a).ok()?, serde_json::from_str(b).ok()?))
}

fn is_whole(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_compared_digit_by_digit() {
        let text = |n: u128| n.to_string();
        let above = u128::from(u64::MAX) + 1;
        assert!(!same(&text(above), &text(above + 1)));
        assert!(!same(&format!("[{}, 1]", text(u128::MAX)), &format!("[{},1]", text(u128::MAX - 1))));
        assert!(same(&format!("[{}, 1]", text(u128::MAX)), &format!("[{},1]", text(u128::MAX))));
        assert!(!same(&format!("-{}", text(above)), &format!("-{}", text(above + 1))));
        assert!(!same("1", "-1") && !same("1", "1.0") && !same("0", "-0"));
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        assert!(same(r#"{"a":1,"b":[true,null]}"#, "{ \"b\" : [true , null],\n\"a\" : 1 }"));
        assert!(same(r#""\u0041\n""#, "\"A\\n\"") && same("1e2", "100.0") && same("0.10", "0.1"));
        for (a, b) in
            [("{\"a\":1}", "{\"b\":1}"), ("[1]", "[1,1]"), ("null", "false"), ("\"1\"", "1"), ("[]", "{}")]
        {
            assert!(!same(a, b) && !same(b, a), "{a} {b}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_compared_as_text() {
        let nested = |depth: usize, end: &str| format!("{}{end}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(same(&nested(100, "1e2"), &nested(100, "100.0")));
        assert!(same(&nested(20_000, "1"), &nested(20_000, "1")));
        assert!(!same(&nested(20_000, "1"), &nested(20_000, "2")));
    }

    /// Draws one value, and writes it three times: the second has other spaces, escapes and order; in the third the leaf
    /// number `wrong` is another.
    fn draw(bytes: &mut impl Iterator<Item = u8>, depth: u8, leaf: &mut u32, wrong: u32) -> [String; 3] {
        let kind = bytes.next().unwrap_or(0);
        let size = 1 + bytes.next().unwrap_or(0) % 4;
        if kind % 8 < 5 || depth == 0 {
            *leaf += 1;
            let [first, second, other] = match kind % 5 {
                0 => [format!("{size}.5"), format!(" {size}5e-1\n"), format!("{size}.25")],
                1 => [format!("-{size}7"), format!("-{size}7"), format!("{size}7")],
                2 => [format!("\"é{size}\""), format!("\"\\u00e9\\u003{size}\""), format!("\"e{size}\"")],
                3 => ["null", " null", "false"].map(str::to_owned),
                _ => {
                    [format!("{}{size}", u64::MAX), format!("\t{}{size}", u64::MAX), format!("{}5", u64::MAX)]
                }
            };
            let third = if *leaf == wrong { other } else { first.clone() };
            return [first, second, third];
        }
        let mut parts: Vec<[String; 3]> = (1..size).map(|_| draw(bytes, depth - 1, leaf, wrong)).collect();
        let (open, close) = if kind % 8 < 7 { ('{', '}') } else { ('[', ']') };
        if open == '{' {
            for (index, part) in parts.iter_mut().enumerate() {
                part[0].insert_str(0, &format!("\"k{index}\":"));
                part[1].insert_str(0, &format!("\"\\u006b{index}\" : "));
                part[2].insert_str(0, &format!("\"k{index}\":"));
            }
        }
        let text = |parts: Vec<&str>| format!("{open}{}{close}", parts.join(","));
        let written = |which: usize| parts.iter().map(|part| &*part[which]).collect::<Vec<_>>();
        let mut second = written(1);
        if open == '{' {
            second.reverse();
        }
        [text(written(0)), text(second), text(written(2))]
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: 20_000,
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]

        #[test]
        fn one_value_is_the_same_in_each_spelling_and_another_never(
            bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 1..60),
            wrong in 1..8_u32,
        ) {
            let mut leaves = 0;
            let [first, second, third] = draw(&mut bytes.into_iter(), 4, &mut leaves, wrong);
            proptest::prop_assert!(same(&first, &second) && same(&second, &first), "{first} {second}");
            let differs = wrong <= leaves;
            proptest::prop_assert_eq!(same(&second, &third), !differs, "{} {}", &second, &third);
            proptest::prop_assert_eq!(same(&third, &second), !differs, "{} {}", &third, &second);
        }
    }
}
