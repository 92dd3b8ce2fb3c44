//! What all other parts stand on: values and how they are recorded, time and randomness, texts, the context of a step.

pub(crate) mod class;
pub(crate) mod clock;
pub mod defaults;
pub(crate) mod encoding;
pub mod fields;
pub(crate) mod guard;
#[cfg_attr(not(feature = "test"), expect(dead_code, reason = "only a test kit interferes"))]
pub(crate) mod interference;
pub(crate) mod journal;
#[cfg(feature = "test")]
pub(crate) mod made_up;
pub(crate) mod outages;
pub(crate) mod panics;
pub(crate) mod pause;
pub(crate) mod recorded;
pub(crate) mod resources;
#[cfg_attr(not(feature = "test"), expect(dead_code, reason = "only a test kit interferes"))]
pub(crate) mod samples;
#[cfg(feature = "test")]
pub(crate) mod shape;
pub(crate) mod small_set;
pub(crate) mod step_context;
pub(crate) mod stopping;
pub(crate) mod surroundings;
pub(crate) mod sync;
pub(crate) mod text;
