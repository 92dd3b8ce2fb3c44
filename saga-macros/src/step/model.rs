//! A step as it is meant: what was said, and what follows from what was not.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path};

use crate::names::plain;
use crate::signature::{Function, Param};
use crate::step::parse::{Asked, Call, InDoubt};
use crate::step::question;

/// A step, checked: all that its expansion needs.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) saga: Path,
    /// Whether nothing is wrong with its words and its signature.
    pub(crate) sound: bool,
    pub(crate) function: Function,
    pub(crate) undo: Undo,
    pub(crate) retriable: bool,
    pub(crate) repeat: Repeat,
    /// The word `conclusive`, and for how long.
    pub(crate) conclusive: Option<(Ident, u64)>,
    pub(crate) compensate: Option<Beside>,
    pub(crate) leaves: Option<LitStr>,
    pub(crate) undo_within_ms: Option<u64>,
    pub(crate) probe: Option<Beside>,
    pub(crate) in_doubt: Option<Doubt>,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout_ms: Option<u64>,
    /// The recorded names of the inputs that make a call the same as another.
    pub(crate) identity: Vec<String>,
    pub(crate) tool: Option<Tool>,
}

/// A step that is offered to agents.
pub(crate) struct Tool {
    /// The word `tool`.
    pub(crate) word: Ident,
    /// Whether it says that doing it twice is as doing it once.
    pub(crate) idempotent: bool,
}

/// How it is undone.
#[derive(Clone, Copy)]
pub(crate) enum Undo {
    Compensated,
    Irreversible,
    Readonly,
    Auxiliary,
}

/// Why a repeat is harmless.
#[derive(Clone, Copy)]
pub(crate) enum Repeat {
    Keyed,
    Idempotent,
    Harmful,
}

/// What to do in doubt.
pub(crate) enum Doubt {
    Rerun,
    DeadLetter,
    Call(Beside),
}

/// How transient errors are tried again.
pub(crate) struct Retry {
    pub(crate) attempts: Option<u32>,
    pub(crate) backoff: Option<(u64, u64)>,
    pub(crate) within: Option<(Ident, u64)>,
}

/// A call beside the step, and what it mentions.
pub(crate) struct Beside {
    pub(crate) path: Path,
    pub(crate) args: TokenStream,
    pub(crate) output: Option<Ident>,
    pub(crate) key: Option<Ident>,
    /// The recorded parameters that it mentions, with how each is written there.
    pub(crate) inputs: Vec<Ident>,
}

impl Step {
    /// Returns what was meant. Where something is missing, which has been reported, it is what gives no further errors.
    pub(crate) fn of(asked: Asked, mut function: Function, sound: bool) -> Self {
        question::explain(&mut function.block, &asked.saga);
        let undo = if asked.compensate.is_some() {
            Undo::Compensated
        } else if asked.irreversible.is_some() {
            Undo::Irreversible
        } else if asked.readonly.is_some() || asked.retriable.is_none() {
            Undo::Readonly
        } else {
            Undo::Auxiliary
        };
        let asks_a_person = matches!(asked.in_doubt, Some((_, InDoubt::DeadLetter(_))));
        let repeat = match (function.takes_key(), asks_a_person && asked.idempotent.is_none()) {
            (true, _) => Repeat::Keyed,
            (false, true) => Repeat::Harmful,
            (false, false) => Repeat::Idempotent,
        };
        let idempotent = asked.idempotent.is_some() || asked.readonly.is_some();
        let recorded: Vec<&Param> = function.recorded().collect();
        // What is left of a wrong signature may lack what the calls mention.
        let beside = |call: Call| function.sound.then(|| Beside::of(call, &recorded));
        Self {
            name: asked.name,
            saga: asked.saga,
            sound,
            undo,
            retriable: asked.retriable.is_some(),
            repeat,
            conclusive: asked.conclusive,
            compensate: asked.compensate.and_then(|(_, call)| beside(call)),
            leaves: asked.leaves.map(|(_, text)| text),
            undo_within_ms: asked.undo_within.map(|(_, ms)| ms),
            probe: asked.probe.and_then(|(_, call)| beside(call)),
            in_doubt: asked.in_doubt.and_then(|(_, doubt)| match doubt {
                InDoubt::Rerun(_) => Some(Doubt::Rerun),
                InDoubt::DeadLetter(_) => Some(Doubt::DeadLetter),
                InDoubt::Call(call) => beside(*call).map(Doubt::Call),
            }),
            retry: asked.retry.map(|(_, retry)| Retry {
                attempts: retry.attempts.map(|(_, n)| n),
                backoff: retry.backoff.map(|(_, range)| range),
                within: retry.within,
            }),
            timeout_ms: asked.timeout.map(|(_, ms)| ms),
            identity: asked.identity.iter().flat_map(|(_, names)| names).map(plain).collect(),
            tool: asked.tool.map(|word| Tool { word, idempotent }),
            function,
        }
    }

    /// Returns the call that settles it in doubt.
    pub(crate) fn settled_by(&self) -> Option<&Beside> {
        match &self.in_doubt {
            Some(Doubt::Call(call)) => Some(call),
            _ => None,
        }
    }
}

impl Beside {
    fn of(call: Call, recorded: &[&Param]) -> Self {
        let args = call.call.args.to_token_stream();
        Self {
            output: mention(&args, "output"),
            key: mention(&args, "key"),
            inputs: recorded.iter().filter_map(|p| mention(&args, &p.ident.to_string())).collect(),
            path: call.path,
            args,
        }
    }
}

/// Returns the text of doc comments, as an expression; `None` if there is none.
pub(crate) fn description(docs: &[Attribute]) -> Option<TokenStream> {
    let lines: Vec<&Expr> = docs
        .iter()
        .filter_map(|doc| match &doc.meta {
            Meta::NameValue(doc) => Some(&doc.value),
            _ => None,
        })
        .collect();
    let plain: Option<Vec<String>> = lines.iter().map(|line| text_of(line)).collect();
    match plain {
        Some(plain) => {
            let text = plain.iter().map(|line| line.strip_prefix(' ').unwrap_or(line));
            let text = text.collect::<Vec<_>>().join("\n").trim().to_owned();
            (!text.is_empty()).then(|| text.to_token_stream())
        }
        // The text of another file.
        None => Some(quote!(::core::concat!(#(#lines, "\n"),*))),
    }
}

fn text_of(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// Returns how `name` is written in `tokens`, if it is: as a name of its own, not of a field, or inside the text of a
/// format.
pub(crate) fn mention(tokens: &impl ToTokens, name: &str) -> Option<Ident> {
    let mut after_dot = false;
    for token in tokens.to_token_stream() {
        let found = match &token {
            TokenTree::Ident(ident) => (!after_dot && ident == name).then(|| ident.clone()),
            TokenTree::Group(group) => mention(&group.stream(), name),
            TokenTree::Literal(literal) => {
                let written = literal.to_string();
                let inline = [format!("{{{name}}}"), format!("{{{name}:")];
                inline.iter().any(|i| written.contains(i)).then(|| at(name, literal.span()))
            }
            TokenTree::Punct(_) => None,
        };
        if found.is_some() {
            return found;
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}

fn at(name: &str, span: Span) -> Ident {
    Ident::new(name, span)
}
