//! Serves a [`Toolbox`] over MCP, the Model Context Protocol: each tool is a step, and each call of a language model is
//! recorded, recognized when it is sent again, and can be undone.
//!
//! ```no_run
//! use saga::prelude::*;
//! use saga_mcp::{Server, Toolbox};
//! # pub struct Theatre;
//!
//! /// Holds a seat for a guest.
//! #[step(tool, compensate = free_seat(seat), idempotent)]
//! async fn hold_seat(theatre: &Theatre, seat: String) -> Result<String, Failure> {
//!     // …
//! #   let _ = theatre; Ok(seat)
//! }
//! # #[step(retriable, idempotent)]
//! # async fn free_seat(seat: String) -> Result<(), Failure> { let _ = seat; Ok(()) }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let tools = Toolbox::new().offer::<hold_seat>();
//!     let store = SqliteStore::open("desk.db")?;
//!     let runtime = Runtime::builder(store).resource(Theatre).tools(&tools).start().await?;
//!     Server::new(runtime, tools).serve_stdio().await?;
//!     Ok(())
//! }
//! ```
//!
//! # What a call is
//! A call is a step of a session. Its step runs apart from the request that asked for it. A client that cancels, runs
//! out of time, closes its connection or dies therefore stops no step: the step ends, and its outcome is in the journal.
//! The same call, sent again, waits for that step or is answered from the journal. What the same call is, is decided by
//! the step (`#[step(identity(..))]`, or else all its parameters), not by the id of the request.
//!
//! # Which session
//! MCP has no session that identifies an agent. [`Named`] says how a call names its own.
//!
//! # What a model is told
//! - An output is structured content with its text twin. It fits the schema of the tool.
//! - What the model can mend is a tool's error (`isError`): text that says what was found and what is expected.
//! - What is refused for a known reason, or needs a person, is an ordinary result that says so. Some hosts end the
//!   agent's run on the second error of a tool.
//! - A call that takes longer than [`Server::patience`] is answered with a receipt. The step goes on, and the same call,
//!   sent again, waits for it.
//! - Protocol errors are for faults of the protocol, such as the name of a tool that is not there. Hosts end the agent's
//!   run on them.
//!
//! # The server's own tools
//! [`Own`] lists them: `status`, `undo_plan`, `undo`, `commit`, and `begin` where sessions are arguments. A host may
//! [hide](Server::hide) each of them from the model.
//!
//! # How it ends
//! A host closes standard input, and kills the process two seconds later. [`Server::serve_stdio`] ends in less: nothing
//! new begins, the steps that run have a second, and the next process goes on with what is left. SIGTERM and Ctrl-C do
//! the same.

mod answer;
mod call;
mod catalog;
pub mod defaults;
mod end;
mod error;
mod fresh;
mod handler;
mod http;
mod named;
mod own;
mod refusal;
mod schema;
mod server;
mod sessions;
mod stdio;

pub use error::ServeError;
pub use named::{META_SESSION, Named};
pub use own::Own;
pub use server::Server;

/// The tools that a server offers; `saga::tools::Toolbox`.
pub use saga::tools::Toolbox;
