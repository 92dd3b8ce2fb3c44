//! Values made up for tests, by asking a type's `Deserialize` for each of its variants, with empty fields.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer as _, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

/// The maximum number of values made of one type.
const VALUES_MAX: usize = 256;
/// The maximum depth of nested types.
const DEPTH_MAX: usize = 8;
/// The content of made-up texts.
pub(crate) const TEXT: &str = "made up by the test";

/// Returns values of `T`: one for each path through its enums.
pub(crate) fn values_of<T: DeserializeOwned>() -> Vec<T> {
    let mut ways = Ways::default();
    let mut values = Vec::new();
    for _ in 0..VALUES_MAX {
        ways.taken = 0;
        values.extend(T::deserialize(Make { ways: &mut ways, depth: 0 }));
        if !ways.turn() {
            break;
        }
    }
    values
}

/// The variant taken at each enum on the path: a number with a digit for each.
#[derive(Debug, Default)]
struct Ways {
    /// The variant, and the number of variants.
    digits: Vec<(usize, usize)>,
    taken: usize,
}

impl Ways {
    fn choose(&mut self, variants: usize) -> usize {
        if self.taken == self.digits.len() {
            self.digits.push((0, variants));
        }
        self.taken += 1;
        self.digits[self.taken - 1].0
    }

    /// Advances to the next number; returns false after the last.
    fn turn(&mut self) -> bool {
        self.digits.truncate(self.taken);
        while let Some((digit, of)) = self.digits.pop() {
            if digit + 1 < of {
                self.digits.push((digit + 1, of));
                return true;
            }
        }
        false
    }
}

/// The error for a value that cannot be made.
#[derive(Debug)]
struct NoValue;

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no value can be made up")
    }
}

impl std::error::Error for NoValue {}

impl de::Error for NoValue {
    fn custom<T: fmt::Display>(_: T) -> Self {
        NoValue
    }
}

/// Makes one value.
struct Make<'a> {
    ways: &'a mut Ways,
    depth: usize,
}

impl Make<'_> {
    fn deeper(&mut self) -> Result<Make<'_>, NoValue> {
        let depth = self.depth + 1;
        if depth > DEPTH_MAX { Err(NoValue) } else { Ok(Make { ways: self.ways, depth }) }
    }
}

macro_rules! leaves {
    ($($method:ident => $visit:ident($($value:expr)?);)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
            visitor.$visit($($value)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Make<'_> {
    type Error = NoValue;

    leaves! {
        deserialize_any => visit_unit();
        deserialize_ignored_any => visit_unit();
        deserialize_unit => visit_unit();
        deserialize_option => visit_none();
        deserialize_bool => visit_bool(false);
        deserialize_i8 => visit_i8(1);
        deserialize_i16 => visit_i16(1);
        deserialize_i32 => visit_i32(1);
        deserialize_i64 => visit_i64(1);
        deserialize_i128 => visit_i128(1);
        deserialize_u8 => visit_u8(1);
        deserialize_u16 => visit_u16(1);
        deserialize_u32 => visit_u32(1);
        deserialize_u64 => visit_u64(1);
        deserialize_u128 => visit_u128(1);
        deserialize_f32 => visit_f32(1.0);
        deserialize_f64 => visit_f64(1.0);
        deserialize_char => visit_char('x');
        deserialize_str => visit_str(TEXT);
        deserialize_string => visit_str(TEXT);
        deserialize_bytes => visit_bytes(&[]);
        deserialize_byte_buf => visit_bytes(&[]);
        deserialize_identifier => visit_str(TEXT);
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        visitor.visit_newtype_struct(self.deeper()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
        visitor.visit_seq(Parts { make: self, names: &[], left: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, NoValue> {
        visitor.visit_seq(Parts { make: self, names: &[], left: len })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
        visitor.visit_map(Parts { make: self, names: &[], left: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        visitor.visit_map(Parts { make: self, names: fields, left: fields.len() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        if variants.is_empty() {
            return Err(NoValue);
        }
        let variant = variants[self.ways.choose(variants.len())];
        visitor.visit_enum(Variant { make: self, variant })
    }
}

/// The elements of a list, or the fields of a struct.
struct Parts<'a> {
    make: Make<'a>,
    names: &'static [&'static str],
    left: usize,
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = NoValue;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NoValue> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.make.deeper()?).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_> {
    type Error = NoValue;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NoValue> {
        let Some((name, rest)) = self.names.split_first() else { return Ok(None) };
        self.names = rest;
        let name: StrDeserializer<'_, NoValue> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, NoValue> {
        seed.deserialize(self.make.deeper()?)
    }
}

/// One variant of an enum.
struct Variant<'a> {
    make: Make<'a>,
    variant: &'static str,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = NoValue;
    type Variant = Make<'a>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Make<'a>), NoValue> {
        let name: StrDeserializer<'_, NoValue> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self.make))
    }
}

impl<'de> VariantAccess<'de> for Make<'_> {
    type Error = NoValue;

    fn unit_variant(self) -> Result<(), NoValue> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value, NoValue> {
        seed.deserialize(self.deeper()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, NoValue> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        self.deserialize_struct("", fields, visitor)
    }
}
