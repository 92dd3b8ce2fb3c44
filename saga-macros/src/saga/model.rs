//! A saga as it is meant: its sites, and the variants of its state.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::{Ident, Path, Type, parse_quote};

use crate::names::{pascal, plain};
use crate::saga::body::{AwaitPoint, Body};
use crate::saga::flow::{self, Flow};
use crate::saga::operand::Kind;
use crate::saga::parse::Asked;
use crate::saga::signals::signals;
use crate::signature::Function;

/// A saga, checked: all that its expansion needs.
pub(crate) struct Saga {
    pub(crate) name: String,
    pub(crate) saga: Path,
    /// What expansions name of it, by an alias that stands at the top of the block: short, because it is named often.
    pub(crate) here: Path,
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
    /// The distinct paths that are called, in the order of the text.
    pub(crate) callees: Vec<Path>,
    /// The types of its signals, each with the number of its site.
    pub(crate) signals: Vec<(usize, Type)>,
    /// For each site the number of what is called there, if it is a single call.
    pub(crate) called: Vec<Option<usize>>,
    /// Where control goes; `None` if the body is not sound.
    pub(crate) flow: Option<Flow>,
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
    /// Combines the checked parts.
    pub(crate) fn of(asked: Asked, function: Function, body: Body, sound: bool) -> Self {
        let fails: Vec<bool> = body.sites.iter().map(|s| s.kind.as_ref().is_some_and(may_fail)).collect();
        let (callees, called) = callees(&body.sites);
        let state = format!("{}State", pascal(&plain(&function.ident)));
        Self {
            name: asked.name,
            saga: asked.saga,
            here: parse_quote!(__saga),
            version: asked.version,
            deadline_ms: asked.deadline_ms,
            undoable: asked.undoable.is_some(),
            sound,
            state: Ident::new(&state, function.ident.span()),
            variants: variants(&body.sites),
            callees,
            signals: signals(&function.block, &body.sites),
            called,
            flow: sound.then(|| flow::follow(&function, &fails)),
            function,
            body,
        }
    }
}

/// Returns true if awaiting it may give a failure, as far as the syntax shows.
fn may_fail(kind: &Kind) -> bool {
    !matches!(kind, Kind::Sleep | Kind::Now | Kind::Uuid | Kind::Deferred(..))
}

/// Returns the paths that are called at the sites and in their branches, each once.
fn callees(sites: &[AwaitPoint]) -> (Vec<Path>, Vec<Option<usize>>) {
    let (mut callees, mut numbers) = (Vec::new(), HashMap::new());
    let mut called = Vec::new();
    for kind in sites.iter().map(|site| site.kind.as_ref()) {
        let mut last = None;
        for path in kind.map(Kind::paths).unwrap_or_default() {
            let number = *numbers.entry(path.to_token_stream().to_string()).or_insert_with(|| {
                callees.push(path.clone());
                callees.len() - 1
            });
            last = Some(number);
        }
        called.push(last.filter(|_| matches!(kind, Some(Kind::Call(_) | Kind::Deferred(..)))));
    }
    (callees, called)
}

/// Returns a variant for each site but those of recorded values, at which a saga never stays.
fn variants(sites: &[AwaitPoint]) -> Vec<Variant> {
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
            name.push_str("AwaitPoint");
        }
        // Not the user's own span: the variant is nothing that was written there.
        let ident = Ident::new(&name, Span::call_site().located_at(site.span));
        variants.push(Variant { ident, site: number });
    }
    variants
}
