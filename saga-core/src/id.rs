//! Identifiers: sagas, acts, epochs, roles, idempotency keys. Not the things they name. Each is checked when it is
//! constructed, so every value of these types is valid.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The recorded name of a step or of a saga.
pub type Name = std::borrow::Cow<'static, str>;

/// The position of a record in its saga's journal, from 0.
pub type Seq = u64;

/// The maximum length of a saga id, in bytes.
pub const SAGA_ID_BYTES_MAX: usize = 200;

/// The id that a caller gives to one saga, such as `trip-42`. Cheap to clone.
///
/// ```
/// # use saga_core::SagaId;
/// let id: SagaId = "trip-42".parse()?;
/// assert_eq!(id.as_str(), "trip-42");
/// assert!("".parse::<SagaId>().is_err());
/// # Ok::<(), saga_core::InvalidId>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(inline, description = "The id of a saga or a session."))]
#[serde(try_from = "String", into = "String")]
pub struct SagaId(Arc<str>);

/// The reason for which a text is not a valid id of a saga or an act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// It has no characters.
    #[error("an id is empty")]
    Empty,
    /// It is longer than [`SAGA_ID_BYTES_MAX`].
    #[error("an id has {bytes} bytes, more than {SAGA_ID_BYTES_MAX}")]
    TooLong {
        /// Its length, in bytes.
        bytes: usize,
    },
    /// It has a control character.
    #[error("the id {id:?} has a control character at byte {at}")]
    Control {
        /// The rejected id.
        id: String,
        /// The byte offset of the character.
        at: usize,
    },
}

impl SagaId {
    /// Checks `id` and makes it a saga id.
    ///
    /// # Errors
    /// [`InvalidId`] if it is empty, longer than [`SAGA_ID_BYTES_MAX`] bytes, or has a control character.
    pub fn new(id: &str) -> Result<Self, InvalidId> {
        checked(id).map(Self)
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn checked(id: &str) -> Result<Arc<str>, InvalidId> {
    if id.is_empty() {
        return Err(InvalidId::Empty);
    }
    if id.len() > SAGA_ID_BYTES_MAX {
        return Err(InvalidId::TooLong { bytes: id.len() });
    }
    match id.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, _)) => Err(InvalidId::Control { id: id.to_owned(), at }),
        None => Ok(id.into()),
    }
}

/// The id of an operator's act, chosen by its sender and repeated with each retry. The act takes effect once, and each
/// retry gets the first answer. Unique within its saga. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActId(Arc<str>);

impl ActId {
    /// Checks `id` and makes it an act id.
    ///
    /// # Errors
    /// [`InvalidId`] if it is empty, longer than [`SAGA_ID_BYTES_MAX`] bytes, or has a control character.
    pub fn new(id: &str) -> Result<Self, InvalidId> {
        checked(id).map(Self)
    }

    /// Returns an id made from a random number.
    pub fn random(drawn: u128) -> Self {
        Self(format!("{drawn:032x}").into())
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ActId {
    type Error = InvalidId;
    fn try_from(id: String) -> Result<Self, InvalidId> {
        Self::new(&id)
    }
}

impl From<ActId> for String {
    fn from(id: ActId) -> String {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for ActId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ActId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl std::str::FromStr for SagaId {
    type Err = InvalidId;
    fn from_str(id: &str) -> Result<Self, InvalidId> {
        Self::new(id)
    }
}

impl TryFrom<&str> for SagaId {
    type Error = InvalidId;
    fn try_from(id: &str) -> Result<Self, InvalidId> {
        Self::new(id)
    }
}

impl TryFrom<String> for SagaId {
    type Error = InvalidId;
    fn try_from(id: String) -> Result<Self, InvalidId> {
        Self::new(&id)
    }
}

impl From<SagaId> for String {
    fn from(id: SagaId) -> String {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for SagaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SagaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The number of one acquisition of a saga by a worker. It is fresh each time, and writes under an earlier one are
/// refused (a fencing token; Kleppmann, *How to do distributed locking*, 2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The side of a step that an effect is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The step itself.
    #[default]
    Do,
    /// Its compensation.
    Undo,
}

impl Role {
    pub(crate) fn is_do(&self) -> bool {
        *self == Role::Do
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Do => "do",
            Role::Undo => "undo",
        })
    }
}

/// The maximum length of a key namespace, in bytes.
pub const KEY_NAMESPACE_BYTES_MAX: usize = 64;

/// The namespace of a store's idempotency keys, such as `orders-prod`: it keeps apart the keys of two systems that have
/// one account with a service. Cheap to clone.
///
/// ```
/// # use saga_core::KeyNamespace;
/// let namespace = KeyNamespace::new("orders-prod")?;
/// assert_eq!(namespace.as_str(), "orders-prod");
/// assert!(KeyNamespace::new("orders prod").is_err());
/// # Ok::<(), saga_core::InvalidKeyNamespace>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyNamespace(Arc<str>);

/// The reason for which a text is not a key namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeyNamespace {
    /// It has no characters.
    #[error("the key namespace is empty (leave it out to have none)")]
    Empty,
    /// It is longer than [`KEY_NAMESPACE_BYTES_MAX`].
    #[error("the key namespace has {bytes} bytes, more than {KEY_NAMESPACE_BYTES_MAX}")]
    TooLong {
        /// Its length, in bytes.
        bytes: usize,
    },
    /// It has a character that is not a letter or digit of ASCII, nor one of `-`, `_`, `.`, `:` and `/`.
    #[error(
        "the key namespace {namespace:?} has the character {found:?} (letters, digits, `-_.:/` are accepted)"
    )]
    Character {
        /// The rejected namespace.
        namespace: String,
        /// The character.
        found: char,
    },
}

impl KeyNamespace {
    /// Checks `namespace`.
    ///
    /// # Errors
    /// [`InvalidKeyNamespace`] if it is empty, longer than [`KEY_NAMESPACE_BYTES_MAX`] bytes, or has a character that
    /// could be taken for another.
    pub fn new(namespace: &str) -> Result<Self, InvalidKeyNamespace> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
        if namespace.is_empty() {
            return Err(InvalidKeyNamespace::Empty);
        }
        if namespace.len() > KEY_NAMESPACE_BYTES_MAX {
            return Err(InvalidKeyNamespace::TooLong { bytes: namespace.len() });
        }
        match namespace.chars().find(|c| !is_plain(*c)) {
            Some(found) => Err(InvalidKeyNamespace::Character { namespace: namespace.to_owned(), found }),
            None => Ok(Self(namespace.into())),
        }
    }

    /// Returns the namespace as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyNamespace {
    type Error = InvalidKeyNamespace;
    fn try_from(namespace: String) -> Result<Self, InvalidKeyNamespace> {
        Self::new(&namespace)
    }
}

impl From<KeyNamespace> for String {
    fn from(namespace: KeyNamespace) -> String {
        namespace.0.as_ref().to_owned()
    }
}

impl fmt::Display for KeyNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The key by which an outside service recognizes a repeat. It is the same for all attempts and reruns of one effect.
/// Its compensation has another key, and so has each generation.
///
/// The key is a function of (namespace, saga, site, role, generation) alone. The namespace is that of the store when the
/// saga began. Without one, two systems that run sagas of the same ids have the same keys. A saga that is started again under a purged id
/// repeats its keys, and so does a store restored from a backup; services then recognize the calls as repeats.
///
/// ```
/// use saga_core::{IdempotencyKey, Role, SagaId};
/// let (order, charge) = (SagaId::new("order-7").unwrap(), "charge".into());
/// let key = IdempotencyKey::of(None, &order, &charge, Role::Do, 0);
/// assert_eq!(key, IdempotencyKey::of(None, &order, &charge, Role::Do, 0), "the same for each attempt");
/// assert_ne!(key, IdempotencyKey::of(None, &order, &charge, Role::Undo, 0), "another for the compensation");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Returns the key of one effect: 32 hexadecimal digits, the first half of a SHA-256. `namespace` is the saga's own
    /// ([`State::key_namespace`](crate::State::key_namespace)), which never changes.
    pub fn of(
        namespace: Option<&KeyNamespace>,
        saga: &SagaId,
        site: &crate::SitePath,
        role: Role,
        generation: u32,
    ) -> Self {
        let mut hash = Sha256::new();
        if let Some(namespace) = namespace {
            // The length of no saga id, so that no saga without a namespace has the same key.
            hash.update(u64::MAX.to_le_bytes());
            hash.update((namespace.as_str().len() as u64).to_le_bytes());
            hash.update(namespace.as_str().as_bytes());
        }
        for part in [saga.as_str(), site.as_str(), if role.is_do() { "do" } else { "undo" }] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(generation.to_le_bytes());
        let mut key = String::with_capacity(32);
        for byte in &hash.finalize()[..16] {
            key.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            key.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        Self(key)
    }

    /// Returns a key with the given text, to call a step alone in a unit test.
    ///
    /// ```
    /// # use saga_core::IdempotencyKey;
    /// assert_eq!(IdempotencyKey::for_test("k1").as_str(), "k1");
    /// ```
    pub fn for_test(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// Returns the key as text, as services take it in a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SitePath;

    #[test]
    fn keys_differ_in_every_part_and_in_how_the_parts_are_cut() {
        let id = |s: &str| SagaId::new(s).unwrap();
        let namespace = |s: &str| KeyNamespace::new(s).unwrap();
        let keys = [
            IdempotencyKey::of(None, &id("a"), &SitePath::from("b"), Role::Do, 0),
            IdempotencyKey::of(None, &id("ab"), &SitePath::from("b"), Role::Do, 0),
            IdempotencyKey::of(None, &id("a"), &SitePath::from("bb"), Role::Do, 0),
            IdempotencyKey::of(None, &id("a"), &SitePath::from("b"), Role::Undo, 0),
            IdempotencyKey::of(None, &id("a"), &SitePath::from("b"), Role::Do, 1),
            IdempotencyKey::of(Some(&namespace("n")), &id("a"), &SitePath::from("b"), Role::Do, 0),
            IdempotencyKey::of(Some(&namespace("na")), &id("a"), &SitePath::from("b"), Role::Do, 0),
            IdempotencyKey::of(Some(&namespace("n")), &id("aa"), &SitePath::from("b"), Role::Do, 0),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(keys[0].as_str().len(), 32);
        assert_eq!(keys[0], IdempotencyKey::of(None, &id("a"), &SitePath::from("b"), Role::Do, 0));
    }

    /// Sagas that began before there were namespaces keep their keys.
    #[test]
    fn a_key_without_a_namespace_is_what_it_always_was() {
        let (id, site) = (SagaId::new("trip-42").unwrap(), SitePath::from("charge_card"));
        assert_eq!(
            IdempotencyKey::of(None, &id, &site, Role::Do, 0).as_str(),
            "92b85eb6e9e537e30c38adb019033f31"
        );
    }

    #[test]
    fn namespaces_that_could_be_taken_for_others_are_refused() {
        assert_eq!(KeyNamespace::new(""), Err(InvalidKeyNamespace::Empty));
        assert_eq!(KeyNamespace::new(&"x".repeat(65)), Err(InvalidKeyNamespace::TooLong { bytes: 65 }));
        for odd in ["a b", "a\n", " a", "bücher", "a\u{200b}", "a#1"] {
            let refused = KeyNamespace::new(odd).unwrap_err();
            assert!(refused.to_string().contains("the character"), "{refused}");
        }
        assert_eq!(KeyNamespace::new("eu/orders-prod_1.b:2").unwrap().as_str(), "eu/orders-prod_1.b:2");
    }

    #[test]
    fn ids_that_cannot_be_shown_are_refused() {
        assert_eq!(SagaId::new(""), Err(InvalidId::Empty));
        assert!(matches!(SagaId::new(&"x".repeat(201)), Err(InvalidId::TooLong { bytes: 201 })));
        assert!(matches!(SagaId::new("a\nb"), Err(InvalidId::Control { at: 1, .. })));
    }
}
