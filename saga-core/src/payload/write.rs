//! Writes a value as the JSON of a journal. A writer of our own, because `serde_json` is shared: features that another
//! crate of the build turns on must not change what a journal means. Sets are written in an order, so that the same set
//! is the same text. Beside the text a [`Print`] is made, which tells values apart that have one text.

use std::any::type_name;
use std::hash::{DefaultHasher, Hasher};

use serde::ser::{self, Error as _};
use serde::{Serialize, Serializer};
use serde_json::Error;

/// Values are nested no deeper than this: deeper ones could not be read again.
pub(super) const DEPTH_MAX: u32 = 127;

/// The tokens under which `serde_json` hands over its own types as text.
pub(super) const RAW: &str = "$serde_json::private::RawValue";
pub(super) const NUMBER: &str = "$serde_json::private::Number";

/// What a value is to `serde`, as a number: `Some(None)` and `None` have the same text and not the same print, and a
/// set has one print, in whatever order it comes. To be compared within one process only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    hash: u64,
    lost_float: bool,
}

impl Print {
    /// Returns true if a float in the value is not finite, and was written as `null`.
    pub fn has_lost_float(self) -> bool {
        self.lost_float
    }

    /// Returns the print of the value together with a part of it that was written elsewhere.
    pub(super) fn with(self, part: Print) -> Print {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.hash);
        hasher.write_u64(part.hash);
        Print { hash: hasher.finish(), lost_float: self.lost_float || part.lost_float }
    }
}

/// A value, its type forgotten, so that what surrounds it is compiled once for all types.
pub(super) type Value<'a> = &'a dyn Fn(&mut Writer<'_>) -> Result<(), Error>;

/// Writes `value` behind what is in `out`, and gives its print if one is wanted.
pub(super) fn write(value: Value<'_>, out: &mut Vec<u8>, printed: bool) -> Result<Print, Error> {
    let print = printed.then(DefaultHasher::new);
    let mut writer = Writer { out, print, depth: 0, is_raw: false, lost_float: false };
    value(&mut writer)?;
    Ok(Print { hash: writer.print.map_or(0, |print| print.finish()), lost_float: writer.lost_float })
}

/// What kind of thing comes next in a print.
#[derive(Clone, Copy)]
enum Mark {
    Bool,
    Signed,
    Unsigned,
    Float,
    Text,
    Bytes,
    None,
    Some,
    Unit,
    Variant,
    Seq,
    Map,
}

pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    print: Option<DefaultHasher>,
    depth: u32,
    /// The next text is JSON already.
    is_raw: bool,
    lost_float: bool,
}

impl Writer<'_> {
    fn mark(&mut self, mark: Mark) {
        if let Some(print) = &mut self.print {
            print.write_u8(mark as u8);
        }
    }

    fn note(&mut self, mark: Mark, bytes: &[u8]) {
        self.mark(mark);
        if let Some(print) = &mut self.print {
            print.write_usize(bytes.len());
            print.write(bytes);
        }
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes a text, a number or the like, as `serde_json` does.
    fn scalar<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        serde_json::to_writer(&mut *self.out, value)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        if self.is_raw {
            self.put(text);
            return Ok(());
        }
        self.scalar(text)
    }

    fn deeper(&mut self) -> Result<(), Error> {
        self.depth += 1;
        match self.depth > DEPTH_MAX {
            true => {
                Err(Error::custom(format_args!("nested deeper than {DEPTH_MAX}, which cannot be read again")))
            }
            false => Ok(()),
        }
    }

    fn open(&mut self, bracket: &str) -> Result<(), Error> {
        self.put(bracket);
        self.deeper()
    }

    fn open_variant(&mut self, variant: &str) -> Result<(), Error> {
        self.note(Mark::Variant, variant.as_bytes());
        self.open("{")?;
        self.text(variant)?;
        self.put(":");
        Ok(())
    }

    fn close(&mut self, bracket: &str) {
        self.put(bracket);
        self.depth -= 1;
    }

    /// Runs `part` with a print of its own, and gives that.
    fn apart(&mut self, part: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<u64, Error> {
        let around = self.print.take();
        self.print = around.is_some().then(DefaultHasher::new);
        part(self)?;
        let print = std::mem::replace(&mut self.print, around);
        Ok(print.map_or(0, |print| print.finish()))
    }

    /// Writes the elements of a set in the order of their texts.
    fn set<T: Serialize>(&mut self, elements: impl Iterator<Item = T>) -> Result<(), Error> {
        self.open("[")?;
        let begin = self.out.len();
        let (mut texts, mut sum) = (Vec::new(), 0_u64);
        for element in elements {
            sum = sum.wrapping_add(self.apart(|writer| element.serialize(writer))?);
            texts.push(self.out.split_off(begin));
        }
        texts.sort_unstable();
        self.out.extend_from_slice(&texts.join(&b","[..]));
        self.note(Mark::Seq, &sum.to_le_bytes());
        self.close("]");
        Ok(())
    }
}

/// Returns true if a collection of that type comes in an order that means nothing.
fn is_set(collection: &str) -> bool {
    let name = collection.trim_start_matches(['&', ' ']);
    let (outer, inner) = name.split_once('<').unwrap_or((name, ""));
    match outer.starts_with("core::iter::adapters::") {
        true => is_set(inner),
        false => outer.contains("::hash::set::") || outer.starts_with("hashbrown::set::"),
    }
}

macro_rules! numbers {
    ($($method:ident $type:ty, $mark:ident;)*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            self.note(Mark::$mark, &value.to_le_bytes());
            self.scalar(&value)
        }
    )*};
}

macro_rules! floats {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            // One NaN is as good as another.
            let bits = if value.is_nan() { <$type>::NAN.to_bits() } else { value.to_bits() };
            self.note(Mark::Float, &bits.to_le_bytes());
            self.lost_float |= !value.is_finite();
            self.scalar(&value)
        }
    )*};
}

impl<'a, 'b> Serializer for &'a mut Writer<'b> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a, 'b>;
    type SerializeTuple = Parts<'a, 'b>;
    type SerializeTupleStruct = Parts<'a, 'b>;
    type SerializeTupleVariant = Parts<'a, 'b>;
    type SerializeMap = Parts<'a, 'b>;
    type SerializeStruct = Parts<'a, 'b>;
    type SerializeStructVariant = Parts<'a, 'b>;

    numbers! {
        serialize_i8 i8, Signed;
        serialize_i16 i16, Signed;
        serialize_i32 i32, Signed;
        serialize_i64 i64, Signed;
        serialize_i128 i128, Signed;
        serialize_u8 u8, Unsigned;
        serialize_u16 u16, Unsigned;
        serialize_u32 u32, Unsigned;
        serialize_u64 u64, Unsigned;
        serialize_u128 u128, Unsigned;
    }

    floats! {
        serialize_f32 f32;
        serialize_f64 f64;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.note(Mark::Bool, &[value.into()]);
        self.scalar(&value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.note(Mark::Text, value.as_bytes());
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.note(Mark::Bytes, value);
        self.scalar(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.mark(Mark::None);
        self.put("null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.mark(Mark::Some);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.mark(Mark::Unit);
        self.put("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.note(Mark::Variant, variant.as_bytes());
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.open_variant(variant)?;
        value.serialize(&mut *self)?;
        self.close("}");
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a, 'b>, Error> {
        self.open("[")?;
        Ok(Parts::new(self, "]"))
    }

    fn serialize_tuple(self, len: usize) -> Result<Parts<'a, 'b>, Error> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Parts<'a, 'b>, Error> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a, 'b>, Error> {
        self.open_variant(variant)?;
        self.open("[")?;
        Ok(Parts::new(self, "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a, 'b>, Error> {
        self.open("{")?;
        Ok(Parts::new(self, "}"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'a, 'b>, Error> {
        if name == RAW || name == NUMBER {
            return Ok(Parts { is_raw: true, ..Parts::new(self, "") });
        }
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a, 'b>, Error> {
        self.open_variant(variant)?;
        self.open("{")?;
        Ok(Parts::new(self, "}}"))
    }

    fn collect_seq<I>(self, iter: I) -> Result<(), Error>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if is_set(type_name::<I>()) {
            return self.set(iter.into_iter());
        }
        let mut parts = self.serialize_seq(None)?;
        iter.into_iter().try_for_each(|element| parts.element(&element))?;
        parts.finish()
    }
}

/// What a compound value is written with, part by part.
pub(super) struct Parts<'a, 'b> {
    writer: &'a mut Writer<'b>,
    close: &'static str,
    count: u64,
    /// The prints of entries; their order means nothing.
    sum: u64,
    /// The print of what is around the entry that is being written.
    around: Option<DefaultHasher>,
    is_raw: bool,
}

impl<'a, 'b> Parts<'a, 'b> {
    fn new(writer: &'a mut Writer<'b>, close: &'static str) -> Self {
        Self { writer, close, count: 0, sum: 0, around: None, is_raw: false }
    }

    fn separate(&mut self) {
        if self.count > 0 {
            self.writer.put(",");
        }
        self.count += 1;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        value.serialize(&mut *self.writer)
    }

    /// Writes a key as any value is written. Text stays, a number or a truth value is put in quotes, and nothing else
    /// is a key.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.separate();
        let begin = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        match self.writer.out.get(begin) {
            Some(b'"') => {}
            Some(b'0'..=b'9' | b'-' | b't' | b'f') => {
                self.writer.out.insert(begin, b'"');
                self.writer.put("\"");
            }
            _ => return Err(Error::custom("a key is neither text nor a number: key must be a string")),
        }
        self.writer.put(":");
        Ok(())
    }

    fn begin<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), Error> {
        self.around = self.writer.print.take();
        self.writer.print = self.around.is_some().then(DefaultHasher::new);
        self.key(key)
    }

    fn end<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), Error> {
        value.serialize(&mut *self.writer)?;
        let print = std::mem::replace(&mut self.writer.print, self.around.take());
        self.sum = self.sum.wrapping_add(print.map_or(0, |print| print.finish()));
        Ok(())
    }

    fn field<V: Serialize + ?Sized>(&mut self, key: &str, value: &V) -> Result<(), Error> {
        if self.is_raw {
            self.writer.is_raw = true;
            let written = value.serialize(&mut *self.writer);
            self.writer.is_raw = false;
            return written;
        }
        self.begin(key)?;
        Parts::end(self, value)
    }

    fn finish(self) -> Result<(), Error> {
        let mark = if self.close.starts_with('}') { Mark::Map } else { Mark::Seq };
        let tail = [self.count.to_le_bytes(), self.sum.to_le_bytes()];
        self.writer.note(mark, tail.as_flattened());
        self.writer.put(self.close);
        self.writer.depth -= self.close.len() as u32;
        Ok(())
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

parts! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.field(key, value)
            }
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Parts<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.begin(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        Parts::end(self, value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}
