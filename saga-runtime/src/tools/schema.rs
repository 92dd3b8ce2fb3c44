//! Schemas as they are offered: what `schemars` writes, mended where clients of tools refuse it or JSON from them needs
//! more.

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

/// The words with schemas for the same value.
const HERE: [&str; 7] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];

/// Has each schema in this one handled, with the word that it stands in.
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
    close(&mut schema, true);
    schema
}

/// Closes a schema; `whole` if no other schema says something of the same object.
fn close(schema: &mut Value, whole: bool) {
    let Value::Object(members) = schema else { return };
    let has = |word: &str| members.contains_key(word);
    let combines = HERE.iter().any(|word| has(word)) || has("$ref");
    let names = has("properties") || has("allOf");
    let says =
        ["additionalProperties", "unevaluatedProperties", "patternProperties"].iter().any(|word| has(word));
    // Branches that are the whole object are closed each by itself.
    let in_branch = whole && !names;
    each(members, &mut |word, schema| close(schema, in_branch || !HERE.contains(&word)));
    if whole && names && !says {
        let word = if combines { "unevaluatedProperties" } else { "additionalProperties" };
        members.insert(word.to_owned(), Value::Bool(false));
    }
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
    }
}
