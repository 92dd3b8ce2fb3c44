//! What the tests of the machine share: a saga driven by hand, random programs and their world, and the rules that hold
//! in it.

pub(crate) mod body;
mod brief;
pub(crate) mod desk;
pub(crate) mod program;
pub(crate) mod rules;
pub(crate) mod world;
