//! The steps that are offered to agents, in a fixed order, each with all that a server of tools has to know.

use std::time::Duration;

use saga_core::Kind;
use serde_json::Value;

use crate::author::step::{Step, Undo};
use crate::operate::runtime::Builder;
use crate::replay::registry::Registry;
use crate::tools::described::Describing;
use crate::tools::tool::Tool;

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
    /// The names of those that were offered more than once.
    repeated: Vec<&'static str>,
    register: Vec<fn(&mut Registry)>,
}

/// A step that is offered to agents, as they see it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OfferedTool {
    /// The recorded name of the step.
    pub name: &'static str,
    /// What it does and when to call it: the doc comment of the step.
    pub description: String,
    /// What it takes, as JSON Schema 2020-12: an object that admits no other members than those it names.
    pub input_schema: Value,
    /// What it gives, as JSON Schema 2020-12: an object. An output that is none stands in it as `result`.
    pub output_schema: Value,
    /// What it does to the world, as hints for hosts. They follow from the step, so that they are true.
    pub hints: Hints,
    /// How it is undone.
    pub recovery: Recovery,
}

/// What a tool does to the world.
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
    /// Whether it is undone by a compensation, by nothing, or has no effect.
    pub kind: Kind,
    /// The recorded name of the step that undoes it.
    pub undone_by: Option<&'static str>,
    /// For how long after it is done it can be undone; `None` if there is no limit.
    pub undo_within: Option<Duration>,
    /// What an undo leaves behind, in words.
    pub leaves: Option<&'static str>,
}

impl Toolbox {
    /// Returns an empty toolbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// Offers a step. A runtime with a toolbox that offers one twice does not start.
    pub fn offer<T: Tool>(mut self) -> Self {
        match self.find(T::NAME) {
            Some(_) => self.repeated.push(T::NAME),
            None => self.tools.push(OfferedTool::of::<T>()),
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
}

impl OfferedTool {
    fn of<T: Tool>() -> Self {
        let mut described = Describing::new();
        T::describe(&mut described);
        let (output_schema, _) = described.output();
        let kind = <T as Step>::Undo::KIND;
        Self {
            name: T::NAME,
            description: T::DESCRIPTION.trim().to_owned(),
            input_schema: described.input(),
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
            },
        }
    }
}

impl Builder {
    /// Adds the steps that a toolbox offers, with what they name.
    pub fn tools(mut self, toolbox: &Toolbox) -> Self {
        toolbox.register.iter().for_each(|register| register(&mut self.registry));
        toolbox.repeated.iter().for_each(|name| self.registry.refuse_repeated_tool(name));
        self.knows_sessions();
        self
    }
}
