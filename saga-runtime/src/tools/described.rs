//! The schemas of what a tool takes and gives, collected from its types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::tools::schema::{closed, offered};
use crate::value::fields::{Field, Fields, is_optional};

/// A type that can be described to a language model. Nothing implements it by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON Schema [SG1103]",
    label = "a tool takes or gives this [SG1103]",
    note = "why: the schema tells a language model what to call the tool with, and what the tool gives",
    note = "fix: `#[derive(schemars::JsonSchema)]` on it, or on the type in it that has none; `schemars = \"1\"` in `Cargo.toml`"
)]
pub trait Described {
    /// Returns its schema.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> Described for T {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// Collects what a tool takes and gives.
#[derive(Debug)]
pub struct Describing {
    takes: SchemaGenerator,
    gives: SchemaGenerator,
    input: Value,
    output: Value,
}

impl Describing {
    pub(crate) fn new() -> Self {
        let settings = || SchemaSettings::draft2020_12().with(|settings| settings.meta_schema = None);
        Self {
            takes: settings().for_deserialize().into_generator(),
            gives: settings().for_serialize().into_generator(),
            input: json!({"type": "object", "properties": {}}),
            output: json!({}),
        }
    }

    /// Adds the parameter at `AT`, with its description, which may be empty.
    pub fn parameter<F, const AT: usize>(&mut self, text: &str)
    where
        F: Fields + Field<AT>,
        <F as Field<AT>>::Type: Described,
    {
        let schema = <<F as Field<AT>>::Type as Described>::schema(&mut self.takes);
        self.add_parameter(F::NAMES.fields[AT], schema, text, is_optional::<F, AT>());
    }

    fn add_parameter(&mut self, name: &str, mut schema: Schema, text: &str, optional: bool) {
        if !text.trim().is_empty() {
            schema.insert("description".to_owned(), text.trim().into());
        }
        self.input["properties"][name] = schema.to_value();
        if !optional {
            let required = &mut self.input["required"];
            match required.as_array_mut() {
                Some(names) => names.push(name.into()),
                None => *required = json!([name]),
            }
        }
    }

    /// Says that it takes a `T`, which is an object with named members.
    pub fn takes<T: Described>(&mut self) {
        let schema = T::schema(&mut self.takes).to_value();
        self.input = resolved(schema, self.takes.definitions());
    }

    /// Says that it gives a `T`.
    pub fn gives<T: Described>(&mut self) {
        self.output = T::schema(&mut self.gives).to_value();
    }

    /// Returns the schema of what it takes: an object that admits no other members.
    pub(crate) fn input(&mut self) -> Value {
        let definitions = self.takes.take_definitions(true);
        closed(offered(with_definitions(self.input.take(), definitions)))
    }

    /// Returns the schema of its result, an object, and true if the output is its member `result`.
    pub(crate) fn output(&mut self) -> (Value, bool) {
        let definitions = self.gives.take_definitions(true);
        let schema = resolved(self.output.take(), &definitions);
        let wrapped = schema.get("type") != Some(&json!("object"));
        let schema = match wrapped {
            true => json!({"type": "object", "properties": {"result": schema}, "required": ["result"]}),
            false => schema,
        };
        (offered(with_definitions(schema, definitions)), wrapped)
    }
}

/// Returns what a reference to a definition stands for, and anything else as it is.
fn resolved(schema: Value, definitions: &Map<String, Value>) -> Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix("#/$defs/"));
    name.and_then(|name| definitions.get(name)).cloned().unwrap_or(schema)
}

fn with_definitions(mut schema: Value, definitions: Map<String, Value>) -> Value {
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    schema
}
