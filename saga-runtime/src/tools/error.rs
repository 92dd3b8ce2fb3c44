//! Why a call by name has no result.

use std::fmt;

use crate::tools::problem::Problem;

/// The reason for which a call by name has no result. Its text is for a language model: one line for each mistake, each with what to write
/// instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// No tool of that name is offered.
    #[error("there is no tool {name:?}{}; the tools are {}", Meant(.nearest), .tools.join(", "))]
    Unknown {
        /// The name that was given.
        name: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
        /// All tools that are offered.
        tools: Vec<&'static str>,
    },
    /// The arguments are not what the tool's schema says. Nothing was called.
    #[error("{tool} was not called:\n{}", Lines(.problems))]
    Arguments {
        /// The tool.
        tool: &'static str,
        /// The mistakes in them; not empty.
        problems: Vec<Problem>,
    },
    /// The call has no output.
    #[error("{tool}: {message}")]
    Failed {
        /// The tool.
        tool: &'static str,
        /// The class of the failure.
        why: Why,
        /// The text for the model: what happened, and what to do.
        message: String,
    },
}

/// The class of an error, for the caller of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The model can mend it: with other arguments, or another tool.
    Mendable,
    /// It is refused for a known reason, which is not in the arguments.
    Refused,
    /// A person has to act before the session goes on.
    NeedsOperator,
    /// A fault of the program or of what it runs on.
    Internal,
}

impl ToolError {
    /// Returns what it is to the caller.
    pub fn why(&self) -> Why {
        match self {
            ToolError::Unknown { .. } | ToolError::Arguments { .. } => Why::Mendable,
            ToolError::Failed { why, .. } => *why,
        }
    }
}

/// The reason for which a call has no output, whatever the tool.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) why: Why,
    pub(crate) message: String,
}

/// The name that was probably meant, in a message.
struct Meant<'a>(&'a Option<&'static str>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |meant| write!(f, "; did you mean `{meant}`?"))
    }
}

/// Problems, one a line.
struct Lines<'a>(&'a [Problem]);

/// So many problems are said at once.
const LINES_MAX: usize = 10;

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().take(LINES_MAX).enumerate() {
            let end = if at > 0 { "\n" } else { "" };
            write!(f, "{end}- {problem}")?;
        }
        match self.0.len().saturating_sub(LINES_MAX) {
            0 => Ok(()),
            more => write!(f, "\n- and {more} more"),
        }
    }
}
