//! A digest of what a value means, to find equal ones among many. It follows the rules of `same`.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Content, Payload, redacted};

/// What is nested deeper is taken as text, as it could not be read either.
const DEPTH_MAX: usize = 128;

impl Payload {
    /// Returns a digest (SHA-256) of the value: the same for values that are equal as JSON, whatever the order of keys;
    /// secrets count. If `members` names some, only those of the object count. `None` if the value is sealed or missing.
    pub fn digest(&self, members: &[&str]) -> Option<[u8; 32]> {
        let (value, secrets) = match self.content() {
            Content::Plain(value) => (value, Vec::new()),
            Content::Secret { value, secrets } => (value, secrets),
            Content::Sealed { .. } | Content::Missing { .. } => return None,
        };
        let mut digested = Digested { hash: Sha256::new(), secrets: &secrets };
        match serde_json::from_str::<BTreeMap<String, &RawValue>>(value) {
            Ok(object) if !members.is_empty() => {
                for member in members {
                    digested.text('m', member);
                    object.get(*member).inspect(|value| digested.value(value.get(), DEPTH_MAX));
                }
            }
            _ => digested.value(value, DEPTH_MAX),
        }
        Some(digested.hash.finalize().into())
    }
}

struct Digested<'a> {
    hash: Sha256,
    secrets: &'a [Box<RawValue>],
}

impl Digested<'_> {
    fn value(&mut self, json: &str, depth: usize) {
        let json = json.trim();
        let Some(depth) = depth.checked_sub(1) else { return self.text('t', json) };
        match json.as_bytes().first() {
            Some(b'{') => match self.secret(json) {
                Some(secret) => self.value(secret.get(), depth),
                None => self.object(json, depth),
            },
            Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(json) {
                Ok(items) => {
                    self.text('a', &items.len().to_string());
                    items.iter().for_each(|item| self.value(item.get(), depth));
                }
                Err(_) => self.text('t', json),
            },
            Some(b'"') => match serde_json::from_str::<String>(json) {
                Ok(text) => self.text('s', &text),
                Err(_) => self.text('t', json),
            },
            _ if json.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => self.text('n', json),
            // Zero has two signs, which are equal.
            _ => match json.parse::<f64>() {
                Ok(float) => self.text('f', &(float + 0.0).to_string()),
                Err(_) => self.text('t', json),
            },
        }
    }

    fn object(&mut self, json: &str, depth: usize) {
        let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) else {
            return self.text('t', json);
        };
        self.text('o', &members.len().to_string());
        for (name, value) in members {
            self.text('m', &name);
            self.value(value.get(), depth);
        }
    }

    /// Returns the secret for which the JSON stands, if it stands for one.
    fn secret(&self, json: &str) -> Option<Box<RawValue>> {
        let index = redacted::index_of(json).filter(|_| !self.secrets.is_empty())?;
        self.secrets.get(index).cloned()
    }

    /// Adds a text of its kind. Its length comes first, so that no two sequences of texts look alike.
    fn text(&mut self, kind: char, text: &str) {
        self.hash.update([kind as u8]);
        self.hash.update((text.len() as u64).to_le_bytes());
        self.hash.update(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Redacted;

    fn of(json: &str, members: &[&str]) -> [u8; 32] {
        let value: Box<RawValue> = serde_json::from_str(json).unwrap();
        Payload::encode(&value).unwrap().digest(members).unwrap()
    }

    #[test]
    fn what_means_the_same_has_the_same_digest_and_nothing_else() {
        let same =
            [(r#"{"a":1,"b":[2, "x"]}"#, r#"{ "b":[2,"\u0078"],"a":1}"#), ("1.50", "1.5"), ("0.0", "-0.0")];
        for (a, b) in same {
            assert_eq!(of(a, &[]), of(b, &[]), "{a} {b}");
        }
        let other = [
            ("1", "1.0"),
            ("18446744073709551616", "18446744073709551617"),
            (r#"["a","b"]"#, r#"["ab",""]"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":{},"b":1}"#),
            (r#""1""#, "1"),
            ("[]", "{}"),
            ("null", "false"),
        ];
        for (a, b) in other {
            assert_ne!(of(a, &[]), of(b, &[]), "{a} {b}");
        }
    }

    #[test]
    fn members_count_alone() {
        let (a, b) = (r#"{"order":7,"note":"x"}"#, r#"{"note":"other","order":7}"#);
        assert_eq!(of(a, &["order"]), of(b, &["order"]));
        assert_ne!(of(a, &["order"]), of(a, &["note"]));
        assert_ne!(of(a, &[]), of(b, &[]));
        // One that is missing is not one that is null.
        assert_ne!(of(a, &["order", "seat"]), of(r#"{"order":7,"seat":null}"#, &["order", "seat"]));
    }

    #[test]
    fn secrets_count() {
        let card = |number: &str, order: u8| {
            Payload::encode(&(Redacted::new(number.to_owned()), order)).unwrap().digest(&[]).unwrap()
        };
        assert_eq!(card("4242", 1), card("4242", 1));
        assert_ne!(card("4242", 1), card("4243", 1));
    }
}
