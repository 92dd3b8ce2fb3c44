//! The companies' books, read from outside: lines of JSON, and nothing of the example's own code.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// What four companies have in their books.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) now: Effects,
    /// What happened more than once for one request, or was released more than once.
    pub(crate) repeated: Vec<String>,
}

/// How many of each there are now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) seats: usize,
    pub(crate) rooms: usize,
    pub(crate) charges: usize,
    pub(crate) mails: usize,
}

impl Books {
    pub(crate) const BOOKED: Effects = Effects { seats: 1, rooms: 1, charges: 1, mails: 1 };
    pub(crate) const EMPTY: Effects = Effects { seats: 0, rooms: 0, charges: 0, mails: 0 };

    pub(crate) fn beside(db: &Path) -> Self {
        let mut times = BTreeMap::<String, usize>::new();
        let mut count = |company: &str, kind: &str, field: &str| {
            let entries = lines(db, company, kind);
            for entry in &entries {
                let key = entry[field].as_str().expect("every entry has its key");
                *times.entry(format!("{company}: {kind} {key}")).or_default() += 1;
            }
            entries.len()
        };
        let seats = count("flight", "held", "key") - count("flight", "released", "id");
        let rooms = count("hotel", "held", "key") - count("hotel", "released", "id");
        let (charges, mails) = (count("bank", "charged", "key"), count("mail", "sent", "key"));
        let repeated = times.into_iter().filter(|(_, times)| *times > 1).map(|(what, _)| what).collect();
        Self { now: Effects { seats, rooms, charges, mails }, repeated }
    }
}

/// The entries of that kind in a company's books; books not begun yet have none.
pub(crate) fn lines(db: &Path, company: &str, kind: &str) -> Vec<Value> {
    let books = format!("{}.{company}.books", db.display());
    let Ok(books) = std::fs::read_to_string(books) else { return Vec::new() };
    let entries = books.lines().map(|line| serde_json::from_str::<Value>(line).expect("every line is whole"));
    entries.filter_map(|mut entry| entry.get_mut(kind).map(Value::take)).collect()
}
