//! Schemas as they are offered: what `schemars` writes, mended where clients of tools refuse it or JSON from them needs
//! more.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use serde_json::{Map, Value, json};

/// The text of a whole number that JSON numbers may round.
pub(crate) const DIGITS: &str = "^-?(0|[1-9][0-9]*)$";

/// Integers from here on, up or down, are rounded by clients that keep numbers as floats.
pub(crate) const EXACT_MAX: u64 = (1 << 53) - 1;

/// Returns the schema as it is offered:
///
/// - A schema that admits all is `{}` and not `true`, and one that admits nothing is `{"not": {}}`: some clients refuse a
///   list of tools in which a boolean stands for a schema.
/// - An integer has the bounds of its type, and no `format` that only Rust knows.
/// - An integer that may be too large for a float may be given as text.
pub(crate) fn offered(mut schema: Value) -> Value {
    offer(&mut schema);
    schema
}

fn offer(schema: &mut Value) {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Bool(false) => *schema = json!({"not": {}}),
        Value::Object(members) => {
            numbers(members);
            // `true` and `false` are usual in these two.
            let bare = |word: &str, schema: &Value| word.ends_with("Properties") && schema.is_boolean();
            each(members, &mut |word, schema| {
                if !bare(word, schema) {
                    offer(schema)
                }
            });
        }
        _ => {}
    }
}

/// Bounds integers by their format, and drops the formats of numbers.
fn numbers(schema: &mut Map<String, Value>) {
    let is_number = ["integer", "number"].iter().any(|kind| admits(schema, kind));
    let Some(format) = schema.get("format").filter(|_| is_number).and_then(Value::as_str) else { return };
    let (least, most, wide) = match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX), false),
        "int16" => (json!(i16::MIN), json!(i16::MAX), false),
        "int32" => (json!(i32::MIN), json!(i32::MAX), false),
        "int64" | "int" => (json!(i64::MIN), json!(i64::MAX), true),
        "int128" => (Value::Null, Value::Null, true),
        "uint8" => (json!(0), json!(u8::MAX), false),
        "uint16" => (json!(0), json!(u16::MAX), false),
        "uint32" => (json!(0), json!(u32::MAX), false),
        "uint64" | "uint" => (json!(0), json!(u64::MAX), true),
        "uint128" => (json!(0), Value::Null, true),
        "float" | "double" => (Value::Null, Value::Null, false),
        _ => return,
    };
    schema.remove("format");
    // Narrower ones are the author's.
    for (word, bound) in [("minimum", least), ("maximum", most)] {
        if !bound.is_null() && !schema.contains_key(word) {
            schema.insert(word.to_owned(), bound);
        }
    }
    if wide && !is_exact(schema) {
        also_as_text(schema);
    }
}

/// Returns true if no integer that it admits is rounded as a float.
fn is_exact(schema: &Map<String, Value>) -> bool {
    let bound = |word: &str| schema.get(word).and_then(Value::as_f64);
    let within = |bound: Option<f64>| bound.is_some_and(|bound| bound.abs() <= EXACT_MAX as f64);
    within(bound("minimum")) && within(bound("maximum"))
}

fn also_as_text(schema: &mut Map<String, Value>) {
    let text = json!("string");
    match schema.get_mut("type") {
        Some(Value::Array(types)) if !types.contains(&text) => types.push(text),
        Some(kind @ Value::String(_)) => *kind = json!([kind, text]),
        _ => return,
    }
    schema.entry("pattern").or_insert_with(|| DIGITS.into());
}

/// Returns true if the schema says that it admits values of that type.
pub(crate) fn admits(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(types)) => types.iter().any(|one| one == kind),
        _ => false,
    }
}

/// The patterns in a schema, compiled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns(BTreeMap<String, Regex>);

impl Patterns {
    /// Returns true if the text matches; also if the pattern is not one of these.
    pub(crate) fn matches(&self, pattern: &Value, text: &str) -> bool {
        let pattern = pattern.as_str().and_then(|pattern| self.0.get(pattern));
        pattern.is_none_or(|pattern| pattern.is_match(text))
    }
}

/// A word of a schema that is not checked, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unchecked {
    pub(crate) at: String,
    pub(crate) why: String,
}

/// The words that are checked.
const CHECKED: [&str; 31] = [
    "$ref",
    "$defs",
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
];

/// Words that other ones depend on, and words that refuse nothing.
const HARMLESS: [&str; 14] = [
    "then",
    "else",
    "title",
    "description",
    "default",
    "examples",
    "format",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$schema",
    "contentEncoding",
    "contentMediaType",
];

/// Returns the patterns of a schema, and what of it cannot be checked.
pub(crate) fn checked(schema: &Value) -> (Patterns, Option<Unchecked>) {
    let mut patterns = Patterns::default();
    let unchecked = check(schema, schema, "", &mut patterns).err();
    (patterns, unchecked)
}

fn check(schema: &Value, root: &Value, at: &str, patterns: &mut Patterns) -> Result<(), Unchecked> {
    let Value::Object(members) = schema else { return Ok(()) };
    let unchecked = |why: String| Unchecked { at: at.to_owned(), why };
    for (word, value) in members {
        if !CHECKED.contains(&&**word) && !HARMLESS.contains(&&**word) && !word.starts_with("x-") {
            return Err(unchecked(format!("`{word}` is not checked")));
        }
        if word == "$ref" && target(value, root).is_none() {
            return Err(unchecked(format!("{value} leads nowhere: expected `#` or `#/$defs/…`")));
        }
        let pattern = value.as_str().filter(|_| word == "pattern");
        let by_pattern = value.as_object().filter(|_| word == "patternProperties");
        let by_pattern = by_pattern.into_iter().flat_map(|all| all.keys().map(String::as_str));
        for pattern in pattern.into_iter().chain(by_pattern) {
            let compiled = Regex::new(pattern)
                .map_err(|error| unchecked(format!("the pattern {pattern:?}: {error}")))?;
            patterns.0.insert(pattern.to_owned(), compiled);
        }
    }
    let mut result = Ok(());
    each(&mut members.clone(), &mut |word, schema| {
        if result.is_ok() {
            result = check(schema, root, &format!("{at}/{word}"), patterns);
        }
    });
    result
}

/// The words with schemas for the same value.
const HERE: [&str; 7] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];

/// Handles each schema in this one, with the word around it.
fn each(schema: &mut Map<String, Value>, handle: &mut dyn FnMut(&str, &mut Value)) {
    for (word, value) in schema {
        let by_name = ["properties", "patternProperties", "dependentSchemas", "$defs"];
        let alone = ["items", "additionalProperties", "unevaluatedProperties", "propertyNames", "contains"];
        match value {
            Value::Object(schemas) if by_name.contains(&&**word) => {
                schemas.values_mut().for_each(|schema| handle(word, schema));
            }
            Value::Array(schemas) if HERE.contains(&&**word) || word == "prefixItems" => {
                schemas.iter_mut().for_each(|schema| handle(word, schema));
            }
            schema if HERE.contains(&&**word) || alone.contains(&&**word) => handle(word, schema),
            _ => {}
        }
    }
}

/// Returns the schema with objects that admit no other members than those they name: a member that is misspelt would be
/// passed over.
pub(crate) fn closed(mut schema: Value) -> Value {
    let merged = merged(&schema);
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        for (name, definition) in definitions {
            close(definition, !merged.contains(name), &merged);
        }
    }
    close(&mut schema, true, &merged);
    schema
}

/// Returns the definitions that are a part of an object somewhere, beside other parts.
fn merged(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        let definitions = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
        for (name, definition) in definitions {
            merge(definition, !found.contains(name), &mut found);
        }
        merge(schema, true, &mut found);
        if found.len() == before {
            return found;
        }
    }
}

fn merge(schema: &Value, whole: bool, found: &mut BTreeSet<String>) {
    let Value::Object(members) = schema else { return };
    if let Some(name) = referred(members).filter(|_| !whole || names(members)) {
        found.insert(name.to_owned());
    }
    let in_branch = whole && !names(members);
    each(&mut members.clone(), &mut |word, schema| {
        if word != "$defs" {
            merge(schema, in_branch || !HERE.contains(&word), found);
        }
    });
}

/// Returns true if the schema says of an object by itself which members it has.
fn names(schema: &Map<String, Value>) -> bool {
    schema.contains_key("properties") || schema.contains_key("allOf")
}

/// Returns the name of the definition that it refers to.
fn referred(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// Closes a schema; `whole` if no other schema says something of the same object.
fn close(schema: &mut Value, whole: bool, merged: &BTreeSet<String>) {
    let Value::Object(members) = schema else { return };
    let has = |word: &str| members.contains_key(word);
    let combines = HERE.iter().any(|word| has(word)) || has("$ref");
    let names = names(members) || referred(members).is_some_and(|name| merged.contains(name));
    let says =
        ["additionalProperties", "unevaluatedProperties", "patternProperties"].iter().any(|word| has(word));
    // Branches that are the whole object are closed each by itself.
    let in_branch = whole && !names;
    each(members, &mut |word, schema| {
        if word != "$defs" {
            close(schema, in_branch || !HERE.contains(&word), merged);
        }
    });
    if whole && names && !says {
        let word = if combines { "unevaluatedProperties" } else { "additionalProperties" };
        members.insert(word.to_owned(), Value::Bool(false));
    }
}

/// Returns the schema that a `$ref` leads to: the whole one, or one of its definitions.
pub(crate) fn target<'a>(to: &Value, root: &'a Value) -> Option<&'a Value> {
    match to.as_str()? {
        "#" => Some(root),
        to => root.get("$defs")?.get(to.strip_prefix("#/$defs/")?),
    }
}

/// Returns what a schema that only refers to another one stands for, and anything else as it is.
pub(crate) fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let to = schema.get("$ref").filter(|_| schema.get("properties").is_none());
    let to = to.and_then(|to| target(to, root));
    to.map_or(schema, |schema| resolved(schema, root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boolean_schema_becomes_an_object() {
        let schema = offered(json!({
            "properties": {"any": true, "none": false, "map": {"additionalProperties": true}},
            "items": true,
        }));
        let expected = json!({
            "properties": {"any": {}, "none": {"not": {}}, "map": {"additionalProperties": true}},
            "items": {},
        });
        assert_eq!(schema, expected);
    }

    #[test]
    fn integers_have_bounds_and_wide_ones_are_taken_as_text() {
        let of = |format: &str| offered(json!({"type": "integer", "format": format}));
        assert_eq!(of("int32"), json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}));
        let wide =
            json!({"type": ["integer", "string"], "pattern": DIGITS, "minimum": 0, "maximum": u64::MAX});
        assert_eq!(of("uint64"), wide);
        let narrow = json!({"type": "integer", "format": "uint64", "minimum": 1, "maximum": 9});
        assert_eq!(offered(narrow), json!({"type": "integer", "minimum": 1, "maximum": 9}));
        let optional = offered(json!({"type": ["integer", "null"], "format": "int64"}));
        assert_eq!(optional["type"], json!(["integer", "null", "string"]));
        assert_eq!(offered(json!({"type": "number", "format": "double"})), json!({"type": "number"}));
        assert_eq!(offered(json!({"type": "string", "format": "uuid"}))["format"], "uuid");
    }

    #[test]
    fn an_object_is_closed_where_it_is_whole() {
        let inner = json!({"properties": {"a": {}}});
        let shut = json!({"properties": {"a": {}}, "additionalProperties": false});
        assert_eq!(closed(inner.clone()), shut);
        assert_eq!(closed(json!({"items": inner.clone()})), json!({"items": shut.clone()}));
        assert_eq!(closed(json!({"anyOf": [inner.clone()]})), json!({"anyOf": [shut]}));
        let combined = json!({"properties": {"b": {}}, "anyOf": [inner]});
        let mut expected = combined.clone();
        expected["unevaluatedProperties"] = json!(false);
        assert_eq!(closed(combined), expected);
        let map = json!({"properties": {"a": {}}, "additionalProperties": {"type": "string"}});
        assert_eq!(closed(map.clone()), map);
        let tagged = json!({
            "items": {"properties": {"kind": {}}, "$ref": "#/$defs/Inner"},
            "contains": {"$ref": "#/$defs/Inner"},
            "$defs": {"Inner": {"properties": {"a": {}}}},
        });
        let mut expected = tagged.clone();
        expected["items"]["unevaluatedProperties"] = json!(false);
        expected["contains"]["unevaluatedProperties"] = json!(false);
        assert_eq!(closed(tagged), expected, "a part of one object is the whole of another");
    }
}
