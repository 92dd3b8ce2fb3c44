//! Codecs: what turns recorded values into other bytes and back, and the codecs of a runtime.

use std::any::type_name;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Content, DecodeError, EncodeError, Payload, Sealed, read};

/// What a [`Codec`] says when it fails: for good, or for a time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct CodecError {
    message: String,
    is_transient: bool,
}

impl CodecError {
    /// Returns an error of a value that cannot be sealed or opened: the key is unknown, the bytes were changed.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_transient: false }
    }

    /// Returns an error that a later try may not have: the service that has the key does not answer.
    pub fn transient(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_transient: true }
    }

    /// Returns true if a later try may succeed.
    pub fn is_transient(&self) -> bool {
        self.is_transient
    }
}

impl EncodeError {
    /// Returns true if a later try may succeed: the codec says so.
    pub fn is_transient(&self) -> bool {
        matches!(self, EncodeError::Codec { source, .. } if source.is_transient)
    }
}

impl DecodeError {
    /// Returns true if a later try may succeed: the codec says so.
    pub fn is_transient(&self) -> bool {
        matches!(self, DecodeError::Codec { source, .. } if source.is_transient)
    }
}

/// Turns recorded values into other bytes and back: encryption, compression. Its name stands in each record that it
/// wrote, so that an older codec can stay for reading while a newer one writes.
///
/// A codec is called while a saga is driven, and may not block: one with keys in a service keeps them in memory, and
/// returns a [transient](CodecError::transient) error while a key is missing.
///
/// ```
/// use saga_core::{Codec, CodecError};
///
/// /// No protection; shows the shape.
/// struct Rot1;
/// impl Codec for Rot1 {
///     fn name(&self) -> &str { "rot1" }
///     fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError> {
///         Ok(plain.iter().map(|b| b.wrapping_add(1)).collect())
///     }
///     fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
///         Ok(sealed.iter().map(|b| b.wrapping_sub(1)).collect())
///     }
/// }
/// assert_eq!(Rot1.open(&Rot1.seal(b"card")?)?, b"card");
/// # Ok::<(), CodecError>(())
/// ```
pub trait Codec: Send + Sync + 'static {
    /// Returns the name that is recorded; never change it once it is in a journal.
    fn name(&self) -> &str;
    /// Seals the bytes of one value.
    ///
    /// # Errors
    /// [`CodecError`]. While it is [transient](CodecError::transient), the saga waits, and the value is sealed later.
    /// Otherwise the value is not recorded: what needed it does not happen, and an output is lost.
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError>;
    /// Opens what [`seal`](Codec::seal) gave.
    ///
    /// # Errors
    /// [`CodecError`]. While it is [transient](CodecError::transient), the saga waits, and the value is opened later.
    /// Otherwise the saga is dead-lettered as `Undecodable`.
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError>;
}

/// The codecs of a runtime: at most one that writes, any number that read.
#[derive(Clone, Default)]
pub struct Codecs {
    write: Option<Arc<dyn Codec>>,
    read: Vec<Arc<dyn Codec>>,
    /// Values are opened before they are read, and sealed after they are written.
    is_plain: bool,
    outages: Arc<Outages>,
}

/// The transient errors of the codecs.
#[derive(Default)]
struct Outages {
    count: AtomicU64,
    last: Mutex<String>,
}

impl Outages {
    /// Counts the error if it is transient.
    fn note(&self, codec: &str, error: &CodecError) {
        if error.is_transient {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = format!("codec {codec:?}: {error}");
            self.count.fetch_add(1, Ordering::Release);
        }
    }
}

impl Codecs {
    /// Makes `codec` the one that writes; one given earlier still reads.
    pub fn set_writer(&mut self, codec: Arc<dyn Codec>) {
        self.read.push(codec.clone());
        self.write = Some(codec);
    }

    /// Adds a codec that only reads.
    pub fn add_reader(&mut self, codec: Arc<dyn Codec>) {
        self.read.push(codec);
    }

    /// Returns the codecs for code that reads values after [`opened`](Self::opened) and writes them before
    /// [`seal`](Self::seal). Their errors quote no more of a value than with these.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self { is_plain: true, ..self.clone() }
    }

    /// Returns how many transient errors the codecs have had.
    pub fn outages(&self) -> u64 {
        self.outages.count.load(Ordering::Acquire)
    }

    /// Returns the last transient error with its codec's name, if there was one since there were so many.
    pub fn outage_since(&self, outages: u64) -> Option<String> {
        let last = || self.outages.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.outages() > outages).then(last)
    }

    /// Encodes `value`, sealed if there is a writing codec.
    ///
    /// # Errors
    /// [`EncodeError`] if it has no JSON form or the codec refuses it.
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T) -> Result<Payload, EncodeError> {
        let payload = Payload::encode(value)?;
        self.seal(payload)
    }

    /// Seals what was encoded without a codec, if there is a writing codec.
    ///
    /// # Errors
    /// [`EncodeError::Codec`] if it refuses it.
    pub fn seal(&self, payload: Payload) -> Result<Payload, EncodeError> {
        let Some(codec) = self.write.as_ref().filter(|_| !self.is_plain) else { return Ok(payload) };
        let name = codec.name().to_owned();
        match codec.seal(payload.0.as_bytes()) {
            Ok(bytes) => {
                let sealed = base64::engine::general_purpose::STANDARD.encode(bytes);
                Payload::tagged(Sealed { codec: name, sealed })
            }
            Err(source) => {
                self.outages.note(&name, &source);
                Err(EncodeError::Codec { codec: name, source })
            }
        }
    }

    /// Returns true if there is a writing codec: what is recorded is not to be read without it.
    pub fn is_sealing(&self) -> bool {
        self.write.is_some()
    }

    /// Decodes `payload`, opening it first if it is sealed.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode<T: DeserializeOwned>(&self, payload: &Payload) -> Result<T, DecodeError> {
        self.decode_as(payload, None, type_name::<T>())
    }

    /// Decodes a value of the type that is called `wanted` in errors: [given](Self::decode_given) in place of `recorded`,
    /// if there is that.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode_as<T: DeserializeOwned>(
        &self,
        payload: &Payload,
        recorded: Option<&Payload>,
        wanted: &'static str,
    ) -> Result<T, DecodeError> {
        let mut value = None;
        let read = self.read_into(&mut read::place(&mut value), payload, recorded, wanted);
        read::placed(read, value)
    }

    fn read_into(
        &self,
        place: read::Place<'_>,
        payload: &Payload,
        recorded: Option<&Payload>,
        wanted: &'static str,
    ) -> Result<(), DecodeError> {
        let opened = self.open(payload)?;
        let plain = opened.as_ref().unwrap_or(payload);
        let read = match recorded {
            None => plain.read_into(place, wanted),
            Some(recorded) => {
                let opened = self.open(recorded)?;
                plain.exposed().read_beside(opened.as_ref().unwrap_or(recorded), place, wanted)
            }
        };
        // What is sealed or secret is not to stand in the text of an error, which is recorded in clear.
        let is_hidden =
            || opened.is_some() || self.hides() || matches!(plain.content(), Content::Secret { .. });
        read.map_err(|error| if is_hidden() { error.without_values() } else { error })
    }

    /// Decodes a value that was given from outside in place of `recorded`, as [`Payload::given`] has it: a secret of
    /// `recorded` may stand in it as it was shown, `{"$redacted": n}`.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode_given<T: DeserializeOwned>(
        &self,
        given: &Payload,
        recorded: &Payload,
    ) -> Result<T, DecodeError> {
        self.decode_as(given, Some(recorded), type_name::<T>())
    }

    /// Hides a value from outside as a whole, as [`Payload::given`] does, however it was encoded.
    ///
    /// # Errors
    /// [`EncodeError::Codec`] if the writing codec refuses it.
    pub fn hide(&self, payload: &Payload) -> Result<Payload, EncodeError> {
        match payload.content() {
            // Only its codec opens it.
            Content::Sealed { .. } => Ok(payload.clone()),
            Content::Plain(_) | Content::Secret { .. } | Content::Missing { .. } => {
                self.seal(payload.hidden())
            }
        }
    }

    /// Returns true if two recorded values mean the same: equal as JSON, whatever the order of keys.
    pub fn same(&self, a: &Payload, b: &Payload) -> bool {
        if a.0 == b.0 {
            return true;
        }
        match (self.open(a), self.open(b)) {
            (Ok(plain_a), Ok(plain_b)) => plain_a.as_ref().unwrap_or(a) == plain_b.as_ref().unwrap_or(b),
            _ => false,
        }
    }

    /// Returns true if what is read was sealed, and has been opened before.
    fn hides(&self) -> bool {
        self.is_plain && !self.read.is_empty()
    }

    /// Returns the payload, opened if it is sealed: for [`plain`](Self::plain) codecs.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn opened(&self, payload: &Payload) -> Result<Payload, DecodeError> {
        Ok(self.open(payload)?.unwrap_or_else(|| payload.clone()))
    }

    fn open(&self, payload: &Payload) -> Result<Option<Payload>, DecodeError> {
        let Content::Sealed { codec: name, bytes } = payload.content() else { return Ok(None) };
        let Some(codec) = self.read.iter().rev().find(|c| c.name() == name) else {
            return Err(DecodeError::UnknownCodec { codec: name });
        };
        let plain = codec.open(&bytes).map_err(|source| {
            self.outages.note(&name, &source);
            DecodeError::Codec { codec: name, source }
        })?;
        serde_json::from_slice(&plain)
            .map(Some)
            .map_err(|source| DecodeError::Json { wanted: type_name::<Payload>(), source })
    }
}

impl fmt::Debug for Codecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.read.iter().map(|c| c.name())).finish()
    }
}
