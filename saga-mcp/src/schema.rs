//! The schemas of what a client sends and gets, beyond those of the steps.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::named::ARGUMENT;

/// The member that tells a receipt from an output.
pub(crate) const RECEIPT: &str = "saga";

/// The states of a call that has no output: the step goes on.
pub(crate) const RUNNING: &str = "running";
/// It is refused for a known reason.
pub(crate) const REFUSED: &str = "refused";
/// A person has to act first.
pub(crate) const NEEDS_PERSON: &str = "needs_person";

/// Returns the schema of an answer: an output, or a receipt in its place.
pub(crate) fn answer(mut output: Value) -> Value {
    let mut schema = json!({"type": "object"});
    // References name definitions by their path from the root.
    if let Some(definitions) = output.as_object_mut().and_then(|output| output.remove("$defs")) {
        schema["$defs"] = definitions;
    }
    schema["anyOf"] = json!([output, {
        "type": "object",
        "description": "Given in place of the output when there is none, with what to do.",
        "properties": {RECEIPT: {
            "type": "object",
            "properties": {"state": {"enum": [RUNNING, REFUSED, NEEDS_PERSON]}, "say": {"type": "string"}},
            "required": ["state", "say"],
        }},
        "required": [RECEIPT],
    }]);
    schema
}

/// Adds the argument by which a call names its session.
pub(crate) fn add_session(input: &mut Value) {
    input["properties"][ARGUMENT] =
        json!({"type": "string", "description": "The session, as `begin` gave it."});
    match input.get_mut("required").and_then(Value::as_array_mut) {
        Some(required) => required.push(ARGUMENT.into()),
        None => input["required"] = json!([ARGUMENT]),
    }
}

/// Returns a schema as the object that it is.
pub(crate) fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(members) => Arc::new(members),
        other => unreachable!("the schemas of tools are objects, and this one is {other}"),
    }
}
