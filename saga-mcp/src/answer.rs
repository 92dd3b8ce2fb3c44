//! What a model is told of a call.
//!
//! An error has text and no structured content: the TypeScript SDK checks that against the output schema, and the text of
//! the error is lost. Every other answer fits the schema, which therefore admits a receipt beside the output.

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json};

use crate::named::META_SESSION;
use crate::schema::RECEIPT;

/// Returns the answer to a call that has an output.
pub(crate) fn output(output: Value) -> CallToolResult {
    CallToolResult::structured(output)
}

/// Returns a receipt: an ordinary result that says why there is no output, and what to do.
pub(crate) fn receipt(state: &str, say: impl Into<String>) -> CallToolResult {
    CallToolResult::structured(json!({RECEIPT: {"state": state, "say": say.into()}}))
}

/// Returns the answer to a call that the model can mend, or should know not to repeat.
pub(crate) fn error(text: impl Into<String>) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// Adds the session to an answer, for the host.
pub(crate) fn of_session(answer: CallToolResult, session: &str) -> CallToolResult {
    let mut meta = MetaObject::new();
    meta.0.insert(META_SESSION.to_owned(), session.into());
    answer.with_meta(Some(meta))
}
