//! The recorded inputs of steps and sagas: objects with the parameters' names. A macro writes a plain struct for the
//! parameters, and names its fields; this generic code reads and writes them. With a derive for each step the compiler
//! would take several times as long.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserializer, Serializer, forward_to_deserialize_any};

use crate::value::recorded::{Read, Recorded, Written};

/// The name of a recorded input, and its fields.
#[derive(Debug)]
pub struct Names {
    /// The recorded name of the step or saga.
    pub of: &'static str,
    /// The names of the parameters.
    pub fields: &'static [&'static str],
}

/// The fields of a recorded input.
pub trait Fields: Sized + 'static {
    /// The recorded names of the fields.
    const NAMES: Names;
    /// Their number, as a type.
    type Shape: Shape<Self>;
    /// The struct that has them.
    type Input: From<Values<Self>>;
}

/// The parameters as a tuple.
pub type Values<F> = <<F as Fields>::Shape as Shape<F>>::Values;

/// The parameter at `AT`, from 0. There is one implementation for each, so that errors point at the parameter.
pub trait Field<const AT: usize> {
    /// The type of the parameter.
    type Type: Recorded;
    /// The value for a record without the parameter, which may be older than it; `None` if there is no default.
    const DEFAULT: Option<fn() -> Self::Type> = None;
}

/// The number of fields.
#[derive(Debug)]
pub enum Count<const FIELDS: usize> {}

/// Reads and writes this number of fields.
pub trait Shape<F> {
    /// The values of all fields, as a tuple.
    type Values;
    /// The values, borrowed.
    type Refs<'a>;

    /// Writes the fields.
    ///
    /// # Errors
    /// Those of the format.
    fn write<W: SerializeStruct>(values: Self::Refs<'_>, names: &Names, to: &mut W) -> Result<(), W::Error>;

    /// Reads the fields, in any order.
    ///
    /// # Errors
    /// Those for a field that is missing, repeated, or of another type.
    fn read<'de, M: MapAccess<'de>>(names: &'static Names, from: M) -> Result<Self::Values, M::Error>;
}

macro_rules! shape {
    ($count:literal: $($at:tt $value:ident)*) => {
        #[allow(unused_variables, unused_mut, clippy::unused_unit)]
        impl<F> Shape<F> for Count<$count>
        where
            $(F: Field<$at>,)*
        {
            type Values = ($(<F as Field<$at>>::Type,)*);
            type Refs<'a> = ($(&'a <F as Field<$at>>::Type,)*);

            fn write<W: SerializeStruct>(
                values: Self::Refs<'_>,
                names: &Names,
                to: &mut W,
            ) -> Result<(), W::Error> {
                $(to.serialize_field(names.fields[$at], &Written(values.$at))?;)*
                Ok(())
            }

            fn read<'de, M: MapAccess<'de>>(names: &'static Names, from: M) -> Result<Self::Values, M::Error> {
                $(let mut $value: Option<<F as Field<$at>>::Type> = None;)*
                read_each(names, from, &mut |at, from| match at {
                    $($at => read_into(&mut $value, names, $at, from),)*
                    _ => Ok(()),
                })?;
                Ok(($(given($value, <F as Field<$at>>::DEFAULT, names, $at)?,)*))
            }
        }
    };
}

shape!(0:);
shape!(1: 0 a);
shape!(2: 0 a 1 b);
shape!(3: 0 a 1 b 2 c);
shape!(4: 0 a 1 b 2 c 3 d);
shape!(5: 0 a 1 b 2 c 3 d 4 e);
shape!(6: 0 a 1 b 2 c 3 d 4 e 5 f);
shape!(7: 0 a 1 b 2 c 3 d 4 e 5 f 6 g);
shape!(8: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h);
shape!(9: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i);
shape!(10: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j);
shape!(11: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k);
shape!(12: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l);
shape!(13: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m);
shape!(14: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m 13 n);
shape!(15: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m 13 n 14 o);
shape!(16: 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m 13 n 14 o 15 p);

/// Parses a field's name into its index; `None` for an unknown name.
struct Key(&'static Names);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a parameter")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.fields.iter().position(|field| *field == name))
    }
}

/// Reads the value of the field at that number.
type ReadField<'a, M, E> = &'a mut dyn FnMut(usize, &mut M) -> Result<(), E>;

/// Has the value of each field read, and leaves out what is none.
fn read_each<'de, M: MapAccess<'de>>(
    names: &'static Names,
    mut from: M,
    read: ReadField<'_, M, M::Error>,
) -> Result<(), M::Error> {
    while let Some(at) = from.next_key_seed(Key(names))? {
        match at {
            Some(at) => read(at, &mut from)?,
            None => {
                let IgnoredAny = from.next_value()?;
            }
        }
    }
    Ok(())
}

/// Reads the value of the field at `at`, and says which it was if that fails.
fn read_into<'de, T: Recorded, M: MapAccess<'de>>(
    place: &mut Option<T>,
    names: &Names,
    at: usize,
    from: &mut M,
) -> Result<(), M::Error> {
    let field = names.fields[at];
    if place.is_some() {
        return Err(M::Error::custom(format_args!("{}: `{field}` is given twice", Shown(names))));
    }
    let read = from.next_value();
    *place = Some(
        read.map(|Read(value)| value)
            .map_err(|e| M::Error::custom(format_args!("{}: `{field}`: {e}", Shown(names))))?,
    );
    Ok(())
}

/// Returns the value that was read, or its default. Without both, reads the type from nothing, as `Option` allows.
fn given<T: Recorded, E: Error>(
    read: Option<T>,
    default: Option<fn() -> T>,
    names: &Names,
    at: usize,
) -> Result<T, E> {
    match (read, default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default()),
        (None, None) => T::read(Nothing(PhantomData)).map_err(|_: serde::de::value::Error| {
            E::custom(format_args!("{}: `{}` is missing", Shown(names), names.fields[at]))
        }),
    }
}

/// Returns true if the field at `AT` may be missing in what is read.
#[cfg(feature = "tools")]
pub(crate) fn is_optional<F: Fields + Field<AT>, const AT: usize>() -> bool {
    let none = None::<<F as Field<AT>>::Type>;
    given::<_, serde::de::value::Error>(none, F::DEFAULT, &F::NAMES, AT).is_ok()
}

/// A deserializer without a value.
struct Nothing<E>(PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for Nothing<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::custom("it is missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The name of an input in messages.
struct Shown<'a>(&'a Names);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the input of `{}`", self.0.of)
    }
}

/// Writes an input, given its fields, as an object.
///
/// # Errors
/// Those of the format.
pub fn write<F: Fields, W: Serializer>(
    values: <F::Shape as Shape<F>>::Refs<'_>,
    to: W,
) -> Result<W::Ok, W::Error> {
    let names = &F::NAMES;
    let mut to = to.serialize_struct(names.of, names.fields.len())?;
    F::Shape::write(values, names, &mut to)?;
    to.end()
}

/// Reads an input from an object. Unknown fields are ignored: they may be of another version.
///
/// # Errors
/// Those for a field that is missing, repeated, or of another type.
pub fn read<'de, F: Fields, D: Deserializer<'de>>(from: D) -> Result<F::Input, D::Error> {
    struct Object<F>(PhantomData<F>);

    impl<'de, F: Fields> Visitor<'de> for Object<F> {
        type Value = F::Input;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", Shown(&F::NAMES))
        }

        fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<F::Input, M::Error> {
            F::Shape::read(const { &F::NAMES }, map).map(F::Input::from)
        }
    }

    let names = const { &F::NAMES };
    from.deserialize_struct(names.of, names.fields, Object::<F>(PhantomData))
}
