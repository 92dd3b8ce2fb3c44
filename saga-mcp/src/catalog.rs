//! The tools as a client lists them: the steps of the toolbox in its order, then the server's own.
//!
//! The list is made once and never changes. It does not depend on the connection.

use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use saga::tools::{OfferedTool, Toolbox};
use serde_json::json;

use crate::error::ServeError;
use crate::named::{ARGUMENT, Named};
use crate::own::Own;
use crate::schema;

/// The `_meta` key under which a tool says how it is undone, in the shape of MCP's open proposal SEP-3172.
pub(crate) const META_RECOVERY: &str = "io.github.saga-rs/recovery";

/// Returns all tools.
///
/// # Errors
/// [`ServeError::NameTaken`], [`ServeError::ArgumentTaken`].
pub(crate) fn list(toolbox: &Toolbox, named: &Named, own: &[Own]) -> Result<Vec<Tool>, ServeError> {
    if let Some(taken) = toolbox.tools().find(|tool| Own::ALL.iter().any(|own| own.name() == tool.name)) {
        return Err(ServeError::NameTaken { tool: taken.name.to_owned() });
    }
    let mut tools = Vec::new();
    for offered in toolbox.tools() {
        tools.push(of_step(offered, named)?);
    }
    tools.extend(own.iter().map(|own| own.tool(named)));
    Ok(tools)
}

fn of_step(offered: &OfferedTool, named: &Named) -> Result<Tool, ServeError> {
    let mut input = offered.input_schema.clone();
    if *named == Named::Argument {
        if input["properties"].get(ARGUMENT).is_some() {
            return Err(ServeError::ArgumentTaken { tool: offered.name.to_owned() });
        }
        schema::add_session(&mut input);
    }
    let hints = offered.hints;
    let annotations = ToolAnnotations::new()
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent);
    Ok(Tool::new(offered.name, offered.description.clone(), schema::object(input))
        .with_raw_output_schema(schema::object(schema::answer(offered.output_schema.clone())))
        .with_annotations(annotations)
        .with_meta(recovery(offered)))
}

/// Returns how a step is undone. The compensation is not a tool: the server calls it when the session is undone.
fn recovery(offered: &OfferedTool) -> MetaObject {
    let recovery = &offered.recovery;
    let mut said = json!({"effect": recovery.kind.as_str()});
    if let Some(step) = recovery.undone_by {
        said["strategy"] = "compensation".into();
        said["compensatingOperation"] = json!({"operationId": step, "parameters": {}, "calledBy": "server"});
    }
    if let Some(window) = recovery.undo_within {
        said["withinMs"] = u64::try_from(window.as_millis()).unwrap_or(u64::MAX).into();
    }
    if let Some(leaves) = recovery.leaves {
        said["leaves"] = leaves.into();
    }
    let mut meta = MetaObject::new();
    meta.0.insert(META_RECOVERY.to_owned(), said);
    meta
}

#[cfg(test)]
mod tests {
    use saga::prelude::*;

    use super::*;

    /// Opens a door.
    #[step(tool, compensate = close(door), idempotent)]
    async fn open(door: u8) -> Result<u8, Failure> {
        Ok(door)
    }

    #[step(retriable, idempotent)]
    async fn close(_door: u8) -> Result<(), Failure> {
        Ok(())
    }

    /// Lists the guests.
    #[step(tool, readonly)]
    async fn guests(session: String) -> Result<Vec<String>, Failure> {
        Ok(vec![session])
    }

    /// Says how it goes.
    #[step(tool, readonly)]
    async fn status() -> Result<u8, Failure> {
        Ok(1)
    }

    #[test]
    fn a_session_that_is_an_argument_is_required_by_every_tool_but_begin() {
        let named = Named::Argument;
        let tools =
            list(&Toolbox::new().offer::<open>(), &named, &Own::offered(&named, &[])).expect("a list");
        let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["open", "begin", "status", "undo_plan", "undo", "commit"]);
        for tool in tools {
            let required = tool.input_schema["required"].as_array().expect("a list");
            assert_eq!(required.contains(&json!(ARGUMENT)), tool.name != "begin", "{}", tool.name);
            assert_eq!(tool.input_schema["properties"].get(ARGUMENT).is_some(), tool.name != "begin");
        }
    }

    #[test]
    fn tools_that_a_host_hides_are_not_listed() {
        let hidden = [Own::Commit, Own::Undo];
        let own = Own::offered(&Named::Process, &hidden);
        let tools = list(&Toolbox::new(), &Named::Process, &own).expect("a list");
        assert_eq!(tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["status", "undo_plan"]);
    }

    #[test]
    fn names_that_are_taken_are_refused() {
        let taken = list(&Toolbox::new().offer::<status>(), &Named::Process, &[]);
        assert!(matches!(taken, Err(ServeError::NameTaken { tool }) if tool == "status"));
        let guests = Toolbox::new().offer::<guests>();
        let taken = list(&guests, &Named::Argument, &[]);
        assert!(matches!(taken, Err(ServeError::ArgumentTaken { tool }) if tool == "guests"));
        assert!(list(&guests, &Named::Process, &[]).is_ok());
    }

    #[test]
    fn annotations_and_recovery_follow_from_the_step() {
        let toolbox = Toolbox::new().offer::<open>().offer::<guests>();
        let tools = list(&toolbox, &Named::Process, &[]).expect("a list");
        let hints = |at: usize| tools[at].annotations.clone().expect("annotations");
        let effect = |at: usize| tools[at].meta.clone().expect("meta").0[META_RECOVERY].clone();
        assert_eq!((hints(0).read_only_hint, hints(0).destructive_hint), (Some(false), Some(false)));
        assert_eq!(effect(0)["compensatingOperation"]["operationId"], "close");
        assert_eq!((hints(1).read_only_hint, hints(1).destructive_hint), (Some(true), Some(false)));
        assert!(effect(1).get("strategy").is_none());
    }

    #[test]
    fn an_answer_is_an_output_or_a_receipt() {
        let tools = list(&Toolbox::new().offer::<guests>(), &Named::Process, &[]).expect("a list");
        let schema = tools[0].output_schema.clone().expect("a schema");
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["anyOf"][0]["required"], json!(["result"]));
        assert_eq!(schema["anyOf"][1]["required"], json!(["saga"]));
    }
}
