//! The untyped state of a saga as JSON, for screens and services. It shows no secrets and is never read back.

use saga_core::{Blocker, Name, Phase, Rollback, SagaId, SitePath};
use serde::{Serialize, Serializer};

use super::StateView;

#[derive(Serialize)]
struct ViewJson<'a> {
    id: &'a SagaId,
    saga: Option<&'a Name>,
    version: Option<u32>,
    phase: Phase,
    sites: Vec<SiteJson<'a>>,
    blockers: Vec<&'a Blocker>,
    rollback: Rollback,
}

#[derive(Serialize)]
struct SiteJson<'a> {
    site: &'a SitePath,
    /// What is recorded there, in words.
    is: String,
}

impl Serialize for StateView {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (state, head) = (&self.state, self.state.head());
        let is_inside = |site: &SitePath| {
            self.child.as_ref().is_none_or(|child| self.place_in(Some(child), site).is_some())
        };
        let sites = state.sites().filter(|(site, _)| is_inside(site));
        let json = ViewJson {
            id: state.id(),
            saga: head.map(|head| &head.saga),
            version: head.map(|head| head.version),
            phase: state.phase(),
            sites: sites.map(|(site, at)| SiteJson { site, is: at.describe() }).collect(),
            blockers: state.blockers().collect(),
            rollback: state.rollback(),
        };
        json.serialize(to)
    }
}
