//! Schemas that are combined: all of several, or one of several forms. If no form fits, the one that was meant is judged.

use serde_json::{Map, Value};

use super::{Read, Reader};
use crate::tools::given::Given;
use crate::tools::nearest::nearest;
use crate::tools::problem::{Problem, below, expected, ticked, unexpected};
use crate::tools::schema::{admits, resolved};

impl Reader<'_> {
    /// Reads the value by the schemas that are combined in this one.
    pub(super) fn choices(self, given: &mut Given, schema: &Value, at: &str, read: &mut Read) {
        let of = |word: &str| schema.get(word).and_then(Value::as_array).into_iter().flatten();
        for part in of("allOf") {
            read.add(self.read(given, part, at));
        }
        if let Some(condition) = schema.get("if") {
            let holds = self.read(&mut given.clone(), condition, at).problems.is_empty();
            if let Some(then) = schema.get(if holds { "then" } else { "else" }) {
                read.add(self.read(given, then, at));
            }
        }
        if schema.get("not").is_some_and(|not| self.read(&mut given.clone(), not, at).problems.is_empty()) {
            let what = expected(&schema["not"], self.root);
            read.problem(at, format!("not accepted here: anything but {what} is"));
        }
        for (word, once) in [("anyOf", false), ("oneOf", true)] {
            let branches: Vec<&Value> = of(word).collect();
            if !branches.is_empty() {
                read.add(self.one_of(given, &branches, at, once));
            }
        }
    }

    /// Reads the value by the branch that it fits: first as it is written, then with integers in other spellings.
    fn one_of(self, given: &mut Given, branches: &[&Value], at: &str, once: bool) -> Read {
        for lenient in [false, true] {
            if lenient && !self.lenient {
                break;
            }
            let reader = Self { lenient, ..self };
            let mut fitting: Vec<(Given, Read)> = branches
                .iter()
                .filter_map(|branch| {
                    let mut copy = given.clone();
                    let read = reader.read(&mut copy, branch, at);
                    read.problems.is_empty().then_some((copy, read))
                })
                .collect();
            if once && fitting.len() > 1 {
                let mut read = Read::default();
                read.problem(
                    at,
                    "it fits several of the forms that are accepted here; write one of them only",
                );
                return read;
            }
            if !fitting.is_empty() {
                let (value, read) = fitting.remove(0);
                *given = value;
                return read;
            }
        }
        self.nearest_branch(given, branches, at)
    }

    /// Returns the branches, and in place of one that is itself a choice those of that.
    fn flattened<'b>(self, branches: &[&'b Value]) -> Vec<&'b Value>
    where
        Self: 'b,
    {
        let mut flat = Vec::new();
        for branch in branches {
            let schema = resolved(branch, self.root);
            let inner = ["anyOf", "oneOf"].iter().find_map(|word| schema.get(*word)?.as_array());
            match inner.filter(|_| schema.get("properties").is_none()) {
                Some(inner) => flat.extend(self.flattened(&inner.iter().collect::<Vec<_>>())),
                None => flat.push(*branch),
            }
        }
        flat
    }

    /// Judges a value that fits no branch by the one that was probably meant.
    fn nearest_branch(self, given: &Given, branches: &[&Value], at: &str) -> Read {
        let branches = &self.flattened(branches)[..];
        let objects = || {
            let all = branches
                .iter()
                .filter_map(|branch| Some((*branch, resolved(branch, self.root).as_object()?)));
            all.filter(|(_, schema)| admits(schema, "object") || schema.contains_key("properties"))
        };
        if let Given::Object(members) = given {
            if let Some(read) = self.by_tag(given, objects(), at) {
                return read;
            }
            // Variants that are named by their one member.
            let names: Vec<(&Value, &String)> =
                objects().filter_map(|(branch, schema)| Some((branch, only_required(schema)?))).collect();
            if let Some((branch, _)) = names.iter().find(|(_, name)| given.member(name).is_some()) {
                return self.read(&mut given.clone(), branch, at);
            }
            if names.len() > 1 && members.len() == 1 && names.len() == objects().count() {
                let (wrong, _) = &members[0];
                let near = nearest(wrong, names.iter().map(|(_, name)| name.as_str()));
                let meant = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let all = names.iter().map(|(_, name)| ticked(name)).collect::<Vec<_>>().join(", ");
                let message = format!("there is no such member; {meant}accepted is one of {all}");
                let problems = vec![Problem { at: below(at, wrong), message }];
                return Read { problems, ..Read::default() };
            }
        }
        let of_kind: Vec<&&Value> = branches.iter().filter(|branch| self.may_be(given, branch)).collect();
        match of_kind[..] {
            [branch] => self.read(&mut given.clone(), branch, at),
            _ => {
                let schema = serde_json::json!({ "anyOf": branches });
                Read { problems: vec![unexpected(at, given, &schema, self.root)], ..Read::default() }
            }
        }
    }

    /// Judges an object by the branch that its tag names, if the branches have tags.
    fn by_tag<'b>(
        self,
        given: &Given,
        branches: impl Iterator<Item = (&'b Value, &'b Map<String, Value>)>,
        at: &str,
    ) -> Option<Read> {
        let tagged: Vec<(&Value, &String, &Value)> = branches
            .filter_map(|(branch, schema)| {
                let properties = schema.get("properties")?.as_object()?;
                let (tag, value) = properties.iter().find_map(|(name, of)| Some((name, of.get("const")?)))?;
                Some((branch, tag, value))
            })
            .collect();
        let (_, tag, _) =
            tagged.first().filter(|(_, tag, _)| tagged.iter().all(|(_, other, _)| other == tag))?;
        let value = given.member(tag);
        let named =
            tagged.iter().find(|(_, _, known)| value.is_some_and(|value| Given::from(*known).is_same(value)));
        if let Some((branch, _, _)) = named {
            return Some(self.read(&mut given.clone(), branch, at));
        }
        let known: Vec<&Value> = tagged.iter().map(|(_, _, known)| *known).collect();
        let schema = serde_json::json!({ "enum": known });
        let at = below(at, tag);
        let problem = match value {
            Some(value) => unexpected(&at, value, &schema, self.root),
            None => Problem { message: format!("missing, expected {}", expected(&schema, self.root)), at },
        };
        Some(Read { problems: vec![problem], ..Read::default() })
    }

    /// Returns true if the schema has the type of the value.
    fn may_be(self, given: &Given, schema: &Value) -> bool {
        let Some(schema) = resolved(schema, self.root).as_object() else { return false };
        let kind = given.kind();
        admits(schema, kind) || (kind == "number" && admits(schema, "integer"))
    }
}

/// Returns the one member that an object has to have, if it has no others.
fn only_required(schema: &Map<String, Value>) -> Option<&String> {
    let properties = schema.get("properties")?.as_object()?;
    let required = schema.get("required")?.as_array()?;
    match (properties.len(), &required[..]) {
        (1, [name]) => properties.keys().next().filter(|known| *known == name),
        _ => None,
    }
}
