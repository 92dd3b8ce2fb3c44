//! Reads a value from the JSON of a journal. A reader of our own, because `serde_json` is shared: where another crate of
//! the build turns on `arbitrary_precision`, numbers in tagged, untagged and flattened types cannot be read any more,
//! and without `float_roundtrip` floats change. The text is JSON, or an error comes of it.

mod key;

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Expected, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Error;
use serde_json::value::RawValue;

use super::write::{DEPTH_MAX, NUMBER, RAW};
use key::{Key, Token, Variant};

/// Where a value is read to, its type forgotten, so that what surrounds it is compiled once for all types.
pub(super) type Place<'a> = &'a mut dyn FnMut(&mut Reader<'_>) -> Result<(), Error>;

/// Reads a value from the whole of `text`.
pub(super) fn read_into(place: Place<'_>, text: &str) -> Result<(), Error> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    place(&mut reader)?;
    match reader.peek() {
        None => Ok(()),
        Some(_) => Err(reader.error("something follows the value")),
    }
}

/// Returns the place for a `T`.
pub(super) fn place<T: DeserializeOwned>(
    value: &mut Option<T>,
) -> impl FnMut(&mut Reader<'_>) -> Result<(), Error> {
    |reader| {
        *value = Some(T::deserialize(reader)?);
        Ok(())
    }
}

/// Returns what was put there.
pub(super) fn placed<T, E>(read: Result<(), E>, value: Option<T>) -> Result<T, E> {
    match (read, value) {
        (Err(error), _) => Err(error),
        (Ok(()), value) => Ok(value.expect("a text that was read without an error gave a value")),
    }
}

pub(super) struct Reader<'de> {
    text: &'de str,
    at: usize,
    depth: u32,
}

/// A number in JSON, as what it is read.
enum Number<'de> {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// One that fits none of these, where `serde_json` keeps the digits of numbers.
    Digits(&'de str),
}

impl<'de> Reader<'de> {
    fn error(&self, what: &str) -> Error {
        Error::custom(format_args!("{what} (byte {})", self.at))
    }

    /// Returns the next byte that is not a space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn is_next(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), Error> {
        match self.is_next(byte) {
            true => Ok(()),
            false => Err(self.error(&format!("expected `{}`", char::from(byte)))),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        match self.text[self.at..].starts_with(word) {
            true => {
                self.at += word.len();
                Ok(())
            }
            false => Err(self.error("expected a value")),
        }
    }

    /// Returns the digits of a number, with all that belongs to them.
    fn digits(&mut self) -> &'de str {
        let rest = &self.text[self.at..];
        let is_part = |c: char| matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        let digits = rest.find(|c| !is_part(c)).map_or(rest, |end| &rest[..end]);
        self.at += digits.len();
        digits
    }

    fn number(&mut self, keeps_digits: bool) -> Result<Number<'de>, Error> {
        let digits = self.digits();
        if !digits.contains(['.', 'e', 'E']) {
            // `-0` is a float: no whole number is it.
            if let Ok(number) = digits.parse() {
                return Ok(Number::Unsigned(number));
            }
            if let Some(number) = digits.parse().ok().filter(|number| *number != 0) {
                return Ok(Number::Signed(number));
            }
        }
        let float: f64 = digits.parse().map_err(|_| self.error("expected a number"))?;
        if keeps_digits && serde_json::to_string(&float).is_ok_and(|text| text != digits) {
            return Ok(Number::Digits(digits));
        }
        match float.is_finite() {
            true => Ok(Number::Float(float)),
            false => Err(self.error("number out of range")),
        }
    }

    fn visit_number<V: Visitor<'de>>(&mut self, visitor: V, keeps_digits: bool) -> Result<V::Value, Error> {
        match self.number(keeps_digits)? {
            Number::Unsigned(number) => visitor.visit_u64(number),
            Number::Signed(number) => visitor.visit_i64(number),
            Number::Float(number) => visitor.visit_f64(number),
            Number::Digits(digits) => visitor.visit_map(Token::new(NUMBER, digits)),
        }
    }

    /// Returns a whole number that may be too large for 64 bits.
    fn wide<T: std::str::FromStr>(&mut self) -> Option<T> {
        let begin = self.at;
        let number = self.digits().parse().ok();
        if number.is_none() {
            self.at = begin;
        }
        number
    }

    fn string(&mut self) -> Result<Cow<'de, str>, Error> {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        let (mut end, mut is_plain) = (begin + 1, true);
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => (end, is_plain) = (end + 2, false),
                Some(byte) => (end, is_plain) = (end + 1, is_plain && *byte >= b' '),
                None => return Err(self.error("a text has no end")),
            }
        }
        self.at = end + 1;
        match is_plain {
            true => Ok(Cow::Borrowed(&self.text[begin + 1..end])),
            false => serde_json::from_str(&self.text[begin..=end]).map(Cow::Owned),
        }
    }

    fn visit_string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        match self.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    /// Returns the text of a whole value.
    fn raw(&mut self) -> Result<&'de str, Error> {
        let mut values =
            serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter::<&'de RawValue>();
        let raw = values.next().ok_or_else(|| self.error("expected a value"))??;
        self.at += values.byte_offset();
        Ok(raw.get())
    }

    /// Goes into a list or an object.
    fn begin(&mut self) -> Result<(), Error> {
        self.at += 1;
        self.depth += 1;
        match self.depth > DEPTH_MAX {
            true => Err(self.error(&format!("nested deeper than {DEPTH_MAX}"))),
            false => Ok(()),
        }
    }

    /// Goes into a list or an object, whichever it is; gives what closes that.
    fn begin_struct(&mut self, expected: &dyn Expected) -> Result<u8, Error> {
        let close = match self.peek() {
            Some(b'[') => b']',
            Some(b'{') => b'}',
            _ => return Err(self.unexpected(expected)),
        };
        self.begin()?;
        Ok(close)
    }

    fn end(&mut self, close: u8) -> Result<(), Error> {
        self.depth -= 1;
        self.expect(close)
    }

    fn visit_list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.begin()?;
        let value = visitor.visit_seq(Parts { reader: self, close: b']', is_first: true })?;
        self.end(b']')?;
        Ok(value)
    }

    fn visit_object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.begin()?;
        let value = visitor.visit_map(Parts { reader: self, close: b'}', is_first: true })?;
        self.end(b'}')?;
        Ok(value)
    }

    /// Returns what is wrong with a value that is not of the kind that is expected.
    fn unexpected(&mut self, expected: &dyn Expected) -> Error {
        let found = match self.peek() {
            Some(b'n') => self.word("null").map(|()| Unexpected::Unit),
            Some(b't') => self.word("true").map(|()| Unexpected::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Unexpected::Bool(false)),
            Some(b'"') => {
                return match self.string() {
                    Ok(text) => Error::invalid_type(Unexpected::Str(&text), expected),
                    Err(error) => error,
                };
            }
            Some(b'[') => Ok(Unexpected::Seq),
            Some(b'{') => Ok(Unexpected::Map),
            Some(b'-' | b'0'..=b'9') => self.number(false).map(|number| match number {
                Number::Unsigned(number) => Unexpected::Unsigned(number),
                Number::Signed(number) => Unexpected::Signed(number),
                Number::Float(number) => Unexpected::Float(number),
                Number::Digits(_) => Unexpected::Other("number"),
            }),
            _ => Err(self.error("expected a value")),
        };
        match found {
            Ok(found) => Error::invalid_type(found, expected),
            Err(error) => error,
        }
    }
}

/// Returns true if another crate of the build made `serde_json` keep the digits of numbers as they are.
fn keeps_digits() -> bool {
    static KEEPS: OnceLock<bool> = OnceLock::new();
    let large = "123456789012345678901234567890";
    *KEEPS.get_or_init(|| {
        serde_json::from_str::<serde_json::Number>(large).is_ok_and(|n| n.to_string() == large)
    })
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.peek() {
                Some(b'-' | b'0'..=b'9') => self.visit_number(visitor, false),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! wide_numbers {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.peek() {
                Some(b'-' | b'0'..=b'9') => match self.wide() {
                    Some(number) => visitor.$visit(number),
                    None => self.visit_number(visitor, false),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_unit()
            }
            Some(b't') => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            Some(b'"') => self.visit_string(visitor),
            Some(b'[') => self.visit_list(visitor),
            Some(b'{') => self.visit_object(visitor),
            Some(b'-' | b'0'..=b'9') => self.visit_number(visitor, keeps_digits()),
            _ => Err(self.error("expected a value")),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f64
    }

    wide_numbers! { deserialize_i128 visit_i128 deserialize_u128 visit_u128 }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // Through an `f64` it would be rounded twice.
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => match self.digits().parse::<f32>() {
                Ok(number) if number.is_finite() => visitor.visit_f32(number),
                _ => Err(self.error("number out of range")),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == RAW {
            let text = self.raw()?;
            return visitor.visit_map(Token::new(RAW, text));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'{') => {
                self.begin()?;
                let value = visitor.visit_enum(Variant(self))?;
                self.end(b'}')?;
                Ok(value)
            }
            Some(b'"') => visitor.visit_enum(StringDeserializer::new(self.string()?.into_owned())),
            _ => Err(self.error("expected a variant")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.raw()?;
        visitor.visit_unit()
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'"') => visitor.visit_bytes(self.string()?.as_bytes()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    // Each asks of the visitor what it is for, as `serde_json` does: whatever else a visitor could take would be compiled
    // for each type.

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'"') => self.visit_string(visitor),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'[') => self.visit_list(visitor),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(b'{') => self.visit_object(visitor),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let close = self.begin_struct(&visitor)?;
        let parts = Parts { reader: self, close, is_first: true };
        let value = if close == b']' { visitor.visit_seq(parts) } else { visitor.visit_map(parts) }?;
        self.end(close)?;
        Ok(value)
    }

    forward_to_deserialize_any! { bool char unit unit_struct }
}

/// The elements of a list, or the entries of an object.
struct Parts<'a, 'de> {
    reader: &'a mut Reader<'de>,
    close: u8,
    is_first: bool,
}

impl Parts<'_, '_> {
    /// Returns true if another one follows.
    fn goes_on(&mut self) -> Result<bool, Error> {
        if self.reader.peek() == Some(self.close) {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.expect(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.goes_on()?.then(|| seed.deserialize(&mut *self.reader)).transpose()
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if !self.goes_on()? {
            return Ok(None);
        }
        if self.reader.peek() != Some(b'"') {
            return Err(self.reader.error("expected a key"));
        }
        seed.deserialize(Key(self.reader)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}
