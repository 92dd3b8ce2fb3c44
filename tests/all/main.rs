//! The tests of the facade, in one program: a module for each thing that is held.
//!
//! Apart from it are `tests/growth.rs`, `tests/macros_ui.rs` and `tests/mended.rs`, which say why.

mod example;
mod purse;

#[cfg(feature = "sqlite")]
mod book_trip;
mod codec_outage;
mod commit;
mod conclusive;
mod defaults_page;
#[cfg(feature = "sqlite")]
mod deploy;
mod drops;
mod durable_commits;
mod graph;
mod handles;
mod json;
mod key_namespace;
mod macros_body;
mod macros_by_hand;
mod macros_flow;
// Public, so that lints about what is public apply to what the macros write there.
pub mod macros_hygiene;
pub mod macros_question;
pub mod macros_recorded;
pub mod macros_saga;
pub mod macros_step;
mod matrix;
mod matrix_bugs;
mod matrix_residue;
mod older_file;
mod panics;
mod replay;
mod scenarios_page;
mod secrets;
mod sessions;
mod testing_page;
mod tools;
mod values;
mod values_change;
mod values_page;
