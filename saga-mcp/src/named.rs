//! Which session a call belongs to.

use std::borrow::Cow;

use rmcp::model::{JsonObject, RequestMetaObject};
use serde_json::Value;

/// A `_meta` key by which a host may name sessions: see [`Named::Meta`]. The result of each call has it as well.
pub const META_SESSION: &str = "io.github.saga-rs/session";

/// The argument by which calls name sessions.
pub(crate) const ARGUMENT: &str = "session";

/// How a call names its session. In MCP 2026-07-28 there is neither a handshake nor a protocol session, and some hosts
/// start a process for each call. A connection therefore never names one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Named {
    /// One session, made by the first call, for all calls of this process: the default. For hosts that start one process
    /// for each agent. The id is in the `_meta` of each result, and `status` gives it.
    Process,
    /// The session of this id, for all calls of this process: what a program gets as `--session ID`. A process that starts
    /// again goes on with it.
    Fixed(Cow<'static, str>),
    /// By this key in the `_meta` of each call, such as [`META_SESSION`]. The host sets it, and the model does not see it.
    /// A call without it is refused as a fault of the protocol.
    Meta(Cow<'static, str>),
    /// By an argument `session`, which is added to the schema of each tool. The tool `begin` makes a session and gives
    /// its id to the model.
    Argument,
}

/// The name of its session that a call gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It belongs to the session of this id, which is opened if it is new.
    Session(String),
    /// It belongs to the session of this id, which `begin` has given out.
    GivenOut(String),
    /// The model has not said which, or has said it wrongly: text for it.
    Unsaid(String),
    /// The host has not said which: text for its author.
    Fault(String),
}

impl Named {
    /// Reads the session off a call, and takes it out of the arguments. `process` is the session of the process.
    pub(crate) fn of(&self, process: &str, meta: &RequestMetaObject, arguments: &mut JsonObject) -> Said {
        match self {
            Named::Process => Said::Session(process.to_owned()),
            Named::Fixed(id) => Said::Session(id.clone().into_owned()),
            Named::Meta(key) => match meta.get(&**key) {
                Some(Value::String(id)) => Said::Session(id.clone()),
                Some(other) => {
                    Said::Fault(format!("`_meta[\"{key}\"]` is {other}, and the id of a session is expected"))
                }
                None => Said::Fault(format!(
                    "the call has no `_meta[\"{key}\"]`, by which the host names the session"
                )),
            },
            Named::Argument => match arguments.remove(ARGUMENT) {
                Some(Value::String(id)) => Said::GivenOut(id),
                Some(other) => {
                    Said::Unsaid(format!("`session` is {other}, and the text that `begin` gave is expected"))
                }
                None => Said::Unsaid(
                    "`session` is missing: pass the text that `begin` gave, or call `begin` first".into(),
                ),
            },
        }
    }
}
