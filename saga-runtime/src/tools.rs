//! Steps as tools that a language model calls by name with JSON: what is offered, how it is described, and how JSON from
//! outside becomes a recorded input.

pub(crate) mod call;
pub(crate) mod described;
pub(crate) mod error;
pub(crate) mod given;
pub(crate) mod nearest;
pub(crate) mod outside;
pub(crate) mod problem;
pub(crate) mod read;
pub(crate) mod schema;
pub(crate) mod tool;
pub(crate) mod toolbox;
