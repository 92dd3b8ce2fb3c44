//! The server's own tools: looking at a session, ending it, and beginning one.

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::named::Named;
use crate::schema;

/// One of the server's own tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Own {
    /// `begin`: makes a session and gives its id. Offered where sessions are arguments ([`Named::Argument`]).
    Begin,
    /// `status`: the session's phase, its calls, and what they came to.
    Status,
    /// `undo_plan`: what `undo` would undo, in order, what that leaves behind, and what cannot be undone.
    UndoPlan,
    /// `undo`: undoes all that the session did, and ends it.
    Undo,
    /// `commit`: ends the session; what it did stays.
    Commit,
}

impl Own {
    /// All of them, in the order in which they are listed, after the tools of the toolbox.
    pub const ALL: [Own; 5] = [Own::Begin, Own::Status, Own::UndoPlan, Own::Undo, Own::Commit];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Own::Begin => "begin",
            Own::Status => "status",
            Own::UndoPlan => "undo_plan",
            Own::Undo => "undo",
            Own::Commit => "commit",
        }
    }

    /// Returns those that a server offers.
    pub(crate) fn offered(named: &Named, hidden: &[Own]) -> Vec<Own> {
        let begins = *named == Named::Argument;
        Self::ALL.into_iter().filter(|own| !hidden.contains(own) && (begins || *own != Own::Begin)).collect()
    }

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }

    fn description(self) -> &'static str {
        match self {
            Own::Begin => {
                "Begins a session. Call it once, before all other tools, and pass the `session` that it gives to each of them."
            }
            Own::Status => {
                "Shows what this session has done so far: its phase, and each call with what it came to. Call it when you do not know whether a call happened."
            }
            Own::UndoPlan => {
                "Shows what `undo` would undo, in order, what that would leave behind, what cannot be undone, and what waits for `commit` and would not be done. It changes nothing."
            }
            Own::Undo => {
                "Undoes all that this session did, in reverse order, and ends the session. Look at `undo_plan` first."
            }
            Own::Commit => {
                "Ends this session when the work is finished: what it did stays, and what was deferred is done now. Nothing can be called in it after that."
            }
        }
    }

    fn input(self) -> Value {
        let properties = match self {
            Own::Undo => {
                json!({"reason": {"type": "string", "description": "Why, for the people who read the record."}})
            }
            Own::Begin | Own::Status | Own::UndoPlan | Own::Commit => json!({}),
        };
        let required = match self {
            Own::Undo => json!(["reason"]),
            Own::Begin | Own::Status | Own::UndoPlan | Own::Commit => json!([]),
        };
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn output(self) -> Value {
        let text = json!({"type": "string"});
        let list = json!({"type": "array"});
        let (properties, required) = match self {
            Own::Begin => (json!({"session": text}), json!(["session"])),
            Own::Status => {
                (json!({"id": text, "phase": text, "sites": list}), json!(["id", "phase", "sites"]))
            }
            Own::UndoPlan => (
                json!({"entries": list, "irreversible": list, "deferred": list}),
                json!(["entries", "irreversible"]),
            ),
            Own::Undo | Own::Commit => (json!({"ended": text, "left": list}), json!(["ended"])),
        };
        json!({"type": "object", "properties": properties, "required": required})
    }

    fn annotations(self) -> ToolAnnotations {
        let reads = matches!(self, Own::Status | Own::UndoPlan);
        let ends = matches!(self, Own::Undo | Own::Commit);
        ToolAnnotations::new()
            .read_only(reads)
            .destructive(ends)
            .idempotent(self != Own::Begin)
            .open_world(false)
    }

    pub(crate) fn tool(self, named: &Named) -> Tool {
        let mut input = self.input();
        if *named == Named::Argument && self != Own::Begin {
            schema::add_session(&mut input);
        }
        Tool::new(self.name(), self.description(), schema::object(input))
            .with_raw_output_schema(schema::object(schema::answer(self.output())))
            .with_annotations(self.annotations())
    }
}
