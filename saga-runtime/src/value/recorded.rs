//! What can be recorded.

use saga_core::{Codecs, DecodeError, EncodeError, Payload, Print};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::panics::drop_quietly;

/// What can stand in a journal: it can be written as JSON, be read again, and go to another thread. Nothing implements
/// it by hand.
//
// `Serialize` and `Deserialize` are no supertraits: of a type with neither the compiler would say so once for each of
// them, with a list of all types that have them, and not say why.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded [SG0901]",
    label = "not both `Serialize` and `Deserialize` [SG0901]",
    note = "why: what a step or a saga takes and gives is written into a journal, and read again after a crash",
    note = "fix: if it is data, `#[derive(serde::Serialize, serde::Deserialize)]` on it, or on the type in it that has not both; if it is a client, a pool or the like, a step takes it by reference: `&{Self}`, with `.resource(…)` at the builder"
)]
pub trait Recorded: Sized + Send + 'static {
    /// Writes it.
    ///
    /// # Errors
    /// Those of the format.
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Reads it.
    ///
    /// # Errors
    /// Those of the format.
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Recorded for T {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
}

/// A recorded value as it is shown: as JSON without its secrets.
#[derive(Debug)]
pub struct Shown<'a, T>(pub &'a T);

impl<T: Recorded> serde::Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

/// How values of a type are recorded: the constant of a trait that only recordable types implement. A bound by that
/// trait then needs no second bound.
#[derive(Debug)]
pub struct Recording<T> {
    pub(crate) encode: fn(&T, &Codecs) -> Result<Payload, EncodeError>,
    pub(crate) decode: fn(&Codecs, &Payload) -> Result<T, DecodeError>,
    /// What is recorded of it.
    #[cfg(feature = "test")]
    pub(crate) shape: fn() -> serde_json::Value,
    /// Some that are made up.
    #[cfg(feature = "test")]
    pub(crate) values: fn() -> Vec<T>,
}

impl<T> Recording<T> {
    /// Returns the way of recording of a type that is `Serialize` and `Deserialize`.
    #[expect(
        clippy::new_without_default,
        reason = "it is a constant, and no value that one would default to"
    )]
    pub const fn new() -> Self
    where
        T: Recorded,
    {
        Self {
            encode: |value, codecs| codecs.encode(&Written(value)),
            decode,
            #[cfg(feature = "test")]
            shape: shape::<T>,
            #[cfg(feature = "test")]
            values: values::<T>,
        }
    }
}

/// A recorded value, as `serde` writes it.
pub(crate) struct Written<'a, T>(pub(crate) &'a T);

impl<T: Recorded> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

/// A recorded value, as `serde` reads it.
pub(crate) struct Read<T>(pub(crate) T);

impl<'de, T: Recorded> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read(from).map(Read)
    }
}

/// Returns the shape that a type records.
#[cfg(feature = "test")]
pub(crate) fn shape<T: Recorded>() -> serde_json::Value {
    crate::value::shape::shape_of::<Read<T>>()
}

/// Returns values of `T` that are made up: one for each path through its enums.
#[cfg(feature = "test")]
pub(crate) fn values<T: Recorded>() -> Vec<T> {
    crate::value::made_up::values_of::<Read<T>>().into_iter().map(|Read(value)| value).collect()
}

/// The shapes of what a step or a saga records.
#[cfg(feature = "test")]
pub(crate) struct Shapes {
    pub(crate) input: serde_json::Value,
    pub(crate) output: serde_json::Value,
    pub(crate) error: serde_json::Value,
}

#[cfg(feature = "test")]
impl Shapes {
    /// Returns the shapes of these types.
    pub(crate) fn of<I: Recorded, O: Recorded, E>(error: &Recording<E>) -> Self {
        Self { input: shape::<I>(), output: shape::<O>(), error: (error.shape)() }
    }
}

/// Encodes it without a codec.
pub(crate) fn encode<T: Recorded>(value: &T) -> Result<Payload, EncodeError> {
    Payload::encode(&Written(value))
}

/// A value to be recorded, its type forgotten, so that how that is done is compiled once for all types.
pub(crate) struct Value<'a> {
    /// Writes the value.
    write: &'a dyn Fn() -> Result<(Payload, Print), EncodeError>,
    /// Reads what was written, and writes it again.
    pub(crate) again: fn(&Codecs, &Payload) -> Again,
    /// The name of its type.
    pub(crate) name: &'static str,
}

impl<'a> Value<'a> {
    /// Returns a `T` that is written by that.
    pub(crate) fn of<T: Recorded>(write: &'a dyn Fn() -> Result<(Payload, Print), EncodeError>) -> Self {
        Self { write, again: written_again::<T>, name: std::any::type_name::<T>() }
    }

    /// Returns what is written of it, not sealed yet.
    pub(crate) fn written(&self) -> Result<Payload, EncodeError> {
        (self.write)().map(|(payload, _)| payload)
    }
}

/// Encodes it without a codec, with its print.
pub(crate) fn printed<T: Recorded>(value: &T) -> Result<(Payload, Print), EncodeError> {
    Payload::encode_printed(&Written(value))
}

/// Encodes it for good: what is recorded is read again, and has to be the same value. Nothing else would find out before
/// the saga goes on with it after a crash.
pub(crate) fn keep(value: &Value<'_>, codecs: &Codecs) -> Result<Payload, EncodeError> {
    let (payload, print) = (value.write)()?;
    // What a codec seals is not to stand in the text of an error.
    let shown = || (!codecs.is_sealing()).then(|| shortened(payload.shown()));
    let lost_float = print.has_lost_float();
    let again = (value.again)(&Codecs::default(), &payload);
    let again = again.map_err(|source| {
        let source = if codecs.is_sealing() { source.without_values() } else { source };
        EncodeError::Unreadable { shown: shown(), lost_float, source }
    })?;
    if again?.1 != print {
        return Err(EncodeError::Changed { shown: shown(), lost_float });
    }
    codecs.seal(payload)
}

/// What is written of a recorded value once it has been read.
pub(crate) type Again = Result<Result<(Payload, Print), EncodeError>, DecodeError>;

/// Reads the value and writes it again.
pub(crate) fn written_again<T: Recorded>(codecs: &Codecs, payload: &Payload) -> Again {
    let read = decode::<T>(codecs, payload)?;
    let again = printed(&read);
    drop_quietly("a value that was read again", read);
    Ok(again)
}

/// Returns the beginning of a text that is part of another one.
fn shortened(mut text: String) -> String {
    if text.len() > 200 {
        text.truncate(text.floor_char_boundary(200));
        text.push('…');
    }
    text
}

/// Decodes it; the error names the type that was asked for.
pub(crate) fn decode<T: Recorded>(codecs: &Codecs, payload: &Payload) -> Result<T, DecodeError> {
    decode_given(codecs, payload, None)
}

/// Decodes it: given in place of what is recorded, if there is that.
pub(crate) fn decode_given<T: Recorded>(
    codecs: &Codecs,
    payload: &Payload,
    recorded: Option<&Payload>,
) -> Result<T, DecodeError> {
    match codecs.decode_as(payload, recorded, std::any::type_name::<T>()) {
        Ok(Read(value)) => Ok(value),
        Err(error) => Err(error),
    }
}
