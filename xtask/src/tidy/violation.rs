//! A violation of a rule: its place, the problem, and the correction.

use std::fmt;

/// One finding of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Violation {
    pub(super) path: String,
    /// Counted from one.
    pub(super) line: usize,
    pub(super) rule: &'static str,
    pub(super) what: String,
    pub(super) fix: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, what, fix } = self;
        write!(f, "{path}:{line}: {rule}: {what}\n    fix: {fix}")
    }
}
