//! The definitions of a build's sagas and steps, as far as journals depend on them. They are sorted, and a file of them
//! can be reviewed line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use saga_core::Kind;
use saga_core::graph::{Definition, Graph, To, What};
use saga_core::policy::InDoubt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::report::said;
use crate::operate::runtime::Builder;
use crate::replay::erased::AnySaga;
use crate::replay::registry::{Registry, StartError};
use crate::value::recorded::Shapes;

/// The definitions of a build's sagas and steps, and what earlier versions owe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definitions {
    /// An explanation for readers of the file.
    about: String,
    pub(super) sagas: BTreeMap<String, SagaEntry>,
    pub(super) steps: BTreeMap<String, StepEntry>,
    /// Keyed by compensation, including those that only earlier versions name.
    pub(super) owed: BTreeMap<String, OwedEntry>,
}

const ABOUT: &str = "What journals of these sagas depend on, version by version. Written and verified by \
     saga::upgrade::snapshot; review its changes as you review code. Shapes are of the JSON that is recorded. Under `owed` \
     stands every step that undoes or settles another, with the versions whose sagas may owe it: an entry stays until it is \
     removed by hand, once saga::upgrade::check finds no saga of them.";

/// The definition of a saga.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SagaEntry {
    pub(super) version: u32,
    pub(super) input: Value,
    pub(super) output: Value,
    pub(super) error: Value,
    /// The first places; empty for a hand-written saga, which has no graph.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) start: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) places: Option<Vec<PlaceEntry>>,
}

/// A place in a saga.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlaceEntry {
    /// `hold`, `hold#2` for the second of that name, `hold[]` in a loop.
    pub(super) site: String,
    pub(super) awaits: Value,
    pub(super) done: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) failed: Vec<String>,
}

/// The definition of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StepEntry {
    pub(super) kind: String,
    pub(super) retriable: bool,
    pub(super) input: Value,
    /// Null for an auxiliary step: its output is never read.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) output: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) error: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undone_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) leaves: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) undo_within_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) probed_by: Option<String>,
    pub(super) in_doubt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) conclusive_ms: Option<u64>,
}

/// A step that undoes or settles another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwedEntry {
    /// The steps that it undoes or settles, in this version or an earlier one.
    pub(super) undoes: BTreeSet<String>,
    /// The sagas that may owe it: name and version.
    pub(super) by: BTreeSet<String>,
    /// The shape of its most recent input.
    pub(super) input: Value,
}

impl Definitions {
    /// Returns the definitions of everything registered with the builder.
    ///
    /// # Errors
    /// The error with which the builder would not start, resources apart.
    pub fn of(builder: &Builder) -> Result<Self, StartError> {
        let registry = &builder.registry;
        registry.check_names()?;
        let sagas: BTreeMap<_, _> =
            registry.sagas().map(|(name, saga)| (name.to_owned(), SagaEntry::of(&**saga))).collect();
        let steps = registry.steps().map(|(name, step)| {
            let definition = step.definition();
            (name.to_owned(), StepEntry::of(&definition, step.shapes()))
        });
        let mut definitions =
            Self { about: ABOUT.to_owned(), sagas, steps: steps.collect(), owed: BTreeMap::new() };
        definitions.owed = definitions.owed_by(registry);
        Ok(definitions)
    }

    /// Parses the output of [`to_json`](Self::to_json).
    ///
    /// # Errors
    /// The parse error.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Formats as text: equal definitions give equal text.
    pub fn to_json(&self) -> String {
        let json =
            serde_json::to_value(self).expect("maps with text for keys, lists and text have a JSON form");
        let mut text = String::new();
        // Not in the order of the alphabet: what it is about comes first.
        for (name, value) in ["about", "sagas", "steps", "owed"].map(|name| (name, &json[name])) {
            let comma = if text.is_empty() { "{" } else { "," };
            text.push_str(&format!("{comma}\n  \"{name}\": "));
            write(value, 2, &mut text);
        }
        text + "\n}\n"
    }

    /// Adds what the recorded definitions owe.
    #[must_use]
    pub fn with_owed_of(mut self, recorded: &Self) -> Self {
        for (name, old) in &recorded.owed {
            let entry = self.owed.entry(name.clone()).or_insert_with(|| old.clone());
            entry.undoes.extend(old.undoes.iter().cloned());
            entry.by.extend(old.by.iter().cloned());
        }
        self
    }

    fn owed_by(&self, registry: &Registry) -> BTreeMap<String, OwedEntry> {
        let mut owed: BTreeMap<String, OwedEntry> = BTreeMap::new();
        for (name, step) in registry.steps() {
            let definition = step.definition();
            for by in [definition.undone_by, definition.settled_by].into_iter().flatten() {
                let entry = owed.entry(by.to_owned()).or_default();
                entry.undoes.insert(name.to_owned());
                entry.input = self.steps.get(by).map_or(Value::Null, |step| step.input.clone());
            }
        }
        for (_, saga) in registry.sagas() {
            let Some(graph) = saga.graph() else { continue };
            for definition in graph.definitions() {
                for by in [definition.undone_by, definition.settled_by].into_iter().flatten() {
                    let entry = owed.entry(by.to_owned()).or_default();
                    entry.by.insert(format!("{} {}", graph.saga, graph.version));
                }
            }
        }
        owed
    }
}

impl SagaEntry {
    fn of(saga: &dyn AnySaga) -> Self {
        let Shapes { input, output, error } = saga.shapes();
        let graph = saga.graph();
        let entry = |graph: &Graph| {
            let to = |moves: &[To]| moves.iter().map(|to| told(graph, *to)).collect::<Vec<_>>();
            let places = graph.await_points.iter().enumerate().map(|(number, place)| PlaceEntry {
                site: told(graph, To::AwaitPoint(number)),
                awaits: awaits(&place.what),
                done: to(place.done),
                failed: to(place.failed),
            });
            places.collect()
        };
        Self {
            version: saga.version(),
            input,
            output,
            error,
            start: graph.map(|g| g.start.iter().map(|to| told(g, *to)).collect()).unwrap_or_default(),
            places: graph.map(entry),
        }
    }
}

/// Returns the name of a move's target.
fn told(graph: &Graph, to: To) -> String {
    match to {
        To::Completed => "(completed)".to_owned(),
        To::RollingBack => "(rolling back)".to_owned(),
        To::AwaitPoint(number) => graph.await_points.get(number).map_or_else(String::new, |place| {
            let occurrence = match place.occurrence {
                1 => String::new(),
                occurrence => format!("#{occurrence}"),
            };
            format!("{}{occurrence}{}", place.name, "[]".repeat(place.loops as usize))
        }),
    }
}

/// Returns the description of what is awaited.
fn awaits(what: &What) -> Value {
    match what {
        What::Step(step) => Value::from(format!("step {}", step.name)),
        What::Saga(graph) => Value::from(format!("saga {}", graph.saga)),
        What::Deferred(step) => json!({ "on_commit": awaits(step) }),
        What::Opaque(name) => Value::from(format!("saga {name}")),
        What::Sleep | What::Now | What::Uuid | What::Signal | What::Approve => Value::from(what.label()),
        What::All(branches) => branches.iter().map(awaits).collect(),
        What::Each(branch) => json!({ "each": awaits(branch) }),
        What::Named(name, what) => json!({ "named": name, "awaits": awaits(what) }),
    }
}

impl StepEntry {
    fn of(step: &Definition, shapes: Shapes) -> Self {
        let Shapes { input, output, error } = shapes;
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (output, error) =
            if step.kind == Kind::Auxiliary { (Value::Null, Value::Null) } else { (output, error) };
        Self {
            kind: said(step.kind).to_owned(),
            retriable: step.retriable,
            input,
            output,
            error,
            undone_by: step.undone_by.map(str::to_owned),
            leaves: step.leaves.map(str::to_owned),
            undo_within_ms: step.undo_within.map(millis),
            probed_by: step.probed_by.map(str::to_owned),
            in_doubt: match (step.in_doubt, step.settled_by) {
                (InDoubt::Rerun, _) => "rerun".to_owned(),
                (InDoubt::DeadLetter, _) => "dead_letter".to_owned(),
                (InDoubt::Call, by) => format!("step {}", by.unwrap_or_default()),
            },
            conclusive_ms: step.conclusive.map(millis),
        }
    }
}

/// The maximum length of a line that can be broken.
const WIDTH: usize = 110;

/// Formats JSON for people: a value that fits in a line is on one line.
fn write(value: &Value, indent: usize, text: &mut String) {
    let plain = value.to_string();
    let used = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
    let in_line = used + plain.len() <= WIDTH;
    let (open, close, parts): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(fields) => {
            ('{', '}', fields.iter().map(|(name, value)| (format!("{}: ", json!(name)), value)).collect())
        }
        Value::Array(elements) => ('[', ']', elements.iter().map(|value| (String::new(), value)).collect()),
        _ => return text.push_str(&plain),
    };
    let broken = |indent: usize| if in_line { String::new() } else { format!("\n{}", " ".repeat(indent)) };
    text.push(open);
    for (number, (name, value)) in parts.into_iter().enumerate() {
        text.push_str(match (number, in_line) {
            (0, _) => "",
            (_, true) => ", ",
            (_, false) => ",",
        });
        text.push_str(&(broken(indent + 2) + &name));
        write(value, indent + 2, text);
    }
    text.push_str(&broken(indent));
    text.push(close);
}
