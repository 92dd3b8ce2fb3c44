//! What is wrong with JSON from outside, as a language model can mend it: where, what was found, what to write instead.

use std::fmt;

use serde_json::Value;

use crate::tools::given::{Given, quoted};
use crate::tools::schema::{EXACT_MAX, admits, resolved};

/// One mistake in the arguments of a call. Its text is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Where, as a JSON Pointer into the arguments; empty for the arguments as a whole.
    pub at: String,
    /// The text: what was found there, and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "the arguments" } else { &self.at };
        write!(f, "{at}: {}", self.message)
    }
}

/// Returns the pointer to a member or an element.
pub(crate) fn below(at: &str, name: impl fmt::Display) -> String {
    format!("{at}/{}", name.to_string().replace('~', "~0").replace('/', "~1"))
}

/// Returns the problem of a value that is not what its schema says.
pub(crate) fn unexpected(at: &str, given: &Given, schema: &Value, root: &Value) -> Problem {
    let secret = schema.get("writeOnly") == Some(&Value::Bool(true));
    let mut message = format!("found {}, expected {}", found(given, secret), expected(schema, root));
    if let Some(instead) = instead(given, schema, root).filter(|_| !secret) {
        message.push_str(&format!("; write {instead}"));
    }
    Problem { at: at.to_owned(), message }
}

/// Returns what was found, without its text if that is secret.
fn found(given: &Given, secret: bool) -> String {
    match given {
        Given::Null => "null".to_owned(),
        _ if secret => format!("a value of the type {}", given.kind()),
        Given::Bool(value) => value.to_string(),
        Given::Number(number) => number.clone(),
        Given::Text(text) if text.is_empty() => "an empty text".to_owned(),
        Given::Text(text) => format!("the text {}", quoted(&shortened(text))),
        Given::List(_) => "a list".to_owned(),
        Given::Object(_) => "an object".to_owned(),
    }
}

/// Returns the beginning of a text that is echoed.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns the value as it was probably meant.
fn instead(given: &Given, schema: &Value, root: &Value) -> Option<String> {
    let Value::Object(schema) = resolved(schema, root) else { return None };
    match given {
        Given::Text(text) => {
            let meant: Value = serde_json::from_str(text).ok()?;
            let kind = Given::from(&meant).kind();
            let takes = admits(schema, kind) || (kind == "number" && admits(schema, "integer"));
            match &meant {
                _ if !takes => None,
                Value::Array(_) => Some("the list itself, without quotes around it".to_owned()),
                Value::Object(_) => Some("the object itself, without quotes around it".to_owned()),
                // `null` as a text may be meant.
                Value::Null | Value::String(_) => None,
                other => Some(format!("{other} without quotes")),
            }
        }
        Given::Number(number) if admits(schema, "string") && !admits(schema, "integer") => {
            Some(format!("{} in quotes", quoted(number)))
        }
        Given::Number(number) if admits(schema, "integer") => {
            let value: f64 = number.parse().ok()?;
            let rounded = value.fract() == 0.0 && value.abs() > EXACT_MAX as f64;
            rounded.then(|| "all its digits as an integer: a float has lost some".to_owned())
        }
        _ => None,
    }
}

/// So deep is said what is expected.
const DEPTH_MAX: usize = 3;
/// So many alternatives are named.
const NAMED_MAX: usize = 12;

/// Returns what a schema expects, in words.
pub(crate) fn expected(schema: &Value, root: &Value) -> String {
    within(schema, root, 0)
}

fn within(schema: &Value, root: &Value, depth: usize) -> String {
    let Value::Object(members) = resolved(schema, root) else { return "a value".to_owned() };
    if let Some(value) = members.get("const") {
        return value.to_string();
    }
    if let Some(Value::Array(values)) = members.get("enum") {
        return one_of(values.iter().map(Value::to_string));
    }
    let branches = ["anyOf", "oneOf"].iter().find_map(|word| members.get(*word)?.as_array());
    if let Some(branches) = branches.filter(|_| !members.contains_key("properties")) {
        return alternatives(branches.iter().map(|branch| within(branch, root, depth)));
    }
    let kinds = ["integer", "number", "string", "boolean", "array", "object", "null"];
    let kinds: Vec<&str> = kinds.into_iter().filter(|kind| admits(members, kind)).collect();
    let wide = kinds.starts_with(&["integer", "string"]);
    let named = kinds.iter().filter(|kind| !(wide && **kind == "string")).map(|kind| match *kind {
        "integer" => format!("a whole number{}", bounds(schema)),
        "number" => format!("a number{}", bounds(schema)),
        "string" => text(members),
        "boolean" => "true or false".to_owned(),
        "array" => match members.get("items").filter(|_| depth < DEPTH_MAX) {
            Some(items) => format!("a list with {} as each element", within(items, root, depth + 1)),
            None => "a list".to_owned(),
        },
        "object" => object(members),
        other => other.to_owned(),
    });
    match kinds.is_empty() {
        true => "another value".to_owned(),
        false => alternatives(named),
    }
}

fn object(schema: &serde_json::Map<String, Value>) -> String {
    let names = schema.get("properties").and_then(Value::as_object).map(|all| all.keys().map(ticked));
    match names.filter(|names| names.len() > 0) {
        Some(names) => format!("an object with {}", some(names).join(", ")),
        None => "an object".to_owned(),
    }
}

pub(crate) fn ticked(name: &String) -> String {
    format!("`{name}`")
}

/// Returns the first of many.
fn some(all: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let rest = all.len().saturating_sub(NAMED_MAX);
    let mut some: Vec<String> = all.take(NAMED_MAX).collect();
    if rest > 0 {
        some.push(format!("and {rest} more"));
    }
    some
}

fn one_of(values: impl ExactSizeIterator<Item = String>) -> String {
    let only = values.len() == 1;
    format!("{}{}", if only { "" } else { "one of " }, some(values).join(", "))
}

fn alternatives(all: impl Iterator<Item = String>) -> String {
    let mut named: Vec<String> = Vec::new();
    all.for_each(|one| {
        if !named.contains(&one) {
            named.push(one)
        }
    });
    match named.len() > NAMED_MAX {
        true => some(named.into_iter()).join(", or "),
        false => named.join(", or "),
    }
}

/// Returns the bounds of a number that a person would have chosen.
fn bounds(schema: &Value) -> String {
    let bound = |word: &str| {
        let bound = schema.get(word)?;
        bound.as_f64().is_some_and(|bound| bound.abs() <= EXACT_MAX as f64).then(|| bound.to_string())
    };
    let above = bound("exclusiveMinimum").map(|bound| format!(" above {bound}"));
    let below = bound("exclusiveMaximum").map(|bound| format!(" below {bound}"));
    let range = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" from {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    };
    let unit = bound("multipleOf").map(|unit| format!(" that is a multiple of {unit}"));
    let others: Vec<String> = [above, below, unit].into_iter().flatten().collect();
    range + &others.concat()
}

fn text(schema: &serde_json::Map<String, Value>) -> String {
    let number = |word: &str| schema.get(word).and_then(Value::as_u64);
    let length = match (number("minLength"), number("maxLength")) {
        (Some(1), Some(1)) => " of one character".to_owned(),
        (Some(least), Some(most)) => format!(" of {least} to {most} characters"),
        (Some(1), None) => " that is not empty".to_owned(),
        (Some(least), None) => format!(" of at least {least} characters"),
        (None, Some(most)) => format!(" of at most {most} characters"),
        (None, None) => String::new(),
    };
    let pattern = schema.get("pattern").and_then(Value::as_str).map(|of| format!(" that matches {of}"));
    let format = schema.get("format").and_then(Value::as_str).map(|format| match format {
        "date-time" => " such as \"2026-11-30T12:00:00Z\"".to_owned(),
        "date" => " such as \"2026-11-30\"".to_owned(),
        "time" => " such as \"12:00:00Z\"".to_owned(),
        "duration" => " such as \"PT1H30M\"".to_owned(),
        "uuid" => " such as \"67e55044-10b1-426f-9247-bb680e5fe0c8\"".to_owned(),
        other => format!(" in the format {other}"),
    });
    ["text".to_owned(), length, pattern.unwrap_or_default(), format.unwrap_or_default()].concat()
}
