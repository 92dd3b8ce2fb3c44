//! Secrets in recorded data. They are recorded, because a step needs them again, but never shown. A value leaves its
//! wrapper only while a payload is being encoded, and goes to a separate place.

use std::cell::RefCell;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::secret::{read_secret, write_secret};
use super::write::Print;

/// A value that views, logs and screens do not show: `Debug` and any serialization other than into a journal give
/// `[redacted]`. It has no `Display` that compiles, so that no text for the outside is made of it by mistake.
///
/// JSON from outside gives the secret itself. When a recorded value is corrected, `{"$redacted": n}`, as it was shown,
/// keeps the recorded secret. The text `[redacted]` is refused.
///
/// ```
/// # use saga_core::Redacted;
/// let card = Redacted::new("4242 4242 4242 4242".to_owned());
/// assert_eq!(format!("{card:?}"), "[redacted]");
/// assert_eq!(serde_json::to_string(&card).unwrap(), "\"[redacted]\"");
/// assert!(card.expose().ends_with("4242"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Returns `value` as a secret.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value itself. The caller is responsible for keeping it secret.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// Text, of which is asked what may stand in it. Not of the secret itself: rustc would show its own message then.
#[derive(Debug)]
pub enum InText {}

/// Implemented for nothing: a secret is not text.
#[diagnostic::on_unimplemented(
    message = "a secret, `{T}`, is made text of here [SG1007]",
    label = "it would read `[redacted]`, or be shown [SG1007]",
    note = "why: the receiver of that text gets neither the secret nor an error",
    note = "fix: `.expose()` where it goes to those that it is for; `{{:?}}` in a log, which shows `[redacted]`"
)]
pub trait Shows<T> {}

impl<T> fmt::Display for Redacted<T>
where
    // With a lifetime, so that the compiler asks for it only where it is used.
    for<'a> InText: Shows<Redacted<T>>,
{
    /// Never called.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SHOWN)
    }
}

impl<T> Redacted<T> {
    /// Never called: that of `ToString` would be missing without a reason.
    #[doc(hidden)]
    #[allow(clippy::inherent_to_string_shadow_display)]
    pub fn to_string(&self) -> String
    where
        InText: Shows<Redacted<T>>,
    {
        SHOWN.to_owned()
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SHOWN)
    }
}

/// The text that is shown instead of a secret.
const SHOWN: &str = "[redacted]";

/// A secret as JSON, and its print.
pub(crate) type Collected = (Box<RawValue>, Print);

thread_local! {
    /// The secrets of the payload that is being encoded; `None` outside of an encoding.
    static COLLECTED: RefCell<Option<Vec<Collected>>> = const { RefCell::new(None) };
    /// The secrets of the payload that is being decoded.
    static PROVIDED: RefCell<Vec<Box<RawValue>>> = const { RefCell::new(Vec::new()) };
}

/// Restores the previous value of a thread-local on drop, so also after a panic.
struct Restore<F: FnMut()>(F);
impl<F: FnMut()> Drop for Restore<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Runs `encode`, and returns the secrets found in it.
pub(crate) fn collecting<R>(encode: impl FnOnce() -> R) -> (R, Vec<Collected>) {
    let mut before = COLLECTED.with(|c| c.replace(Some(Vec::new())));
    let restore = Restore(move || COLLECTED.with(|c| *c.borrow_mut() = before.take()));
    let result = encode();
    let secrets = COLLECTED.with(|c| c.borrow_mut().take()).unwrap_or_default();
    drop(restore);
    (result, secrets)
}

/// Runs `decode` with `secrets` available.
pub(crate) fn providing<R>(secrets: &[Box<RawValue>], decode: impl FnOnce() -> R) -> R {
    let mut before = PROVIDED.with(|p| p.replace(secrets.to_vec()));
    let _restore = Restore(move || PROVIDED.with(|p| *p.borrow_mut() = std::mem::take(&mut before)));
    decode()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placeholder {
    #[serde(rename = "$redacted")]
    index: usize,
}

/// Returns the index of the secret, if the JSON is a placeholder and nothing else.
pub(crate) fn index_of(json: &str) -> Option<usize> {
    serde_json::from_str(json).ok().map(|Placeholder { index }| index)
}

impl<T: Serialize> Serialize for Redacted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if COLLECTED.with(|c| c.borrow().is_none()) {
            return serializer.serialize_str(SHOWN);
        }
        // A secret inside this one is collected before it, under an index of its own.
        let written = write_secret(&self.0).map_err(S::Error::custom)?;
        let index = COLLECTED.with(|c| {
            let mut collected = c.borrow_mut();
            let secrets = collected.get_or_insert_default();
            secrets.push(written);
            secrets.len() - 1
        });
        Placeholder { index }.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Redacted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        // Plain JSON is accepted too: a remote caller writes the secret itself.
        let tree = serde_json::Value::deserialize(deserializer)?;
        let value = match Placeholder::deserialize(&tree) {
            Ok(Placeholder { index }) => {
                let secret = PROVIDED.with(|p| p.borrow().get(index).cloned());
                let none = || D::Error::custom(format_args!("no secret is recorded under $redacted {index}"));
                read_secret(secret.ok_or_else(none)?.get())
            }
            Err(_) if tree == SHOWN => {
                return Err(D::Error::custom(
                    "`[redacted]` is what is shown of a secret, and not the secret: give that, or \
                     {\"$redacted\": n} to keep the recorded one",
                ));
            }
            Err(_) => read_secret(&tree.to_string()),
        };
        // The source's text would quote the secret.
        value.map(Redacted).map_err(|_| D::Error::custom("a redacted value is of another type"))
    }
}

/// As what it holds; of what is shown there is only a text.
#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Redacted<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Redacted_{}", T::schema_name()).into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        format!("Redacted<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        if generator.contract().is_serialize() {
            return schemars::json_schema!({"type": "string", "const": SHOWN});
        }
        let mut schema = generator.subschema_for::<T>();
        schema.insert("writeOnly".to_owned(), true.into());
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Payload;

    #[test]
    fn a_secret_inside_a_secret_survives() {
        let nested = Redacted::new((1, Redacted::new("inner".to_owned())));
        let payload = Payload::encode(&nested).unwrap();
        assert!(!payload.shown().contains("inner"));
        let back: Redacted<(i32, Redacted<String>)> = payload.decode().unwrap();
        assert_eq!(back.expose().1.expose(), "inner");
    }

    #[test]
    fn what_is_shown_of_a_secret_is_not_taken_for_one() {
        for shown in ["\"[redacted]\"", "{\"$redacted\":0}"] {
            let text = serde_json::from_str::<Redacted<String>>(shown).unwrap_err().to_string();
            assert!(text.contains("redacted"), "{text}");
            assert!(serde_json::from_str::<Redacted<serde_json::Value>>(shown).is_err());
        }
    }

    #[test]
    fn plain_json_is_accepted() {
        let card: Redacted<String> = serde_json::from_str("\"4242\"").unwrap();
        assert_eq!(card.expose(), "4242");
    }
}
