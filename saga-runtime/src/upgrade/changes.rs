//! The changes between two sets of definitions, and those that sagas in flight do not survive.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::definitions::{Definitions, PlaceEntry, SagaEntry, StepEntry};

/// A change of the definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The change in words.
    pub what: String,
    /// The danger to sagas in flight, and its remedy; `None` if the change is harmless.
    pub danger: Option<Danger>,
}

/// The danger of a change, and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Danger {
    /// What would happen to a saga in flight.
    pub why: String,
    /// The change to make instead.
    pub fix: String,
}

impl Change {
    fn harmless(what: impl Into<String>) -> Self {
        Self { what: what.into(), danger: None }
    }

    fn dangerous(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), danger: Some(Danger { why: why.into(), fix: fix.into() }) }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.danger {
            Some(Danger { why, fix }) => write!(f, "\n     why: {why}\n     fix: {fix}"),
            None => Ok(()),
        }
    }
}

impl Definitions {
    /// Returns the changes since those were recorded: dangers first, each list in the order of the names.
    pub fn changes_since(&self, recorded: &Definitions) -> Vec<Change> {
        let mut changes = self.compensations(recorded);
        for (name, old) in &recorded.sagas {
            match self.sagas.get(name) {
                Some(new) => changes.extend(saga(name, old, new)),
                None => changes.push(saga_gone(name, old)),
            }
        }
        for (name, old) in &recorded.steps {
            match self.steps.get(name) {
                Some(new) => changes.extend(step(name, old, new)),
                // This is reported where it is owed.
                None if recorded.owed.contains_key(name) => {}
                None => changes.push(step_gone(name)),
            }
        }
        let new = |what: &str, name: &String| Change::harmless(format!("{what} `{name}` is new"));
        changes
            .extend(self.sagas.keys().filter(|n| !recorded.sagas.contains_key(*n)).map(|n| new("saga", n)));
        changes
            .extend(self.steps.keys().filter(|n| !recorded.steps.contains_key(*n)).map(|n| new("step", n)));
        let more = self.owed.iter().filter(|(name, owed)| {
            recorded
                .owed
                .get(*name)
                .is_none_or(|old| !owed.undoes.is_subset(&old.undoes) || !owed.by.is_subset(&old.by))
        });
        changes.extend(
            more.map(|(name, _)| Change::harmless(format!("more may be undone by `{name}` than before"))),
        );
        changes.sort_by_key(|change| change.danger.is_none());
        changes
    }

    /// Returns the changes to compensations that earlier versions owe.
    fn compensations(&self, recorded: &Definitions) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, owed) in &recorded.owed {
            let list =
                |of: &BTreeSet<String>| of.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ");
            let by =
                if owed.by.is_empty() { "sagas".to_owned() } else { format!("sagas of {}", list(&owed.by)) };
            let Some(step) = self.steps.get(name) else {
                changes.push(Change::dangerous(
                    format!("compensation `{name}` is not registered any more"),
                    format!(
                        "{by} may have recorded that it undoes {}; their rollback or undo would be dead-lettered",
                        list(&owed.undoes)
                    ),
                    format!(
                        "keep it: `.step::<{name}>()` beside the sagas, with `#[step(name = \"{name}\", …)]` if the \
                         function has another name now; once `saga::upgrade::check` finds no saga that owes it, remove \
                         `{name}` under `owed` in the file by hand"
                    ),
                ));
                continue;
            };
            let differs = differences(&owed.input, &step.input, Use::Decoded);
            if !differs.is_empty() {
                changes.push(Change::dangerous(
                    format!("the input of compensation `{name}` has changed: {}", differs.join("; ")),
                    format!("{by} may have recorded a call of it with the input as it was"),
                    format!(
                        "keep `{name}` as it was, with `.step::<{name}>()`, and give the new one another name; or take \
                         the old input as well: `Option<…>` for what is new"
                    ),
                ));
            }
        }
        changes
    }
}

fn saga_gone(name: &str, old: &SagaEntry) -> Change {
    Change::dangerous(
        format!("saga `{name}` is not registered any more"),
        format!(
            "those that have begun as `{name} {}` would be claimed by no worker, not even to be rolled back",
            old.version
        ),
        format!(
            "`#[saga(name = \"{name}\", …)]` if the function has another name now; otherwise leave `.saga::<{name}>()` \
             until `saga::upgrade::check` finds none of them"
        ),
    )
}

fn step_gone(name: &str) -> Change {
    Change::dangerous(
        format!("step `{name}` is not registered any more"),
        "an attempt that is on its way could not be made again, and a journal that has it fits no body"
            .to_owned(),
        format!(
            "`#[step(name = \"{name}\", …)]` if the function has another name now; otherwise leave it where it is until \
             `saga::upgrade::check` finds no saga that has it"
        ),
    )
}

fn step(name: &str, old: &StepEntry, new: &StepEntry) -> Vec<Change> {
    let mut changes = Vec::new();
    let another = format!(
        "give the changed step another recorded name (`name = \"…\"`), and leave `{name}` to the sagas that have it"
    );
    if old.kind != new.kind {
        let what = format!("step `{name}` was {}, and is {}", old.kind, new.kind);
        let why = "sagas that have begun it have recorded how it is undone, and are held to that";
        changes.push(Change::dangerous(what, why, another.clone()));
    }
    if old.retriable != new.retriable {
        let is = |retriable| if retriable { "`retriable`" } else { "one that may fail" };
        let what = format!("step `{name}` was {}, and is {}", is(old.retriable), is(new.retriable));
        let why = "a recorded failure of it fits only the body that could take one";
        changes.push(Change::dangerous(what, why, another.clone()));
    }
    // For an auxiliary step only the input is recorded, and that is checked where it is owed.
    let forward = new.kind != super::report::said(saga_core::Kind::Auxiliary);
    let values = [
        ("input", &old.input, &new.input, Use::Compared),
        ("output", &old.output, &new.output, Use::Decoded),
        ("error", &old.error, &new.error, Use::Decoded),
    ];
    for (what, old, new, used) in values.into_iter().filter(|_| forward) {
        let why = match used {
            Use::Compared => {
                "when the body runs again, its input is compared with the recorded one: `Diverged`"
            }
            Use::Decoded => "what is recorded could not be read: `Undecodable`",
        };
        changes.extend(value(format!("the {what} of step `{name}`"), old, new, used, why, &another));
    }
    let words = |e: &StepEntry| {
        let by = |by: &Option<String>| by.clone().unwrap_or_else(|| "nothing".to_owned());
        [
            format!("undone by {}", by(&e.undone_by)),
            format!("probed by {}", by(&e.probed_by)),
            format!("settled in doubt by {}", e.in_doubt),
            format!(
                "conclusive in its errors for {}",
                e.conclusive_ms.map_or("no time".to_owned(), |ms| format!("{ms} ms"))
            ),
            format!("leaving {}", by(&e.leaves)),
            format!(
                "undone within {}",
                e.undo_within_ms.map_or("any time".to_owned(), |ms| format!("{ms} ms"))
            ),
        ]
    };
    let changed = words(old).into_iter().zip(words(new)).filter(|(old, new)| old != new);
    changes
        .extend(changed.map(|(old, new)| Change::harmless(format!("step `{name}` was {old}, and is {new}"))));
    changes
}

fn saga(name: &str, old: &SagaEntry, new: &SagaEntry) -> Vec<Change> {
    let mut changes = Vec::new();
    let another = format!(
        "give the changed saga another recorded name (`#[saga(name = \"{name}_{}\", …)]`), and leave the old one \
         registered until `saga::upgrade::check` finds none that has begun",
        new.version.max(old.version + 1),
    );
    for (what, old, new) in [
        ("input", &old.input, &new.input),
        ("output", &old.output, &new.output),
        ("error", &old.error, &new.error),
    ] {
        let why = "what is recorded could not be read: `Undecodable`";
        changes.extend(value(format!("the {what} of saga `{name}`"), old, new, Use::Decoded, why, &another));
    }
    if old.version != new.version {
        let what = format!("saga `{name}` was of version {}, and is of {}", old.version, new.version);
        changes.push(Change::harmless(what));
    }
    if (&old.start, &old.places) != (&new.start, &new.places) {
        changes.extend(automaton(name, old, new));
    }
    changes
}

/// Compares two automata. A place is identified by its site, so a journal of the old automaton is a path of the new one
/// if every old move is a new move too.
fn automaton(name: &str, old: &SagaEntry, new: &SagaEntry) -> Vec<Change> {
    let (Some(old_places), Some(new_places)) = (&old.places, &new.places) else {
        return vec![Change::harmless(format!("saga `{name}` has got or lost its automaton"))];
    };
    let by_site = |places: &'_ [PlaceEntry]| -> BTreeMap<String, PlaceEntry> {
        places.iter().map(|place| (place.site.clone(), place.clone())).collect()
    };
    let (before, now) = (by_site(old_places), by_site(new_places));
    let mut found = Vec::new();
    for place in old_places {
        match now.get(&place.site) {
            None => found.push(format!("site `{}` is gone", place.site)),
            Some(there) if there.awaits != place.awaits => {
                found.push(format!("site `{}` was {}, and is {}", place.site, place.awaits, there.awaits));
            }
            Some(_) => {}
        }
    }
    let moves =
        |start: &[String], places: &BTreeMap<String, PlaceEntry>| -> BTreeMap<Option<String>, Vec<String>> {
            let of = |place: &PlaceEntry| place.done.iter().chain(&place.failed).cloned().collect();
            let from = places.values().map(|place| (Some(place.site.clone()), of(place)));
            from.chain([(None, start.to_vec())]).collect()
        };
    let (old_moves, new_moves) = (moves(&old.start, &before), moves(&new.start, &now));
    for (from, to) in &old_moves {
        let Some(there) = new_moves.get(from) else { continue };
        let lost = to.iter().filter(|to| now.contains_key(*to) && !there.contains(to));
        let instead = there.iter().map(|to| format!("`{to}`")).collect::<Vec<_>>().join(" or ");
        let instead = if instead.is_empty() { "nothing".to_owned() } else { instead };
        found.extend(lost.map(|to| match from {
            Some(from) => format!("`{to}` does not follow `{from}` any more: {instead} does"),
            None => format!("it does not begin with `{to}` any more, but with {instead}"),
        }));
    }
    if found.is_empty() {
        return vec![Change::harmless(format!(
            "saga `{name}` goes other ways, which those that have begun fit"
        ))];
    }
    let raise = match old.version == new.version {
        true => format!(
            "raise `version` to {} as well, so that people can tell them apart; and ",
            old.version + 1
        ),
        false => String::new(),
    };
    let why = format!(
        "one that has begun as `{name} {}` and has come by there fits the body no more: `Diverged`",
        old.version
    );
    let fix = format!(
        "add sites at the end or on new branches only; or {raise}give the changed saga another recorded name \
         (`#[saga(name = \"{name}_{}\", …)]`), and leave the old one registered until `saga::upgrade::check` finds none \
         that has begun",
        old.version + 1
    );
    vec![Change::dangerous(format!("in saga `{name}`: {}", found.join("; ")), why, fix)]
}

/// The use of a recorded value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// The value is decoded.
    Decoded,
    /// The value is compared with a newly encoded one, as JSON.
    Compared,
}

fn value(what: String, old: &Value, new: &Value, used: Use, why: &str, fix: &str) -> Option<Change> {
    if old == new {
        return None;
    }
    let differs = differences(old, new, used);
    Some(match differs.is_empty() {
        true => Change::harmless(format!("{what} has changed; what is recorded still fits")),
        false => Change::dangerous(format!("{what} has changed: {}", differs.join("; ")), why, fix),
    })
}

/// Returns the places at which a value of the old shape does not fit the new one.
fn differences(old: &Value, new: &Value, used: Use) -> Vec<String> {
    let mut found = Vec::new();
    differ((old, new), used, "", &mut found);
    found
}

fn differ((old, new): (&Value, &Value), used: Use, path: &str, found: &mut Vec<String>) {
    if old == new || new.as_str() == Some("any") || widens(old, new) {
        return;
    }
    // A value that was always present fits where it is optional.
    if let Some(new) = optional(new) {
        let old = optional(old).unwrap_or_else(|| old.clone());
        return differ((&old, &new), used, path, found);
    }
    let within = |word: &str| Some((old.get(word)?, new.get(word)?));
    if let Some(values) = within("map of") {
        return differ(values, used, &format!("{path}{{}}"), found);
    }
    if let Some((Value::Object(old), Value::Object(new))) = within("one of") {
        for (name, old) in old {
            match new.get(name) {
                Some(new) => differ((old, new), used, &at(path, name), found),
                None => found.push(format!("variant `{}` is gone", at(path, name))),
            }
        }
        return;
    }
    match (old, new) {
        (Value::Array(old), Value::Array(new)) if old.len() == 1 && new.len() == 1 => {
            differ((&old[0], &new[0]), used, &format!("{path}[]"), found);
        }
        (Value::Object(a), Value::Object(b)) if is_struct(a) && is_struct(b) => {
            for (name, old) in a {
                match b.get(name) {
                    Some(new) => differ((old, new), used, &at(path, name), found),
                    // The value is not read any more.
                    None if used == Use::Decoded => {}
                    None => found.push(format!("`{}` is gone", at(path, name))),
                }
            }
            let new = b.iter().filter(|(name, _)| !a.contains_key(*name));
            let needed = new.filter(|(_, new)| used == Use::Compared || optional(new).is_none());
            found.extend(needed.map(|(name, _)| format!("`{}` is new", at(path, name))));
        }
        _ => {
            let what = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
            found.push(format!("{what} was {}, and is {}", plain(old), plain(new)));
        }
    }
}

fn at(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Returns a shape in one line.
fn plain(shape: &Value) -> String {
    shape.as_str().map_or_else(|| shape.to_string(), str::to_owned)
}

/// Returns the inner shape of an optional one; `None` for any other shape.
fn optional(shape: &Value) -> Option<Value> {
    let leaf = shape.as_str().and_then(|name| name.strip_suffix('?')).map(Value::from);
    leaf.or_else(|| shape.get("option of").cloned())
}

/// Returns true if its keys are fields: keys of other shapes end in ` of`.
fn is_struct(shape: &serde_json::Map<String, Value>) -> bool {
    shape.keys().all(|name| !name.ends_with(" of"))
}

/// Returns true if both are numbers, and the new type can hold all values of the old.
fn widens(old: &Value, new: &Value) -> bool {
    let number = |shape: &Value| -> Option<(bool, u32)> {
        let name = shape.as_str()?;
        let bits = name.strip_prefix(['u', 'i'])?.parse().ok()?;
        Some((name.starts_with('i'), bits))
    };
    let (Some((old_signed, old_bits)), Some((signed, bits))) = (number(old), number(new)) else {
        return false;
    };
    old_bits < bits && (signed || !old_signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_read_may_grow_and_what_is_compared_may_not() {
        let rows = [
            (json!({"a": "u8"}), json!({"a": "u32"}), 0, 0),
            (json!({"a": "u32"}), json!({"a": "u8"}), 1, 1),
            (json!({"a": "i8"}), json!({"a": "u32"}), 1, 1),
            (json!({"a": "u8"}), json!({"a": "i16"}), 0, 0),
            (json!({"a": "text"}), json!({"a": "text?"}), 0, 0),
            (json!({"a": "text?"}), json!({"a": "text"}), 1, 1),
            (json!({"a": "text"}), json!({"a": "any"}), 0, 0),
            (json!({"a": "text", "b": "u8"}), json!({"a": "text"}), 0, 1),
            (json!({"a": "text"}), json!({"a": "text", "b": "u8"}), 1, 1),
            (json!({"a": "text"}), json!({"a": "text", "b": {"option of": ["u8"]}}), 0, 1),
            (json!(["u8"]), json!(["text"]), 1, 1),
            (json!({"a": "u8"}), json!({"option of": {"a": "u8"}}), 0, 0),
            (json!({"option of": {"a": "u8"}}), json!({"option of": {"a": "text"}}), 1, 1),
            (json!({"map of": "u8"}), json!({"map of": "text"}), 1, 1),
            (json!({"one of": {"A": "nothing"}}), json!({"one of": {"A": "nothing", "B": "u8"}}), 0, 0),
            (json!({"one of": {"A": "nothing", "B": "u8"}}), json!({"one of": {"A": "nothing"}}), 1, 1),
            (json!({"one of": {"A": "u8"}}), json!({"one of": {"A": {"a": "u8"}}}), 1, 1),
            (json!({"tuple of": ["u8", "and 1 more"]}), json!({"tuple of": ["u8", "and 2 more"]}), 1, 1),
            (json!({"a": "u8"}), json!({"map of": "u8"}), 1, 1),
        ];
        for (old, new, decoded, compared) in rows {
            let found = [Use::Decoded, Use::Compared].map(|used| differences(&old, &new, used).len());
            assert_eq!(found, [decoded, compared], "{old} to {new}");
        }
    }
}
