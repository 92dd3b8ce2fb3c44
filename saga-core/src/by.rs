//! Operators' acts: author, reason, id, and the last record that the author had seen.

use serde::{Deserialize, Serialize};

use crate::{ActId, Seq};

/// The author of an act, and the reason; also the act's id and the last record that the author had seen, where known.
///
/// ```
/// use saga_core::{ActId, By};
///
/// let by = By::new("Ann", "the bank is open again").with_act(ActId::new("click-17")?).having_seen(41);
/// assert_eq!(by.to_string(), "Ann (the bank is open again)");
/// # Ok::<(), saga_core::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct By {
    /// The author: a person or a program.
    pub who: String,
    /// The reason, in the author's words.
    pub why: String,
    /// The act's id: a repeat under the same id gets the first answer. `None`: each repeat is a new act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ActId>,
    /// The last record that the author had seen: the act is refused if the saga has changed since. `None`: the act
    /// applies to the present state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seq>,
}

impl By {
    /// Returns an act by the author `who`, for the reason `why`.
    pub fn new(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self { who: who.into(), why: why.into(), act: None, seen: None }
    }

    /// Sets the act's id. Its sender chooses the id once and repeats it with each retry: after a second click, or after
    /// a request without an answer.
    pub fn with_act(self, act: ActId) -> Self {
        Self { act: Some(act), ..self }
    }

    /// Records that `seen` is the last record the author had seen, as given by
    /// [`State::last_seq`](crate::State::last_seq) and [`DeadLetter::seq`](crate::DeadLetter::seq).
    pub fn having_seen(self, seen: Seq) -> Self {
        Self { seen: Some(seen), ..self }
    }
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.who, self.why)
    }
}

/// A kind of operator's act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActKind {
    /// Stop the saga and roll it back.
    Cancel,
    /// Answer a question with yes.
    Approve,
    /// Answer a question with no.
    Deny,
    /// Undo it after it completed.
    Undo,
    /// Redrive a dead letter.
    Redrive,
    /// State what is known of an effect.
    Resolve,
    /// Declare a compensation not needed.
    Waive,
    /// Roll a dead letter back.
    RollBack,
    /// Close a dead letter as it is.
    Abandon,
    /// End all backoffs.
    RetryNow,
}

impl std::fmt::Display for ActKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ActKind::Cancel => "cancel",
            ActKind::Approve => "approve",
            ActKind::Deny => "deny",
            ActKind::Undo => "undo",
            ActKind::Redrive => "redrive",
            ActKind::Resolve => "resolve",
            ActKind::Waive => "waive",
            ActKind::RollBack => "roll back",
            ActKind::Abandon => "abandon",
            ActKind::RetryNow => "retry now",
        })
    }
}
