//! The table of other crates' types in `docs/values.md`.
#![allow(clippy::unwrap_used)]

use crate::values_page::rows::{self, plain, row};
use serde::{Deserialize, Serialize};

/// A time as its crate writes it for callers that ask for a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AsNumber(#[serde(with = "seconds")] chrono::DateTime<chrono::Utc>);

mod seconds {
    pub(super) use chrono::serde::ts_seconds::{deserialize, serialize};
}

#[test]
fn the_page_says_what_happens_to_types_of_other_crates() {
    let at = chrono::DateTime::from_timestamp(1_767_225_600, 123_456_789).unwrap();
    let there = chrono::FixedOffset::east_opt(3_600).unwrap();
    let table = [
        plain("`uuid::Uuid`", uuid::Uuid::from_u128(7)),
        plain("`chrono::DateTime<Utc>`", at),
        row("`chrono::DateTime<FixedOffset>`, with its offset", &at.with_timezone(&there), |a, b| {
            a == b && a.offset() == b.offset()
        }),
        plain("`chrono::DateTime<Utc>` by `ts_seconds`", AsNumber(at)),
        plain("`chrono::NaiveDate`", at.date_naive()),
        row("`rust_decimal::Decimal`, with its zeros", &rust_decimal::Decimal::new(1_230, 2), |a, b| {
            a == b && a.scale() == b.scale()
        }),
        plain("`serde_bytes::ByteBuf`", serde_bytes::ByteBuf::from([1, 255])),
        row(
            "`indexmap::IndexMap`, in its order",
            &indexmap::IndexMap::from([("b".to_owned(), 1), ("a".to_owned(), 2)]),
            |a, b| a.iter().eq(b),
        ),
        row("`indexmap::IndexSet`, in its order", &indexmap::IndexSet::from([2, 1]), |a, b| a.iter().eq(b)),
    ];
    rows::hold("crates", &table);
}
