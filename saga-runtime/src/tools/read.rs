//! JSON from outside, read by a schema: what is wrong is found with its place, and whole numbers that are written as
//! floats or as text become integers. What is accepted here is what the schema says, and what serde then reads.

mod choice;
mod object;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::tools::given::{Given, compare, is_multiple, whole};
use crate::tools::problem::{Problem, below, unexpected};
use crate::tools::schema::{DIGITS, Patterns, admits, target};

/// A schema with what is needed to read by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) root: &'a Value,
    pub(crate) patterns: &'a Patterns,
    /// True if a whole number may be written as a float or, if the schema says so, as text.
    lenient: bool,
}

/// The result of reading a value.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) problems: Vec<Problem>,
    /// The members that a schema has said something of.
    evaluated: BTreeSet<String>,
}

impl Read {
    fn problem(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(Problem { at: at.to_owned(), message: message.into() });
    }

    fn add(&mut self, other: Read) {
        self.problems.extend(other.problems);
        self.evaluated.extend(other.evaluated);
    }
}

impl<'a> Reader<'a> {
    /// Returns a reader of what comes from outside.
    pub(crate) fn new(root: &'a Value, patterns: &'a Patterns) -> Self {
        Self { root, patterns, lenient: true }
    }

    /// Reads the value, and writes its integers as such.
    pub(crate) fn read(self, given: &mut Given, schema: &Value, at: &str) -> Read {
        let mut read = Read::default();
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(false) => {
                read.problem(at, "not accepted here; leave it out");
                return read;
            }
            _ => return read,
        };
        if let Some(target) = members.get("$ref").and_then(|to| target(to, self.root)) {
            read.add(self.read(given, target, at));
        }
        if !self.is_of_type(given, members) {
            read.problems.push(unexpected(at, given, schema, self.root));
            return read;
        }
        if !is_listed(given, members) || !self.has_form(given, members) {
            read.problems.push(unexpected(at, given, schema, self.root));
            return read;
        }
        match given {
            Given::List(values) => self.elements(values, members, at, &mut read),
            Given::Object(_) => self.members(given, members, at, &mut read),
            _ => {}
        }
        self.choices(given, schema, at, &mut read);
        if let Given::Object(named) = given {
            self.others(named, members, at, &mut read);
        }
        read
    }

    /// Returns true if the value is of a type that the schema has. An integer in another spelling is written as one.
    fn is_of_type(self, given: &mut Given, schema: &Map<String, Value>) -> bool {
        if !schema.contains_key("type") {
            return true;
        }
        let integer = admits(schema, "integer");
        match given {
            Given::Number(number) if integer && !admits(schema, "number") => match whole(number) {
                Some(digits) if self.lenient || digits == *number => {
                    *number = digits;
                    true
                }
                _ => false,
            },
            Given::Number(_) => admits(schema, "number"),
            Given::Text(text)
                if integer && schema.get("pattern").is_some_and(|pattern| pattern == DIGITS) =>
            {
                let digits = whole(text).filter(|_| self.lenient && crate::tools::given::is_integer(text));
                match digits {
                    Some(digits) => {
                        *given = Given::Number(digits);
                        true
                    }
                    None => false,
                }
            }
            other => admits(schema, other.kind()),
        }
    }

    /// Returns true if a number or a text has the bounds, the length and the form that the schema says.
    fn has_form(self, given: &Given, schema: &Map<String, Value>) -> bool {
        let limit = |word: &str| schema.get(word).and_then(Value::as_u64);
        match given {
            Given::Number(number) => {
                let is = |word: &str, good: fn(std::cmp::Ordering) -> bool| {
                    let bound = schema.get(word).filter(|bound| bound.is_number());
                    bound.is_none_or(|bound| compare(number, &bound.to_string()).is_some_and(good))
                };
                is("minimum", |order| order.is_ge())
                    && is("maximum", |order| order.is_le())
                    && is("exclusiveMinimum", |order| order.is_gt())
                    && is("exclusiveMaximum", |order| order.is_lt())
                    && schema.get("multipleOf").is_none_or(|unit| is_multiple(number, &unit.to_string()))
            }
            Given::Text(text) => {
                let chars = text.chars().count() as u64;
                limit("minLength").is_none_or(|least| chars >= least)
                    && limit("maxLength").is_none_or(|most| chars <= most)
                    && schema.get("pattern").is_none_or(|pattern| self.patterns.matches(pattern, text))
            }
            _ => true,
        }
    }

    fn elements(self, values: &mut [Given], schema: &Map<String, Value>, at: &str, read: &mut Read) {
        let limit = |word: &str| schema.get(word).and_then(Value::as_u64);
        let many = values.len() as u64;
        if limit("minItems").is_some_and(|least| many < least)
            || limit("maxItems").is_some_and(|most| many > most)
        {
            let expected = match (limit("minItems"), limit("maxItems")) {
                (Some(least), Some(most)) if least == most => format!("{least}"),
                (Some(least), Some(most)) => format!("{least} to {most}"),
                (Some(least), None) => format!("at least {least}"),
                (_, most) => format!("at most {}", most.unwrap_or_default()),
            };
            read.problem(at, format!("found a list of {many}, expected {expected} elements"));
        }
        let first = schema.get("prefixItems").and_then(Value::as_array);
        for (index, value) in values.iter_mut().enumerate() {
            let of = first.and_then(|first| first.get(index)).or_else(|| schema.get("items"));
            if let Some(of) = of {
                read.problems.extend(self.read(value, of, &below(at, index)).problems);
            }
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let twice = (0..values.len())
                .find(|&index| values[..index].iter().any(|one| one.is_same(&values[index])));
            if let Some(index) = twice {
                read.problem(
                    &below(at, index),
                    "an earlier element is the same, expected each once; leave it out",
                );
            }
        }
    }
}

/// Returns true if the value is one of those that the schema lists, if it lists any.
fn is_listed(given: &Given, schema: &Map<String, Value>) -> bool {
    let is = |value: &Value| Given::from(value).is_same(given);
    schema.get("const").is_none_or(is)
        && schema.get("enum").and_then(Value::as_array).is_none_or(|values| values.iter().any(is))
}
