//! The shape of a recorded type, as readable JSON. It is found by asking the type's `Deserialize` what it expects,
//! repeatedly, each time on another path into it. No value of the type is ever constructed.
//! A leaf is a word (`"u64"`, `"text"`), a struct an object of its fields, a list `[element]`, an optional value
//! `"text?"` or `{"option of": …}`. Further shapes are `{"one of": {variant: …}}`, `{"map of": …}` and `{"tuple of":
//! [first, "and 1 more"]}`. `"any"` is a type that reads JSON directly, as secrets do. A type within itself is
//! `"again"`.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer as _, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Value};

/// The maximum number of paths tried into one type; the rest is `"any"`.
const WAYS_MAX: usize = 4096;
/// The maximum depth of nested types.
const DEPTH_MAX: usize = 16;

/// Returns the shape of `T`.
pub(crate) fn shape_of<T: DeserializeOwned>() -> Value {
    let mut node = Node::Unknown;
    for _ in 0..WAYS_MAX {
        // This always fails, because there is no value.
        drop(T::deserialize(Ask { node: &mut node, within: &mut Vec::new() }).map(drop));
        node.settle();
        if node.is_known() {
            break;
        }
    }
    node.into_json()
}

/// The known part of a type.
#[derive(Debug)]
enum Node {
    Unknown,
    Leaf(&'static str),
    Option(Box<Node>),
    List(Box<Node>),
    Map(Box<Node>),
    /// The shape of its first element, and the number of elements.
    Tuple(Box<Node>, usize),
    Struct(Vec<(&'static str, Node)>),
    Enum(Vec<(&'static str, Node)>),
}

impl Node {
    fn unknown() -> Box<Node> {
        Box::new(Node::Unknown)
    }

    fn is_known(&self) -> bool {
        match self {
            Node::Unknown => false,
            Node::Leaf(_) => true,
            Node::Option(node) | Node::List(node) | Node::Map(node) | Node::Tuple(node, _) => node.is_known(),
            Node::Struct(parts) | Node::Enum(parts) => parts.iter().all(|(_, node)| node.is_known()),
        }
    }

    /// Ends a question: a type that did not say what it expects reads any JSON.
    fn settle(&mut self) {
        if matches!(self, Node::Unknown) {
            *self = Node::Leaf("any");
        }
    }

    fn into_json(self) -> Value {
        let object = |name: &str, value: Value| Value::Object(Map::from_iter([(name.to_owned(), value)]));
        let parts = |parts: Vec<(&'static str, Node)>| {
            Value::Object(parts.into_iter().map(|(name, node)| (name.to_owned(), node.into_json())).collect())
        };
        match self {
            Node::Unknown => Value::from("any"),
            Node::Leaf(name) => Value::from(name),
            Node::Option(node) => match node.into_json() {
                Value::String(name) => Value::String(name + "?"),
                other => object("option of", other),
            },
            Node::List(node) => Value::Array(vec![node.into_json()]),
            Node::Map(node) => object("map of", node.into_json()),
            Node::Tuple(node, len) => {
                let rest = (len > 1).then(|| Value::from(format!("and {} more", len - 1)));
                object("tuple of", std::iter::once(node.into_json()).chain(rest).collect())
            }
            Node::Struct(fields) => parts(fields),
            Node::Enum(variants) => object("one of", parts(variants)),
        }
    }
}

/// The error for a missing value.
#[derive(Debug)]
struct NoValue;

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a shape has no value")
    }
}

impl std::error::Error for NoValue {}

impl de::Error for NoValue {
    fn custom<T: fmt::Display>(_: T) -> Self {
        NoValue
    }
}

/// Asks one type, on one path into it.
struct Ask<'a> {
    node: &'a mut Node,
    /// The names of the types around it.
    within: &'a mut Vec<&'static str>,
}

impl Ask<'_> {
    fn leaf<T>(self, name: &'static str) -> Result<T, NoValue> {
        *self.node = Node::Leaf(name);
        Err(NoValue)
    }

    /// Enters a type; returns false if it is nested in itself.
    fn enters(&mut self, name: &'static str) -> bool {
        if self.within.contains(&name) || self.within.len() >= DEPTH_MAX {
            *self.node = Node::Leaf("again");
            return false;
        }
        self.within.push(name);
        true
    }

    /// Enters the first part that is not known yet.
    fn part<T>(self, visit: impl FnOnce(&'static str, Ask<'_>) -> Result<T, NoValue>) -> Result<T, NoValue> {
        let (Node::Struct(parts) | Node::Enum(parts)) = self.node else { return Err(NoValue) };
        let Some((name, node)) = parts.iter_mut().find(|(_, node)| !node.is_known()) else {
            return Err(NoValue);
        };
        let visited = visit(name, Ask { node, within: self.within });
        node.settle();
        visited
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        if !matches!(self.node, Node::Struct(_)) {
            *self.node = Node::Struct(fields.iter().map(|name| (*name, Node::Unknown)).collect());
        }
        self.part(|name, ask| visitor.visit_map(OneField { name: Some(name), ask: Some(ask) }))
    }
}

macro_rules! leaves {
    ($($method:ident $name:literal)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NoValue> {
            self.leaf($name)
        }
    )*};
}

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = NoValue;

    leaves! {
        deserialize_any "any"
        deserialize_ignored_any "any"
        deserialize_identifier "text"
        deserialize_bool "bool"
        deserialize_i8 "i8" deserialize_i16 "i16" deserialize_i32 "i32" deserialize_i64 "i64" deserialize_i128 "i128"
        deserialize_u8 "u8" deserialize_u16 "u16" deserialize_u32 "u32" deserialize_u64 "u64" deserialize_u128 "u128"
        deserialize_f32 "f32" deserialize_f64 "f64"
        deserialize_char "char" deserialize_str "text" deserialize_string "text"
        deserialize_bytes "bytes" deserialize_byte_buf "bytes"
        deserialize_unit "nothing"
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, _: V) -> Result<V::Value, NoValue> {
        self.leaf("nothing")
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
        if !matches!(self.node, Node::Option(_)) {
            *self.node = Node::Option(Node::unknown());
        }
        let Node::Option(node) = self.node else { return Err(NoValue) };
        let visited = visitor.visit_some(Ask { node, within: self.within });
        node.settle();
        visited
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
        if !matches!(self.node, Node::List(_)) {
            *self.node = Node::List(Node::unknown());
        }
        let Node::List(node) = self.node else { return Err(NoValue) };
        let visited = visitor.visit_seq(OneElement(Some(Ask { node, within: self.within })));
        node.settle();
        visited
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, NoValue> {
        if len == 0 {
            return self.leaf("nothing");
        }
        if !matches!(self.node, Node::Tuple(..)) {
            *self.node = Node::Tuple(Node::unknown(), len);
        }
        let Node::Tuple(node, _) = self.node else { return Err(NoValue) };
        let visited = visitor.visit_seq(OneElement(Some(Ask { node, within: self.within })));
        node.settle();
        visited
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
        if !matches!(self.node, Node::Map(_)) {
            *self.node = Node::Map(Node::unknown());
        }
        let Node::Map(node) = self.node else { return Err(NoValue) };
        let visited =
            visitor.visit_map(OneField { name: Some(""), ask: Some(Ask { node, within: self.within }) });
        node.settle();
        visited
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        if fields.is_empty() {
            return self.leaf("nothing");
        }
        if !self.enters(name) {
            return Err(NoValue);
        }
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        if variants.is_empty() {
            return self.leaf("never");
        }
        if !self.enters(name) {
            return Err(NoValue);
        }
        if !matches!(self.node, Node::Enum(_)) {
            *self.node = Node::Enum(variants.iter().map(|name| (*name, Node::Unknown)).collect());
        }
        self.part(|name, ask| visitor.visit_enum(OneVariant { name, ask }))
    }
}

/// A list with one element, which has no value.
struct OneElement<'a>(Option<Ask<'a>>);

impl<'de> SeqAccess<'de> for OneElement<'_> {
    type Error = NoValue;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NoValue> {
        self.0.take().map_or(Ok(None), |ask| seed.deserialize(ask).map(Some))
    }
}

/// An object with one field, which has no value.
struct OneField<'a> {
    name: Option<&'static str>,
    ask: Option<Ask<'a>>,
}

impl<'de> MapAccess<'de> for OneField<'_> {
    type Error = NoValue;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NoValue> {
        self.name.take().map_or(Ok(None), |name| {
            let name: StrDeserializer<'_, NoValue> = name.into_deserializer();
            seed.deserialize(name).map(Some)
        })
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NoValue> {
        seed.deserialize(self.ask.take().ok_or(NoValue)?)
    }
}

/// One variant of an enum.
struct OneVariant<'a> {
    name: &'static str,
    ask: Ask<'a>,
}

impl<'de, 'a> EnumAccess<'de> for OneVariant<'a> {
    type Error = NoValue;
    type Variant = Ask<'a>;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Ask<'a>), NoValue> {
        let name: StrDeserializer<'_, NoValue> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.ask))
    }
}

impl<'de> VariantAccess<'de> for Ask<'_> {
    type Error = NoValue;
    fn unit_variant(self) -> Result<(), NoValue> {
        self.leaf("nothing")
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NoValue> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, NoValue> {
        self.deserialize_tuple(len, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        self.fields(fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use saga_core::{Redacted, SagaId, Timestamp};
    use serde::Deserialize;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Trip {
        to: String,
        #[serde(rename = "class")]
        seat: Option<Seat>,
        stops: Vec<Stop>,
        card: Redacted<String>,
        names: BTreeMap<String, u8>,
        pair: (u8, String),
        id: SagaId,
        at: Timestamp,
        none: (),
        nested: Option<Vec<u32>>,
        number: Option<i64>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    enum Seat {
        Any,
        Row(u32),
        At { row: u32, letter: char },
        Both(u8, u8),
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Stop {
        name: String,
        then: Option<Box<Stop>>,
    }

    #[test]
    fn a_shape_has_every_field_and_variant() {
        let seat = json!({"one of": {
            "Any": "nothing",
            "Row": "u32",
            "At": {"row": "u32", "letter": "char"},
            "Both": {"tuple of": ["u8", "and 1 more"]},
        }});
        let expected = json!({
            "to": "text",
            "class": {"option of": seat},
            "stops": [{"name": "text", "then": "again?"}],
            "card": "any",
            "names": {"map of": "u8"},
            "pair": {"tuple of": ["u8", "and 1 more"]},
            "id": "text",
            "at": "i64",
            "none": "nothing",
            "nested": {"option of": ["u32"]},
            "number": "i64?",
        });
        assert_eq!(shape_of::<Trip>(), expected);
    }

    #[test]
    fn what_looks_at_the_json_itself_is_any() {
        #[derive(Deserialize)]
        #[serde(untagged)]
        #[allow(dead_code)]
        enum Either {
            A(u32),
            B(String),
        }
        #[derive(Deserialize)]
        #[allow(dead_code)]
        struct Flat {
            own: u8,
            #[serde(flatten)]
            rest: BTreeMap<String, Value>,
        }
        assert_eq!(shape_of::<Either>(), json!("any"));
        assert_eq!(shape_of::<Value>(), json!("any"));
        assert_eq!(shape_of::<Flat>(), json!({"map of": "any"}));
        assert_eq!(shape_of::<BTreeMap<u8, u8>>(), json!({"map of": "any"}));
    }
}
