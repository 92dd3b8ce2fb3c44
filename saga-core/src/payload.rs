//! Recorded values: inputs, outputs, errors, as JSON that is readable in a journal, or sealed by a codec. Secrets are
//! kept apart from the value, so that views and screens can leave them out.

mod codec;
mod cut;
mod digest;
mod read;
mod redacted;
mod same;
mod secret;
mod write;

pub use codec::{Codec, CodecError, Codecs};
pub use redacted::Redacted;
pub use write::Print;

use std::any::type_name;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// One recorded value, as the text that stands in a journal. Cheap to clone.
///
/// Its shape there: the JSON itself; or, where it holds [`Redacted`](crate::Redacted) parts,
/// `{"$payload": {"value": …, "secrets": […]}}` with `{"$redacted": i}` in their place; or, under a codec,
/// `{"$payload": {"codec": "name", "sealed": "base64"}}`; or, for an error that could not be recorded,
/// `{"$payload": {"unrecordable": "why"}}`.
#[derive(Clone)]
pub struct Payload(Arc<str>);

/// What the text of a payload says.
enum Content<'a> {
    Plain(&'a str),
    Secret { value: &'a str, secrets: Vec<Box<RawValue>> },
    Sealed { codec: String, bytes: Vec<u8> },
    Missing { why: String },
}

/// The tagged shape of a payload that is not its own JSON.
#[derive(Serialize, Deserialize)]
struct Tagged<T> {
    #[serde(rename = "$payload")]
    payload: T,
}

#[derive(Serialize, Deserialize)]
struct Secret<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    secrets: Vec<Box<RawValue>>,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    codec: String,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
struct Missing {
    unrecordable: String,
}

thread_local! {
    /// Where values are written; kept for its room.
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// No more room than this is kept.
const ROOM_BYTES_MAX: usize = 64 * 1024;

/// A value that cannot be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// It has no JSON form: a map with keys that are not text, or a `Serialize` that fails.
    #[error("the value has no JSON form")]
    Json(#[source] serde_json::Error),
    /// It has a JSON form that cannot be read as its own type.
    #[error("the value cannot be read again as it is recorded{}{}", as_shown(shown), float_hint(*lost_float))]
    Unreadable {
        /// What is written, without its secrets; `None` where a codec seals it.
        shown: Option<String>,
        /// Whether a float in it is not finite.
        lost_float: bool,
        /// Where reading it fails.
        #[source]
        source: DecodeError,
    },
    /// It has a JSON form that is read as another value.
    #[error("the value is read as another one from what is recorded{}{}", as_shown(shown), float_hint(*lost_float))]
    Changed {
        /// What is written, without its secrets; `None` where a codec seals it.
        shown: Option<String>,
        /// Whether a float in it is not finite.
        lost_float: bool,
    },
    /// The codec refused it.
    #[error("codec {codec:?} could not seal the value")]
    Codec {
        /// The codec's name.
        codec: String,
        /// The codec's error.
        #[source]
        source: CodecError,
    },
}

fn as_shown(shown: &Option<String>) -> String {
    shown.as_ref().map(|shown| format!(", which is {shown}")).unwrap_or_default()
}

fn float_hint(lost_float: bool) -> &'static str {
    if lost_float { "; NaN and the infinities are written as null" } else { "" }
}

/// A recorded value that cannot be read as the type asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is not of that type's shape.
    #[error("the recorded value is no {}", named(wanted))]
    Json {
        /// The type asked for.
        wanted: &'static str,
        /// The difference, and its place in the value.
        #[source]
        source: serde_json::Error,
    },
    /// It could not be recorded, and the journal says so in its place.
    #[error("the value could not be recorded: {why}")]
    Unrecorded {
        /// The error met when it was to be recorded.
        why: String,
    },
    /// It was sealed by a codec that this runtime was not given.
    #[error("the value was sealed by codec {codec:?}, which this runtime does not have")]
    UnknownCodec {
        /// The codec's recorded name.
        codec: String,
    },
    /// The codec could not open it.
    #[error("codec {codec:?} could not open the value")]
    Codec {
        /// The codec's name.
        codec: String,
        /// The codec's error.
        #[source]
        source: CodecError,
    },
}

impl DecodeError {
    /// Returns the error without the values that its text quotes: those of a sealed or secret payload.
    #[must_use]
    pub fn without_values(self) -> Self {
        match self {
            DecodeError::Json { wanted, source } => {
                let text = secret::without_values(&source.to_string());
                DecodeError::Json { wanted, source: serde::de::Error::custom(text) }
            }
            DecodeError::Unrecorded { .. } | DecodeError::UnknownCodec { .. } | DecodeError::Codec { .. } => {
                self
            }
        }
    }
}

/// Returns the type's name as its author knows it: what a macro wrote stands in a block without a name.
fn named(wanted: &str) -> String {
    wanted.replace("_::__", "")
}

impl Payload {
    /// Encodes `value` as JSON, its [`Redacted`](crate::Redacted) parts kept apart.
    ///
    /// # Errors
    /// [`EncodeError::Json`].
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Payload, EncodeError> {
        Self::written(&|writer| value.serialize(writer), false).map(|(payload, _)| payload)
    }

    /// Encodes `value` with its print, which tells it from other values that have the same text.
    ///
    /// # Errors
    /// [`EncodeError::Json`].
    pub fn encode_printed<T: Serialize + ?Sized>(value: &T) -> Result<(Payload, Print), EncodeError> {
        Self::written(&|writer| value.serialize(writer), true)
    }

    fn written(value: write::Value<'_>, printed: bool) -> Result<(Payload, Print), EncodeError> {
        let mut room = ROOM.take();
        room.clear();
        let (written, secrets) = redacted::collecting(|| write::write(value, &mut room, printed));
        let text = written.and_then(|print| match std::str::from_utf8(&room) {
            Ok(text) => Ok((print, text)),
            Err(error) => Err(serde::ser::Error::custom(error)),
        });
        let payload = text.map_err(EncodeError::Json).and_then(|(print, text)| {
            if secrets.is_empty() && !looks_tagged(text) {
                return Ok((Payload(text.into()), print));
            }
            let value = serde_json::from_str(text).map_err(EncodeError::Json)?;
            let print = secrets.iter().fold(print, |print, (_, of_secret)| print.with(*of_secret));
            let secrets = secrets.into_iter().map(|(text, _)| text).collect();
            Ok((Payload::tagged(Secret { value, secrets })?, print))
        });
        if room.capacity() <= ROOM_BYTES_MAX {
            ROOM.set(room);
        }
        payload
    }

    /// Encodes a value given from outside. Its type may not tell which parts are secret, so that all of it is a secret
    /// until it is decoded as the type that is meant.
    ///
    /// # Errors
    /// [`EncodeError::Json`].
    pub fn given<T: Serialize + ?Sized>(value: &T) -> Result<Payload, EncodeError> {
        Payload::encode(&Redacted::new(value))
    }

    /// Returns the same as [`given`](Self::given) has it: all of it is a secret.
    fn hidden(&self) -> Payload {
        let (value, mut secrets) = match self.content() {
            Content::Plain(value) => (value, Vec::new()),
            Content::Secret { value, secrets } if redacted::index_of(value).is_none() => (value, secrets),
            Content::Secret { .. } | Content::Sealed { .. } | Content::Missing { .. } => return self.clone(),
        };
        let placeholder = format!("{{\"$redacted\":{}}}", secrets.len());
        let (Ok(whole), Ok(value)) = (serde_json::from_str(value), serde_json::from_str(&placeholder)) else {
            return self.clone();
        };
        secrets.push(whole);
        Payload::tagged(Secret { value, secrets }).unwrap_or_else(|_| self.clone())
    }

    /// Returns what [`given`](Self::given) was called with; anything else as it is.
    fn exposed(&self) -> Payload {
        let Content::Secret { value, secrets } = self.content() else { return self.clone() };
        let Some(whole) = redacted::index_of(value).and_then(|index| secrets.get(index).cloned()) else {
            return self.clone();
        };
        match secrets.len() {
            1 => Payload(whole.get().into()),
            // Those of its own type, which may stand in it.
            _ => Payload::tagged(Secret { value: &whole, secrets }).unwrap_or_else(|_| self.clone()),
        }
    }

    fn tagged<T: Serialize>(payload: T) -> Result<Payload, EncodeError> {
        let text = serde_json::to_string(&Tagged { payload }).map_err(EncodeError::Json)?;
        Ok(Payload(text.into()))
    }

    fn content(&self) -> Content<'_> {
        let plain = Content::Plain(&self.0);
        if !looks_tagged(&self.0) {
            return plain;
        }
        // What is neither was refused when it was read.
        content_of(&self.0).unwrap_or(plain)
    }

    /// Reads the value as a `T`.
    ///
    /// # Errors
    /// [`DecodeError`]; a sealed value needs [`Codecs::decode`].
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let mut value = None;
        let read = self.read_into(&mut read::place(&mut value), type_name::<T>());
        read::placed(read, value)
    }

    fn read_into(&self, place: read::Place<'_>, wanted: &'static str) -> Result<(), DecodeError> {
        let read = match self.content() {
            Content::Plain(value) => read::read_into(place, value),
            Content::Secret { value, secrets } => {
                redacted::providing(&secrets, || read::read_into(place, value))
            }
            Content::Sealed { codec, .. } => return Err(DecodeError::UnknownCodec { codec }),
            Content::Missing { why } => return Err(DecodeError::Unrecorded { why }),
        };
        read.map_err(|source| DecodeError::Json { wanted, source })
    }

    /// Reads the value; the secrets of `recorded` are at hand if it has none of its own.
    fn read_beside(
        &self,
        recorded: &Payload,
        place: read::Place<'_>,
        wanted: &'static str,
    ) -> Result<(), DecodeError> {
        match (self.content(), recorded.content()) {
            (Content::Plain(value), Content::Secret { secrets, .. }) => {
                let read = redacted::providing(&secrets, || read::read_into(place, value));
                read.map_err(|source| DecodeError::Json { wanted, source })
            }
            _ => self.read_into(place, wanted),
        }
    }

    /// Returns what stands for a value that could not be recorded: in a journal `{"$payload": {"unrecordable":
    /// "why"}}`.
    pub fn unrecordable(why: &str) -> Payload {
        let missing = Missing { unrecordable: why.to_owned() };
        Payload::tagged(missing).unwrap_or_else(|_| Payload::null())
    }

    /// Returns true if it stands for a value that could not be recorded.
    pub fn is_unrecordable(&self) -> bool {
        matches!(self.content(), Content::Missing { .. })
    }

    /// Returns the value with its long texts and lists cut, and marked as such, until it takes no more than
    /// `bytes_max`; `None` if that does not help, or its secrets are what is long.
    #[must_use]
    pub fn cut(&self, bytes_max: usize) -> Option<Payload> {
        match self.content() {
            Content::Plain(value) => cut::cut(value, bytes_max).map(|text| Payload(text.into())),
            Content::Secret { value, secrets } => {
                let room = bytes_max.checked_sub(self.bytes() - value.len())?;
                let text = cut::cut(value, room)?;
                let value = serde_json::from_str(&text).ok()?;
                Payload::tagged(Secret { value, secrets }).ok()
            }
            Content::Sealed { .. } | Content::Missing { .. } => None,
        }
    }

    /// Returns what may be shown: the JSON without its secrets, or a note that it is sealed.
    ///
    /// ```
    /// # use saga_core::{Payload, Redacted};
    /// let card = Payload::encode(&("visa", Redacted::new("4242")))?;
    /// assert_eq!(card.shown(), r#"["visa",{"$redacted":0}]"#);
    /// # Ok::<(), saga_core::EncodeError>(())
    /// ```
    pub fn shown(&self) -> String {
        match self.content() {
            Content::Plain(value) | Content::Secret { value, .. } => value.to_owned(),
            Content::Sealed { codec, bytes } => {
                format!("{{\"$sealed\":{codec:?},\"bytes\":{}}}", bytes.len())
            }
            Content::Missing { why } => serde_json::json!({ "$unrecordable": why }).to_string(),
        }
    }

    /// Returns its text in a journal.
    pub(crate) fn as_json(&self) -> &str {
        &self.0
    }

    /// Returns how many bytes it takes in a journal.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Returns the value of `()`.
    pub fn null() -> Payload {
        Payload("null".into())
    }
}

/// Returns true if plain JSON could be mistaken for the tagged shape.
fn looks_tagged(json: &str) -> bool {
    json.starts_with("{\"$payload\"")
}

/// Reads the tagged shape.
fn content_of(text: &str) -> Result<Content<'_>, serde_json::Error> {
    if let Ok(Tagged { payload: Secret { value, secrets } }) = serde_json::from_str(text) {
        return Ok(Content::Secret { value: value.get(), secrets });
    }
    if let Ok(Tagged { payload: Missing { unrecordable: why } }) = serde_json::from_str(text) {
        return Ok(Content::Missing { why });
    }
    let Tagged { payload: Sealed { codec, sealed } } = serde_json::from_str(text)?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(sealed);
    Ok(Content::Sealed { codec, bytes: bytes.map_err(serde::de::Error::custom)? })
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        serde_json::from_str::<&RawValue>(&self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if looks_tagged(raw.get()) {
            content_of(raw.get()).map_err(D::Error::custom)?;
        }
        Ok(Payload(raw.get().into()))
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        same::same(&self.0, &other.0)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through_a_journal(payload: &Payload) -> Payload {
        serde_json::from_str(&serde_json::to_string(payload).unwrap()).unwrap()
    }

    #[test]
    fn secrets_travel_but_are_not_shown() {
        let payload = through_a_journal(&Payload::encode(&(1, Redacted::new("4242".to_owned()))).unwrap());
        assert!(!payload.shown().contains("4242"));
        assert!(!format!("{payload:?}").contains("4242"));
        let (n, card): (i32, Redacted<String>) = payload.decode().unwrap();
        assert_eq!((n, card.expose().as_str()), (1, "4242"));
    }

    #[test]
    fn s51_what_is_given_is_hidden_and_keeps_what_was_shown() {
        type Card = (String, Redacted<String>, Redacted<String>);
        let (codecs, old) = (Codecs::default(), |text: &str| Redacted::new(text.to_owned()));
        let recorded = Payload::encode(&("visa", old("4242"), old("007"))).unwrap();
        let shown = recorded.shown().replace("visa", "amex").replace("{\"$redacted\":1}", "\"008\"");
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let given = through_a_journal(&Payload::given(&shown).unwrap());
        assert_eq!(given.shown(), "{\"$redacted\":0}", "no part of it");
        let mended: Card = codecs.decode_given(&given, &recorded).unwrap();
        assert_eq!(mended, ("amex".to_owned(), old("4242"), old("008")));
        // Given in its own type.
        let given = Payload::given(&("amex", old("1"), old("2"))).unwrap();
        let mended: Card = codecs.decode_given(&given, &recorded).unwrap();
        assert_eq!(mended, ("amex".to_owned(), old("1"), old("2")));
        // As an older inbox has it.
        let mended: Card = codecs.decode_given(&Payload::encode(&shown).unwrap(), &recorded).unwrap();
        assert_eq!(mended.1.expose(), "4242");
        for wrong in
            [serde_json::json!(["a", "[redacted]", "1"]), serde_json::json!(["a", {"$redacted": 2}, "1"])]
        {
            assert!(codecs.decode_given::<Card>(&Payload::given(&wrong).unwrap(), &recorded).is_err());
        }
    }

    #[test]
    fn a_value_that_looks_like_the_tagged_shape_is_kept_as_it_is() {
        let odd = serde_json::json!({"$payload": {"codec": "x", "sealed": "!"}});
        let payload = through_a_journal(&Payload::encode(&odd).unwrap());
        assert_eq!(payload.decode::<serde_json::Value>().unwrap(), odd);
    }

    struct Rot1;
    impl Codec for Rot1 {
        fn name(&self) -> &str {
            "rot1"
        }
        fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
            Ok(plain.iter().map(|b| b.wrapping_add(1)).collect())
        }
        fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
            Ok(sealed.iter().map(|b| b.wrapping_sub(1)).collect())
        }
    }

    #[test]
    fn a_codec_seals_names_itself_and_is_missed_by_name() {
        let mut codecs = Codecs::default();
        codecs.set_writer(Arc::new(Rot1));
        let sealed = through_a_journal(&codecs.encode(&(Redacted::new(7), "seven")).unwrap());
        assert!(!serde_json::to_string(&sealed).unwrap().contains("seven"));
        assert_eq!(*codecs.decode::<(Redacted<u8>, String)>(&sealed).unwrap().0.expose(), 7);
        let plain = Payload::encode(&(Redacted::new(7), "seven")).unwrap();
        assert!(codecs.same(&sealed, &plain));
        let missing = Codecs::default().decode::<(u8, String)>(&sealed).unwrap_err();
        assert!(missing.to_string().contains("rot1"), "{missing}");
    }

    #[test]
    fn large_numbers_that_differ_are_not_the_same() {
        let [a, b] = [u128::MAX, u128::MAX - 1].map(|n| Payload::encode(&(n, "id")).unwrap());
        assert!(a != b && a == a.clone());
        let mut codecs = Codecs::default();
        codecs.set_writer(Arc::new(Rot1));
        let sealed = codecs.encode(&(u128::MAX, "id")).unwrap();
        assert!(codecs.same(&sealed, &a) && !codecs.same(&sealed, &b) && !codecs.same(&a, &b));
    }

    #[test]
    fn sameness_does_not_depend_on_the_order_of_keys() {
        let a: Payload = serde_json::from_str(r#"{"a":1,"b":[2]}"#).unwrap();
        let b: Payload = serde_json::from_str(r#"{"b":[2],"a":1}"#).unwrap();
        let c: Payload = serde_json::from_str(r#"{"b":[3],"a":1}"#).unwrap();
        assert!(Codecs::default().same(&a, &b) && !Codecs::default().same(&a, &c));
    }
}
