//! The members of an object from outside.

use serde_json::{Map, Value};

use super::{Read, Reader};
use crate::tools::given::Given;
use crate::tools::nearest::nearest;
use crate::tools::problem::{below, expected, ticked};

impl Reader<'_> {
    /// Reads the members that the schema names, and reports those that are missing.
    pub(super) fn members(self, given: &mut Given, schema: &Map<String, Value>, at: &str, read: &mut Read) {
        let Given::Object(members) = given else { return };
        let properties = schema.get("properties").and_then(Value::as_object);
        let of = |name: &str| properties.and_then(|properties| properties.get(name));
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (name, value) in &mut *members {
            let by_name = of(name);
            let by_pattern = patterns.into_iter().flatten();
            let by_pattern =
                by_pattern.filter(|(pattern, _)| self.patterns.matches(&Value::from(pattern.as_str()), name));
            let known: Vec<&Value> = by_name.into_iter().chain(by_pattern.map(|(_, of)| of)).collect();
            let rest = schema.get("additionalProperties").filter(|of| known.is_empty() && !of.is_boolean());
            if schema.get("additionalProperties") == Some(&Value::Bool(true))
                || !known.is_empty()
                || rest.is_some()
            {
                read.evaluated.insert(name.clone());
            }
            for schema in known.into_iter().chain(rest) {
                read.problems.extend(self.read(value, schema, &below(at, &name)).problems);
            }
            if let Some(of) = schema.get("propertyNames") {
                let wrong = self.read(&mut Given::Text(name.clone()), of, at).problems;
                let said = wrong.iter().map(|problem| format!("its name: {}", problem.message));
                said.for_each(|message| read.problem(&below(at, &name), message));
            }
        }
        let named = |name: &str| members.iter().any(|(known, _)| known == name);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<&str> = required.filter_map(Value::as_str).collect();
        for name in required.into_iter().filter(|name| !named(name)) {
            // Its name may be misspelt, which is reported by itself.
            let names = properties.into_iter().flat_map(Map::keys).map(String::as_str);
            let is_misspelt = members.iter().any(|(given, _)| {
                of(given).is_none()
                    && nearest(given, names.clone().filter(|known| !named(known))) == Some(name)
            });
            if !is_misspelt || !closes(schema) {
                let of = of(name).map_or_else(|| "a value".to_owned(), |of| expected(of, self.root));
                read.problem(&below(at, name), format!("missing, expected {of}"));
            }
        }
        let many = members.len() as u64;
        let limit = |word: &str| schema.get(word).and_then(Value::as_u64);
        if limit("minProperties").is_some_and(|least| many < least) {
            read.problem(
                at,
                format!("found {many} members, expected at least {}", limit("minProperties").unwrap_or(0)),
            );
        }
        if limit("maxProperties").is_some_and(|most| many > most) {
            read.problem(
                at,
                format!("found {many} members, expected at most {}", limit("maxProperties").unwrap_or(0)),
            );
        }
    }

    /// Reports the members that no schema has said anything of, if there may be none.
    pub(super) fn others(
        self,
        members: &[(String, Given)],
        schema: &Map<String, Value>,
        at: &str,
        read: &mut Read,
    ) {
        if !closes(schema) {
            return;
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut known: Vec<&String> = properties.into_iter().flat_map(Map::keys).collect();
        let in_branches: Vec<String> =
            read.evaluated.iter().filter(|name| !known.contains(name)).cloned().collect();
        known.extend(&in_branches);
        let given = |name: &str| members.iter().any(|(given, _)| given == name);
        let unknown = members.iter().filter(|(name, _)| !read.evaluated.contains(name));
        let messages: Vec<(String, String)> = unknown
            .map(|(name, _)| {
                let free = known.iter().map(|name| name.as_str()).filter(|name| !given(name));
                let meant = nearest(name, free).map(|near| format!("did you mean `{near}`? "));
                let all = known.iter().map(|name| ticked(name)).collect::<Vec<_>>().join(", ");
                let accepted = match known.is_empty() {
                    true => "leave it out: there are no members here".to_owned(),
                    false => format!("accepted are {all}"),
                };
                (below(at, name), format!("there is no such member; {}{accepted}", meant.unwrap_or_default()))
            })
            .collect();
        messages.into_iter().for_each(|(at, message)| read.problem(&at, message));
    }
}

/// Returns true if an object has no other members than those that are named.
fn closes(schema: &Map<String, Value>) -> bool {
    let closed = Some(&Value::Bool(false));
    schema.get("additionalProperties") == closed || schema.get("unevaluatedProperties") == closed
}
