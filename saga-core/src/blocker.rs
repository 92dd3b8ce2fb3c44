//! What keeps a dead letter from going on.

use serde::Serialize;

use crate::{Reason, Role, SitePath};

/// A place at which a saga can go no further without a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Blocker {
    /// The site; `None` if the body as a whole is meant.
    pub site: Option<SitePath>,
    /// The side of the step.
    pub role: Role,
    /// The reason for which a person is needed.
    pub reason: Reason,
    /// The observation behind the reason, in words.
    pub detail: String,
}

impl Blocker {
    /// Returns true if the body stands before the output of the step at `site`, which is lost or cannot be read.
    pub(crate) fn is_about_output_of(&self, site: &SitePath) -> bool {
        matches!(self.reason, Reason::OutputLost | Reason::Undecodable) && self.site.as_ref() == Some(site)
    }
}
