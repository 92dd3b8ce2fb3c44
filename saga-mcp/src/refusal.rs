//! What a model is told of a call that has no output.
//!
//! Hosts end an agent's run on a protocol error, and some on the second error of a tool. An error is therefore for what
//! another call mends, and for faults of the program. What is refused for a known reason is an ordinary result.

use std::error::Error;

use rmcp::model::CallToolResult;
use saga::tools::{ToolError, Why};

use crate::answer;
use crate::schema::{NEEDS_PERSON, REFUSED};

/// Returns the answer to a call that has no output.
pub(crate) fn answer(error: &ToolError) -> CallToolResult {
    match error.why() {
        Why::Refused => answer::receipt(REFUSED, error.to_string()),
        Why::NeedsOperator => answer::receipt(NEEDS_PERSON, error.to_string()),
        Why::Internal => {
            tracing::error!(%error, "the call of a tool has failed");
            answer::error(error.to_string())
        }
        // What the model can mend, and what a later version tells apart.
        _ => answer::error(error.to_string()),
    }
}

/// Returns an error with all its sources, in one line.
pub(crate) fn text_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
