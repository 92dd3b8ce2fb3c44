//! Recorded places in a saga's run, and the order between them. A site is a path of segments. The order of two effects
//! follows from their sites and sequence numbers alone, so a rollback needs none of the saga's code.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A recorded place in a saga's run. `hold#2[3]` is the second `hold` in the text, in the fourth turn of its loop;
/// `all.1/hold` is in branch 1 of an `all`; `book_hotel/hold` is in a child saga. Cheap to clone.
///
/// ```
/// use saga_core::SitePath;
/// let site = SitePath::from("book_hotel/hold#2[3]");
/// assert_eq!(site.segments().collect::<Vec<_>>(), ["book_hotel", "hold#2[3]"]);
/// ```
#[derive(Clone, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SitePath(Arc<str>);

impl PartialEq for SitePath {
    fn eq(&self, other: &Self) -> bool {
        // Most equal sites are clones of each other.
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for SitePath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl SitePath {
    /// Returns the site as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if this site is `prefix` or is inside it.
    ///
    /// ```
    /// # use saga_core::SitePath;
    /// assert!(SitePath::from("hotel/hold").within("hotel"));
    /// assert!(!SitePath::from("hotel2/hold").within("hotel"));
    /// ```
    pub fn within(&self, prefix: &str) -> bool {
        match self.0.strip_prefix(prefix) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }

    /// Returns true if both are in different branches of one `all`; then neither happened before the other.
    ///
    /// ```
    /// # use saga_core::SitePath;
    /// let (a, b) = (SitePath::from("all[2].0/hold"), SitePath::from("all[2].1/hold"));
    /// assert!(a.concurrent_with(&b));
    /// assert!(!a.concurrent_with(&SitePath::from("all[3].1/hold")));
    /// ```
    pub fn concurrent_with(&self, other: &SitePath) -> bool {
        let mut ours = self.0.split('/');
        let mut theirs = other.0.split('/');
        loop {
            match (ours.next(), theirs.next()) {
                (Some(a), Some(b)) if a == b => {}
                (Some(a), Some(b)) => {
                    return match (branch_of(a), branch_of(b)) {
                        (Some((fork_a, _)), Some((fork_b, _))) => fork_a == fork_b,
                        _ => false,
                    };
                }
                _ => return false,
            }
        }
    }

    /// Returns the sites around it, outermost first, and then the site itself, as text.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        let ends = self.0.match_indices('/').map(|(at, _)| at).chain([self.0.len()]);
        ends.map(|end| &self.0[..end])
    }

    /// Returns the branches of `all` that it is in, as text, outermost first.
    ///
    /// ```
    /// # use saga_core::SitePath;
    /// let site = SitePath::from("all.1/hotel/all[2].0/hold");
    /// assert!(site.branches().eq(["all.1", "all.1/hotel/all[2].0"]));
    /// ```
    pub fn branches(&self) -> impl Iterator<Item = &str> {
        let last = |prefix: &str| prefix.rsplit('/').next().is_some_and(|last| branch_of(last).is_some());
        self.prefixes().filter(move |prefix| last(prefix))
    }

    /// Returns the segments, outermost first.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

/// Splits the segment of a branch into fork and number: `all[2].1` is branch 1 of the fork `all[2]`.
pub(crate) fn branch_of(segment: &str) -> Option<(&str, &str)> {
    segment.rsplit_once('.').filter(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()))
}

impl From<&str> for SitePath {
    fn from(site: &str) -> Self {
        Self(site.into())
    }
}

impl From<String> for SitePath {
    fn from(site: String) -> Self {
        Self(site.into())
    }
}

impl std::borrow::Borrow<str> for SitePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
