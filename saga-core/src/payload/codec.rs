//! Codecs: what turns recorded values into other bytes and back, and the codecs of a runtime.

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Content, DecodeError, EncodeError, Payload, Sealed, read};

/// What a [`Codec`] says when it fails.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CodecError(pub String);

/// Turns recorded values into other bytes and back: encryption, compression. Its name stands in each record that it
/// wrote, so that an older codec can stay for reading while a newer one writes.
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
    /// [`CodecError`]; the value is then not recorded, and what needed it does not happen.
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, CodecError>;
    /// Opens what [`seal`](Codec::seal) gave.
    ///
    /// # Errors
    /// [`CodecError`]; the saga is then dead-lettered as `Undecodable`.
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CodecError>;
}

/// The codecs of a runtime: at most one that writes, any number that read.
#[derive(Clone, Default)]
pub struct Codecs {
    write: Option<Arc<dyn Codec>>,
    read: Vec<Arc<dyn Codec>>,
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
        let Some(codec) = &self.write else { return Ok(payload) };
        let name = codec.name().to_owned();
        match codec.seal(payload.0.as_bytes()) {
            Ok(bytes) => {
                let sealed = base64::engine::general_purpose::STANDARD.encode(bytes);
                Payload::tagged(Sealed { codec: name, sealed })
            }
            Err(source) => Err(EncodeError::Codec { codec: name, source }),
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
        let is_hidden = || opened.is_some() || matches!(plain.content(), Content::Secret { .. });
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
            _ => self.seal(payload.hidden()),
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

    fn open(&self, payload: &Payload) -> Result<Option<Payload>, DecodeError> {
        let Content::Sealed { codec: name, bytes } = payload.content() else { return Ok(None) };
        let Some(codec) = self.read.iter().rev().find(|c| c.name() == name) else {
            return Err(DecodeError::UnknownCodec { codec: name });
        };
        let plain = codec.open(&bytes).map_err(|source| DecodeError::Codec { codec: name, source })?;
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
