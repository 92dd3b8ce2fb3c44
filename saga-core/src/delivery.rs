//! What comes to a saga from outside: signals, answers, and operators' acts.

use crate::by::{ActKind, By};
use crate::record::Knowledge;
use crate::{ActId, Payload, Role, SitePath};

/// A signal, an answer or an operator's act, on its way to a saga.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Delivery {
    /// Stop and roll back.
    Cancel {
        /// The author of the act, and the reason.
        by: By,
    },
    /// Take this signal.
    Signal {
        /// The sender's id for it.
        id: String,
        /// The signal's name.
        name: String,
        /// The signal's value.
        payload: Payload,
    },
    /// Answer the question at `site`, or the only open one.
    Answer {
        /// The site of the question; `None` if only one is open.
        site: Option<SitePath>,
        /// Yes or no.
        approved: bool,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Undo the completed saga, from the step at `site` on, or whole.
    Undo {
        /// The step from which on the saga is undone; `None` for the whole saga.
        site: Option<SitePath>,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Send a dead letter on in its direction, with fresh attempts.
    Redrive {
        /// Only this site.
        site: Option<SitePath>,
        /// The input in place of the recorded one; `None` to keep that.
        input: Option<Payload>,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Say what is known of an effect.
    Resolve {
        /// The site of the step.
        site: SitePath,
        /// Step or compensation.
        role: Role,
        /// The operator's statement on the effect.
        knowledge: Knowledge,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Declare a compensation not needed.
    Waive {
        /// Of the step here.
        site: SitePath,
        /// The author of the act, and the reason.
        by: By,
    },
    /// Resume: a caller has the session open. Nothing is recorded.
    Open {},
    /// Roll back a dead letter, or a session.
    RollBack {
        /// The author of the act, and the reason.
        by: By,
    },
    /// Close a dead letter as it is.
    Abandon {
        /// The author of the act, and the reason.
        by: By,
    },
    /// End all backoffs.
    RetryNow {
        /// The author of the act, and the reason.
        by: By,
    },
}

impl Delivery {
    /// Returns the kind's name, as it stands in an inbox.
    pub fn kind(&self) -> &'static str {
        match self {
            Delivery::Cancel { .. } => "cancel",
            Delivery::Signal { .. } => "signal",
            Delivery::Answer { .. } => "answer",
            Delivery::Undo { .. } => "undo",
            Delivery::Redrive { .. } => "redrive",
            Delivery::Resolve { .. } => "resolve",
            Delivery::Waive { .. } => "waive",
            Delivery::Open {} => "open",
            Delivery::RollBack { .. } => "roll_back",
            Delivery::Abandon { .. } => "abandon",
            Delivery::RetryNow { .. } => "retry_now",
        }
    }

    /// Returns the kind, the site and the author of an operator's act; `None` for a signal, which has an id of its own, and
    /// for what records nothing.
    pub fn act(&self) -> Option<(ActKind, Option<&SitePath>, &By)> {
        Some(match self {
            Delivery::Cancel { by } => (ActKind::Cancel, None, by),
            Delivery::Signal { .. } | Delivery::Open {} => return None,
            Delivery::Answer { site, approved: true, by } => (ActKind::Approve, site.as_ref(), by),
            Delivery::Answer { site, approved: false, by } => (ActKind::Deny, site.as_ref(), by),
            // From where is not in the record of it.
            Delivery::Undo { by, .. } => (ActKind::Undo, None, by),
            Delivery::Redrive { site, by, .. } => (ActKind::Redrive, site.as_ref(), by),
            Delivery::Resolve { site, by, .. } => (ActKind::Resolve, Some(site), by),
            Delivery::Waive { site, by } => (ActKind::Waive, Some(site), by),
            Delivery::RollBack { by } => (ActKind::RollBack, None, by),
            Delivery::Abandon { by } => (ActKind::Abandon, None, by),
            Delivery::RetryNow { by } => (ActKind::RetryNow, None, by),
        })
    }

    /// Returns the same with an id made up by `draw`, unless its author has given it one, or it is a signal.
    pub fn identified(mut self, draw: impl FnOnce() -> u128) -> Self {
        if let Some(by) = self.by_mut() {
            by.act.get_or_insert_with(|| ActId::random(draw()));
        }
        self
    }

    /// Returns the same under this id, unless it is a signal.
    pub fn with_act(mut self, act: ActId) -> Self {
        if let Some(by) = self.by_mut() {
            by.act = Some(act);
        }
        self
    }

    /// Returns the same, its author having seen the records up to `seen`, unless the author says so already.
    pub fn having_seen(mut self, seen: crate::Seq) -> Self {
        if let Some(by) = self.by_mut() {
            by.seen.get_or_insert(seen);
        }
        self
    }

    fn by_mut(&mut self) -> Option<&mut By> {
        match self {
            Delivery::Signal { .. } | Delivery::Open {} => None,
            Delivery::Cancel { by }
            | Delivery::Answer { by, .. }
            | Delivery::Undo { by, .. }
            | Delivery::Redrive { by, .. }
            | Delivery::Resolve { by, .. }
            | Delivery::Waive { by, .. }
            | Delivery::RollBack { by }
            | Delivery::Abandon { by }
            | Delivery::RetryNow { by } => Some(by),
        }
    }
}
