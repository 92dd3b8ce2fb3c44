//! A customer desk: a shop with a database of its own, the tools that act on it, and a model that calls them badly.
//!
//! The tools are ordinary `async fn`s under `#[step(tool, …)]`. A session records each call, makes it once, and can take
//! all of them back; mails and refunds wait for its commit. The shop knows nothing of that, and the model neither.

pub mod model;
pub mod shop;
pub mod tools;
