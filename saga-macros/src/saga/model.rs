//! A saga as it is meant: its sites, and the variants of its state.

use proc_macro2::Span;
use syn::{Ident, Path};

use crate::names::{pascal, plain};
use crate::saga::body::{Body, Site};
use crate::saga::operand::Kind;
use crate::saga::parse::Asked;
use crate::signature::Function;

/// A saga.
pub(crate) struct Saga {
    pub(crate) name: String,
    pub(crate) saga: Path,
    pub(crate) version: Option<u32>,
    pub(crate) deadline_ms: Option<u64>,
    /// The promise that nothing in it is irreversible: held to when a runtime starts.
    pub(crate) undoable: bool,
    pub(crate) function: Function,
    pub(crate) body: Body,
    /// Whether the body can be rewritten.
    pub(crate) sound: bool,
    pub(crate) state: Ident,
    pub(crate) variants: Vec<Variant>,
}

/// A variant of the state: where the saga may stand.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// The number of its site.
    pub(crate) site: usize,
}

/// The variants that every saga has.
const ENDS: [&str; 7] =
    ["Scheduled", "RollingBack", "Completed", "RolledBack", "DeadLettered", "Abandoned", "Self"];

impl Saga {
    /// What was meant.
    pub(crate) fn of(asked: Asked, function: Function, body: Body, sound: bool) -> Self {
        let state = format!("{}State", pascal(&plain(&function.ident)));
        Self {
            name: asked.name,
            saga: asked.saga,
            version: asked.version,
            deadline_ms: asked.deadline_ms,
            undoable: asked.undoable.is_some(),
            sound,
            state: Ident::new(&state, function.ident.span()),
            variants: variants(&body.sites),
            function,
            body,
        }
    }
}

/// A variant for each site but those of recorded values, at which a saga never stays.
fn variants(sites: &[Site]) -> Vec<Variant> {
    let mut variants: Vec<Variant> = Vec::new();
    for (number, site) in sites.iter().enumerate() {
        if matches!(site.kind, None | Some(Kind::Now | Kind::Uuid)) {
            continue;
        }
        let mut name = pascal(site.name.as_deref().unwrap_or(&site.label));
        if site.occurrence > 1 {
            name.push_str(&site.occurrence.to_string());
        }
        while ENDS.contains(&&*name) || variants.iter().any(|v| v.ident == name) {
            name.push_str("Site");
        }
        // Not the user's own span: the variant is nothing that was written there.
        let ident = Ident::new(&name, Span::call_site().located_at(site.span));
        variants.push(Variant { ident, site: number });
    }
    variants
}
