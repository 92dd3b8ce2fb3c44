//! The steps that are offered to agents, in a fixed order, each with all that a server of tools has to know.

use std::time::Duration;

use saga_core::Kind;
use serde_json::Value;

use crate::author::step::{Effort, Step, Undo};
use crate::operate::runtime::Builder;
use crate::replay::registry::{Refused, Registry};
use crate::tools::call::{CallByName, call, receipt};
use crate::tools::described::Describing;
use crate::tools::error::ToolError;
use crate::tools::given::Given;
use crate::tools::nearest::nearest;
use crate::tools::problem::Problem;
use crate::tools::read::Reader;
use crate::tools::schema::{Patterns, checked};
use crate::tools::tool::Tool;
use crate::value::recorded::Read;

/// The steps that are offered to agents, in the order in which they were offered.
///
/// ```
/// use saga::prelude::*;
/// use saga::tools::Toolbox;
///
/// /// Holds a seat. Call it once for each seat that the customer asks for.
/// #[step(tool, compensate = release_seat(seat), idempotent, leaves = "a fee of 2 euros", undo_within = "24h")]
/// async fn hold_seat(
///     /// The seat, such as "12A".
///     seat: String,
/// ) -> Result<u32, Failure> {
///     Ok(seat.len() as u32)
/// }
///
/// #[step(retriable, idempotent)]
/// async fn release_seat(seat: String) -> Result<(), Failure> {
///     println!("{seat} is free");
///     Ok(())
/// }
///
/// let toolbox = Toolbox::new().offer::<hold_seat>();
/// let tool = toolbox.find("hold_seat").expect("it is offered");
/// assert_eq!(tool.description, "Holds a seat. Call it once for each seat that the customer asks for.");
/// assert_eq!(tool.input_schema["properties"]["seat"]["description"], "The seat, such as \"12A\".");
/// assert_eq!(tool.recovery.undone_by, Some("release_seat"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a toolbox offers nothing before it is given to a runtime"]
pub struct Toolbox {
    tools: Vec<OfferedTool>,
    /// The reason for which a runtime with it does not start.
    refused: Vec<Refused>,
    register: Vec<fn(&mut Registry)>,
}

/// A step that is offered to agents, as they see it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OfferedTool {
    /// The recorded name of the step.
    pub name: &'static str,
    /// The doc comment of the step: its purpose, and when to call it.
    pub description: String,
    /// The schema of its input (JSON Schema 2020-12): an object that admits no other members than those it names.
    pub input_schema: Value,
    /// The schema of its result (JSON Schema 2020-12): an object. An output that is not an object is its member `result`.
    pub output_schema: Value,
    /// Hints for hosts on its effect. They follow from the step, so they are true.
    pub hints: Hints,
    /// How it is undone.
    pub recovery: Recovery,
    patterns: Patterns,
    decode: fn(&str) -> Result<(), String>,
    /// True if the output is the member `result` of what is given.
    pub(crate) wrapped: bool,
    pub(crate) call: CallByName,
}

/// The effect of a tool, as hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hints {
    /// It has no effect.
    pub read_only: bool,
    /// Nothing undoes it.
    pub destructive: bool,
    /// Doing it twice is as doing it once, whatever session the repeat is in.
    pub idempotent: bool,
}

/// How a tool is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// The way in which it is undone.
    pub kind: Kind,
    /// The recorded name of the step that undoes it.
    pub undone_by: Option<&'static str>,
    /// For how long after it is done it can be undone; `None` if there is no limit.
    pub undo_within: Option<Duration>,
    /// The residue of an undo, in words.
    pub leaves: Option<&'static str>,
    /// The parameters by which a repeat of a call is recognized; if empty, all of them.
    pub identity: &'static [&'static str],
}

impl Toolbox {
    /// Returns an empty toolbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// Offers a step. A runtime does not start with a toolbox that offers one twice, or one with a schema that says what
    /// is not checked.
    pub fn offer<T: Tool>(mut self) -> Self {
        if self.find(T::NAME).is_some() {
            self.refused.push(Refused::Repeated { name: T::NAME });
        } else {
            let (tool, refused) = OfferedTool::of::<T>();
            self.tools.push(tool);
            self.refused.extend(refused);
        }
        self.register.push(Registry::step::<T>);
        self
    }

    /// Returns the tools, in the order in which they were offered.
    pub fn tools(&self) -> impl ExactSizeIterator<Item = &OfferedTool> {
        self.tools.iter()
    }

    /// Returns the tool of that name.
    pub fn find(&self, name: &str) -> Option<&OfferedTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Checks the arguments of a call, and calls nothing.
    ///
    /// # Errors
    /// Those of the name and the arguments, as a call would give them.
    pub fn check(&self, name: &str, arguments: &Value) -> Result<(), ToolError> {
        self.read(name, arguments).map(drop)
    }

    /// Returns the tool of that name, and its arguments as its step reads them.
    pub(crate) fn read(&self, name: &str, arguments: &Value) -> Result<(&OfferedTool, String), ToolError> {
        let tool = self.find(name).ok_or_else(|| {
            let tools: Vec<&'static str> = self.tools.iter().map(|tool| tool.name).collect();
            ToolError::Unknown { name: name.to_owned(), nearest: nearest(name, tools.iter().copied()), tools }
        })?;
        let read = tool.read(arguments);
        read.map(|json| (tool, json)).map_err(|problems| ToolError::Arguments { tool: tool.name, problems })
    }
}

impl OfferedTool {
    fn of<T: Tool>() -> (Self, Option<Refused>) {
        let mut described = Describing::new();
        T::describe(&mut described);
        let kind = <T as Step>::Undo::KIND;
        let deferred = kind == Kind::Irreversible && <T as Step>::Effort::RETRIABLE;
        let (output_schema, wrapped) = if deferred { (receipt(), false) } else { described.output() };
        let input_schema = described.input();
        let (patterns, unchecked) = checked(&input_schema);
        let refused = unchecked.map(|what| Refused::Schema { name: T::NAME, at: what.at, why: what.why });
        let tool = Self {
            name: T::NAME,
            description: T::DESCRIPTION.trim().to_owned(),
            input_schema,
            output_schema,
            hints: Hints {
                read_only: kind == Kind::Readonly,
                destructive: kind == Kind::Irreversible,
                idempotent: T::IDEMPOTENT,
            },
            recovery: Recovery {
                kind,
                undone_by: T::UNDONE_BY,
                undo_within: T::UNDO_WITHIN,
                leaves: T::LEAVES,
                identity: T::IDENTITY,
            },
            patterns,
            decode: |json| decoded::<T>(json).map(drop),
            wrapped,
            call: call::<T>,
        };
        (tool, refused)
    }

    /// Returns the arguments as JSON that the step reads, its integers written as such.
    fn read(&self, arguments: &Value) -> Result<String, Vec<Problem>> {
        let mut given = Given::from(arguments);
        let read = Reader::new(&self.input_schema, &self.patterns).read(&mut given, &self.input_schema, "");
        if !read.problems.is_empty() {
            return Err(read.problems);
        }
        let json = given.to_json();
        // What the schema does not say, such as that a text is a date.
        let refused = |message| vec![Problem { at: String::new(), message }];
        (self.decode)(&json).map_err(refused)?;
        Ok(json)
    }
}

/// Reads an input.
pub(crate) fn decoded<T: Step>(json: &str) -> Result<T::Input, String> {
    let read: Result<Read<T::Input>, _> = serde_json::from_str(json);
    read.map(|Read(input)| input).map_err(|error| {
        // The arguments were sent as a tree: they have no lines.
        let text = error.to_string();
        text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
    })
}

impl Builder {
    /// Adds the steps that a toolbox offers, with what they name.
    pub fn tools(mut self, toolbox: &Toolbox) -> Self {
        toolbox.register.iter().for_each(|register| register(&mut self.registry));
        toolbox.refused.iter().for_each(|refused| self.registry.refuse_tool(refused.clone()));
        self.knows_sessions();
        self
    }
}
