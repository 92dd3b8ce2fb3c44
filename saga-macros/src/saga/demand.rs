//! What is demanded of what a body calls: never run, only judged by the compiler. See `saga_runtime::demand`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::names::path_at;
use crate::saga::flow::{By, Exit, Flow};
use crate::saga::model::Saga;
use crate::saga::operand::Kind;
use crate::step::duration;

/// Returns the callees by number, and the demands.
pub(crate) fn demands(saga: &Saga) -> TokenStream {
    let root = &saga.here;
    let Some(flow) = &saga.flow else { return TokenStream::new() };
    let by_result = ends_by_result(saga);
    if saga.callees.is_empty() {
        return by_result.unwrap_or_default();
    }
    let callees = &saga.callees;
    let calls = callees.iter().enumerate().map(|(number, path)| {
        quote! {
            impl #root::demand::Calls<#number> for __body::At { type Callee = #path; }
        }
    });
    let known = callees.iter().enumerate().map(|(number, path)| {
        let (span, body) = (path.span(), body(ends(path)));
        let root = path_at(root, span);
        quote_spanned!(span=> #root::demand::known::<#body, #number>())
    });
    let exits = exits(saga, flow);
    let branches = branches(saga).map(|path| of_callee(path, saga, quote!(in_branch)));
    let undoable = callees.iter().filter(|_| saga.undoable);
    let undoable = undoable.map(|path| of_callee(path, saga, quote!(in_undoable)));
    let in_time = saga.deadline_ms.map(|ms| in_time(saga, ms));
    let apart = (1..callees.len()).map(|number| numbered(saga, number, quote!(named_apart), quote!(__SAME)));
    let count = callees.len();
    // The callees are not those of the saga's own type: what that is public with would have to be public as well.
    quote! {
        #by_result
        const _: fn() = || {
            mod __body {
                pub(super) enum At {}
            }
            #(#calls)*
            impl #root::demand::Calls<{ #root::demand::NOTHING }> for __body::At {
                type Callee = #root::demand::Nothing;
            }
            const __KNOWN: [#root::demand::CalleeKnown; #count] = [#(#known),*];
            const __SAME: [usize; #count] = #root::demand::namesakes(&__KNOWN);
            #exits
            #(#branches)*
            #(#undoable)*
            #in_time
            #(#apart)*
        };
    }
}

/// Demands that the `Ok` and `Err` that the body names alone are those of a `Result`, as the flow takes them to be: in a
/// pattern no function is.
fn ends_by_result(saga: &Saga) -> Option<TokenStream> {
    let mut bare = Bare::default();
    bare.visit_block(&saga.function.block);
    let span = saga.function.block.stmts.last().map_or_else(Span::call_site, |last| last.span());
    let ends = [(bare.ok, "Ok"), (bare.err, "Err")].into_iter().filter(|(is_named, _)| *is_named);
    let ends: Vec<_> = ends.map(|(_, name)| Ident::new(name, span)).collect();
    (!ends.is_empty()).then(|| {
        quote! {
            #[allow(unreachable_patterns)]
            const _: fn(::core::result::Result<(), ()>) = |result| match result {
                #(#ends(()))|* => {}
                _ => {}
            };
        }
    })
}

/// Which ends a body names without a path.
#[derive(Default)]
struct Bare {
    ok: bool,
    err: bool,
}

impl<'ast> Visit<'ast> for Bare {
    fn visit_path(&mut self, path: &'ast Path) {
        self.ok |= path.is_ident("Ok");
        self.err |= path.is_ident("Err");
        visit::visit_path(self, path);
    }
}

/// Returns the demands of the exits, but of those before which nothing was called.
fn exits(saga: &Saga, flow: &Flow) -> Option<TokenStream> {
    let root = &saga.here;
    let passed = flow.exits.iter().filter_map(|exit| Some((exit, passed(saga, exit)?)));
    let (exits, sets): (Vec<_>, Vec<_>) = passed.unzip();
    let first = exits.iter().zip(&sets).map(|(exit, (passed, failed))| {
        let sets = quote!(&[#(#passed),*], &[#(#failed),*]);
        match exit.by {
            By::Question(Some(site)) if let Some(callee) = saga.called[site] => {
                let callee = Literal::usize_unsuffixed(callee);
                quote!(#root::demand::by(#callee, #sets, &__KNOWN))
            }
            _ => quote!(#root::demand::no_return(#sets, &__KNOWN)),
        }
    });
    let (first, count): (Vec<_>, _) = (first.collect(), exits.len());
    let demands = exits.iter().enumerate().map(|(number, exit)| {
        let (span, body) = (exit.ends.1, body(exit.ends));
        let root = path_at(root, span);
        let demand = match exit.by {
            By::Question(_) => Ident::new("may_fail", span),
            By::Value => Ident::new("may_end", span),
        };
        quote_spanned!(span=> #root::demand::#demand::<#body, { __FIRST[#number] }>();)
    });
    (count > 0).then(|| {
        quote! {
            const __FIRST: [usize; #count] = [#(#first),*];
            #(#demands)*
        }
    })
}

/// Returns the callees that may be done before an exit, and those that may have failed, a bit for each; `None` if there
/// are not.
fn passed(saga: &Saga, exit: &Exit) -> Option<(Vec<u64>, Vec<u64>)> {
    let set = |sites: &[usize]| {
        let mut set = vec![0u64; saga.callees.len().div_ceil(64)];
        // What stands in a branch is demanded to be reversible there.
        for callee in sites.iter().filter_map(|site| saga.called[*site]) {
            set[callee / 64] |= 1 << (callee % 64);
        }
        set
    };
    let (passed, failed) = (set(&exit.passed), set(&exit.failed));
    passed.iter().chain(&failed).any(|bits| *bits != 0).then_some((passed, failed))
}

/// Returns the type that has these callees. Of two tokens: what is shown begins and ends where they do.
fn body(ends: (Span, Span)) -> TokenStream {
    let (body, at) = (Ident::new("__body", ends.0), Ident::new("At", ends.1));
    quote_spanned!(ends.1=> #body::#at)
}

fn ends(path: &Path) -> (Span, Span) {
    let last = path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span());
    (path.span(), last)
}

/// Returns the paths in branches of `all`.
fn branches(saga: &Saga) -> impl Iterator<Item = &Path> {
    let kinds = saga.body.sites.iter().filter_map(|site| site.kind.as_ref());
    kinds.filter(|kind| matches!(kind, Kind::All(_) | Kind::Each(_))).flat_map(Kind::paths)
}

/// Returns the type of what is called by that path. Named by its number: where a type or a constant may stand, a path
/// that is neither would be an error of its own.
fn callee(path: &Path, saga: &Saga) -> TokenStream {
    let text = |path: &Path| path.to_token_stream().to_string();
    let number = saga.callees.iter().position(|known| text(known) == text(path)).unwrap_or_default();
    // Begins and ends where the path does.
    let root = path_at(&saga.here, path.span());
    let last = path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span());
    let begin = quote_spanned!(path.span()=> <__body::At as #root::demand::Calls<#number>>::);
    quote_spanned!(last=> #begin Callee)
}

fn of_callee(path: &Path, saga: &Saga, demand: TokenStream) -> TokenStream {
    let span = path.span();
    let (root, callee) = (path_at(&saga.here, span), callee(path, saga));
    let demand = at(demand, span);
    quote_spanned!(span=> #root::demand::#demand::<#callee>();)
}

fn in_time(saga: &Saga, deadline_ms: u64) -> TokenStream {
    let (root, count, deadline) = (&saga.here, saga.callees.len(), duration(deadline_ms));
    let demands = (0..count).map(|number| numbered(saga, number, quote!(in_time), quote!(__HOLDS)));
    quote! {
        const __HOLDS: [bool; #count] = #root::demand::outlast(&__KNOWN, #deadline);
        #(#demands)*
    }
}

/// Returns a demand of the callee of that number, and what of a constant has that number.
fn numbered(saga: &Saga, number: usize, demand: TokenStream, constant: TokenStream) -> TokenStream {
    let path = &saga.callees[number];
    let (span, body) = (path.span(), body(ends(path)));
    let (root, demand) = (path_at(&saga.here, span), at(demand, span));
    quote_spanned!(span=> #root::demand::#demand::<#body, #number, { #constant[#number] }>();)
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
