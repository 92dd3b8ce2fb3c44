//! Typed states as JSON, for what `#[saga]` writes. At a site it is `{"at": "charge_card", "state": {…}}`, at an end
//! `{"phase": "completed", "output": …}`. It shows no secrets and is never read back.

use std::fmt;

use saga_core::{Blocker, Cause, Rollback, Timestamp};
use serde::{Serialize, Serializer};

use crate::author::saga::Saga;
use crate::value::recorded::Shown;

#[derive(Serialize)]
struct At<'a, T> {
    at: &'static str,
    state: &'a T,
}

/// Writes the state of a saga that is at `site`.
///
/// # Errors
/// Those of the format.
pub fn at<S: Serializer>(to: S, site: &'static str, state: &impl Serialize) -> Result<S::Ok, S::Error> {
    At { at: site, state }.serialize(to)
}

/// Formats a state as its JSON.
///
/// # Errors
/// Those of the formatter.
pub fn fmt(state: &impl Serialize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match serde_json::to_string(state) {
        Ok(json) => f.write_str(&json),
        Err(error) => write!(f, "{error}"),
    }
}

/// A sleep, a wait for a signal, or a question.
#[derive(Debug, Serialize)]
pub struct Waits<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    until: Option<Timestamp>,
}

impl<'a> Waits<'a> {
    /// Returns a wait that ends then; `None` if it has no limit.
    pub fn new(until: Option<Timestamp>) -> Self {
        Self { name: None, prompt: None, until }
    }

    /// Returns the same wait, for the signal of that name.
    pub fn named(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Returns the same wait, for the answer to that question.
    pub fn asking(self, prompt: &'a str) -> Self {
        Self { prompt: Some(prompt), ..self }
    }
}

/// The state of a saga that is at no site.
#[derive(Serialize)]
#[serde(tag = "phase", rename_all = "snake_case", bound(serialize = ""))]
#[allow(
    missing_docs,
    missing_debug_implementations,
    reason = "they are those of the state that `#[saga]` writes"
)]
pub enum End<'a, S: Saga> {
    Scheduled,
    RollingBack {
        #[serde(serialize_with = "as_text")]
        cause: &'a Cause,
    },
    Completed {
        output: Shown<'a, S::Output>,
    },
    RolledBack {
        #[serde(serialize_with = "as_text")]
        cause: &'a Cause,
        error: Option<Shown<'a, S::Error>>,
        rollback: &'a Rollback,
    },
    DeadLettered {
        blockers: &'a [Blocker],
    },
    Abandoned,
}

/// Serializes as text: a cause may hold the saga's error, and that may hold secrets.
fn as_text<S: Serializer>(cause: &&Cause, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(cause)
}
