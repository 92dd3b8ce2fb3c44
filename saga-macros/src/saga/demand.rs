//! What is demanded of what a body calls: never run, only judged by the compiler. See `saga_runtime::demand`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use crate::names::path_at;
use crate::saga::flow::Exit;
use crate::saga::model::Saga;
use crate::saga::operand::Kind;
use crate::step::duration;

/// The callees by number, and the demands.
pub(crate) fn demands(saga: &Saga) -> TokenStream {
    let root = &saga.saga;
    let Some(flow) = &saga.flow else { return TokenStream::new() };
    if saga.callees.is_empty() {
        return TokenStream::new();
    }
    let callees = &saga.callees;
    let calls = callees.iter().enumerate().map(|(number, path)| {
        quote! {
            impl #root::__private::demand::Calls<#number> for __body::At { type Callee = #path; }
        }
    });
    let exits = flow.exits.iter().filter_map(|exit| exit_of(saga, exit));
    let branches = branches(saga).map(|path| of_callee(path, saga, quote!(in_branch)));
    let undoable = callees.iter().filter(|_| saga.undoable);
    let undoable = undoable.map(|path| of_callee(path, saga, quote!(in_undoable)));
    let in_time =
        saga.deadline_ms.into_iter().flat_map(|ms| callees.iter().map(move |p| in_time(p, saga, ms)));
    let types: Vec<_> = callees.iter().map(|path| callee(path, saga)).collect();
    let names = (1..callees.len()).map(|number| named_apart(saga, number));
    // The callees are not those of the saga's own type: what that is public with would have to be public as well.
    quote! {
        const _: fn() = || {
            mod __body {
                pub(super) enum At {}
            }
            #(#calls)*
            impl #root::__private::demand::Calls<{ #root::__private::demand::NOTHING }> for __body::At {
                type Callee = #root::__private::demand::Nothing;
            }
            const __REVERSES: &[bool] = &[#(#root::__private::demand::reverses::<#types>()),*];
            const __NAMES: &[#root::__private::demand::Identity] =
                &[#(#root::__private::demand::identity::<#types>()),*];
            #(#exits)*
            #(#branches)*
            #(#undoable)*
            #(#in_time)*
            #(#names)*
        };
    }
}

/// The demand of an exit; none if nothing was called before.
fn exit_of(saga: &Saga, exit: &Exit) -> Option<TokenStream> {
    // What stands in a branch is demanded to be reversible there.
    let passed = exit.passed.iter().filter_map(|site| saga.called[*site]);
    let mut set = vec![0u64; saga.callees.len().div_ceil(64)];
    let mut is_empty = true;
    for callee in passed {
        set[callee / 64] |= 1 << (callee % 64);
        is_empty = false;
    }
    if is_empty {
        return None;
    }
    let root = path_at(&saga.saga, exit.ends.1);
    let first = quote!(#root::__private::demand::no_return(&[#(#set),*], __REVERSES));
    // A type of two tokens: what is shown begins and ends where they do.
    let (body, at) = (Ident::new("__body", exit.ends.0), Ident::new("At", exit.ends.1));
    Some(quote_spanned!(exit.ends.1=> #root::__private::demand::may_fail::<#body::#at, { #first }>();))
}

/// The paths in branches of `all`.
fn branches(saga: &Saga) -> impl Iterator<Item = &Path> {
    let kinds = saga.body.sites.iter().filter_map(|site| site.kind.as_ref());
    kinds.filter(|kind| matches!(kind, Kind::All(_) | Kind::Each(_))).flat_map(Kind::paths)
}

/// The type of what is called by that path. Named by its number: where a type or a constant may stand, a path that is
/// neither would be an error of its own.
fn callee(path: &Path, saga: &Saga) -> TokenStream {
    let text = |path: &Path| path.to_token_stream().to_string();
    let number = saga.callees.iter().position(|known| text(known) == text(path)).unwrap_or_default();
    // Begins and ends where the path does.
    let root = path_at(&saga.saga, path.span());
    let last = path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span());
    let begin = quote_spanned!(path.span()=> <__body::At as #root::__private::demand::Calls<#number>>::);
    quote_spanned!(last=> #begin Callee)
}

fn of_callee(path: &Path, saga: &Saga, demand: TokenStream) -> TokenStream {
    let span = path.span();
    let (root, callee) = (path_at(&saga.saga, span), callee(path, saga));
    let demand = at(demand, span);
    quote_spanned!(span=> #root::__private::demand::#demand::<#callee>();)
}

fn in_time(path: &Path, saga: &Saga, deadline_ms: u64) -> TokenStream {
    let span = path.span();
    let (root, callee) = (path_at(&saga.saga, span), callee(path, saga));
    let deadline = duration(deadline_ms);
    let holds = quote!({ #root::__private::demand::outlasts::<#callee>(#deadline) });
    quote_spanned!(span=> #root::__private::demand::in_time::<#callee, #holds>();)
}

fn named_apart(saga: &Saga, number: usize) -> TokenStream {
    let path = &saga.callees[number];
    let span = path.span();
    let (root, callee) = (path_at(&saga.saga, span), callee(path, saga));
    let other = quote!(#root::__private::demand::namesake(#number, __NAMES));
    let differs = quote!(#other == #root::__private::demand::NOTHING);
    let body = quote!(__body::At);
    quote_spanned!(span=> #root::__private::demand::named_apart::<#callee, #body, { #other }, { #differs }>();)
}

fn at(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}
