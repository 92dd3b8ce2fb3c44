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

/// The key by which an outside service recognizes a repeat. It is the same for all attempts and reruns of one effect.
/// Its compensation has another key, and so has each generation.
///
/// The key is a function of (saga, site, role, generation) alone. A saga that is started again under a purged id
/// repeats its keys, and so does a store restored from a backup; services then recognize the calls as repeats.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Returns the key of one effect: 32 hexadecimal digits, the first half of a SHA-256.
    pub fn of(saga: &SagaId, site: &crate::SitePath, role: Role, generation: u32) -> Self {
        let mut hash = Sha256::new();
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
        let keys = [
            IdempotencyKey::of(&id("a"), &SitePath::from("b"), Role::Do, 0),
            IdempotencyKey::of(&id("ab"), &SitePath::from("b"), Role::Do, 0),
            IdempotencyKey::of(&id("a"), &SitePath::from("bb"), Role::Do, 0),
            IdempotencyKey::of(&id("a"), &SitePath::from("b"), Role::Undo, 0),
            IdempotencyKey::of(&id("a"), &SitePath::from("b"), Role::Do, 1),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(keys[0].as_str().len(), 32);
        assert_eq!(keys[0], IdempotencyKey::of(&id("a"), &SitePath::from("b"), Role::Do, 0));
    }

    #[test]
    fn ids_that_cannot_be_shown_are_refused() {
        assert_eq!(SagaId::new(""), Err(InvalidId::Empty));
        assert!(matches!(SagaId::new(&"x".repeat(201)), Err(InvalidId::TooLong { bytes: 201 })));
        assert!(matches!(SagaId::new("a\nb"), Err(InvalidId::Control { at: 1, .. })));
    }
}
