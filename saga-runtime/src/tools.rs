//! Steps as tools that a language model calls by name with JSON: what is offered, how it is described, and how JSON from
//! outside becomes a recorded input.

pub(crate) mod described;
pub(crate) mod schema;
pub(crate) mod tool;
pub(crate) mod toolbox;
