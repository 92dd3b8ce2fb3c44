//! The automaton of a saga, written out as a constant. See `saga_core::graph`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use crate::names::path_at;
use crate::saga::body::AwaitPoint;
use crate::saga::flow::{Flow, To};
use crate::saga::model::Saga;
use crate::saga::operand::Kind;

/// Returns the constant of that name.
pub(crate) fn constant(saga: &Saga) -> TokenStream {
    let (ident, vis, root, name) = (&saga.function.ident, &saga.function.vis, &saga.here, &saga.name);
    let version = saga.version.unwrap_or(1);
    let (start, places) = match &saga.flow {
        Some(flow) => (targets(&flow.start(), root), places(saga, flow)),
        None => (TokenStream::new(), Vec::new()),
    };
    let docs =
        format!("The automaton of the saga `{name}`: where it can stand, and where it can go from there.");
    quote! {
        impl #ident {
            #[doc = #docs]
            #[allow(dead_code)]
            #vis const GRAPH: &'static #root::graph::Graph = &#root::graph::Graph {
                saga: #name,
                version: #version,
                start: &[#start],
                await_points: &[#(#places),*],
            };
        }
    }
}

fn places(saga: &Saga, flow: &Flow) -> Vec<TokenStream> {
    let (root, here) = (&saga.here, &saga.here);
    let place = |(number, site): (usize, &AwaitPoint)| {
        let (occurrence, loops) = (site.occurrence, site.loops.len() as u32);
        let (done, failed) = (targets(&flow.done(number), root), targets(&flow.failed(number), root));
        if let (None, Some(Kind::Call(path) | Kind::Deferred(path, _))) = (&site.name, &site.kind) {
            let root = path_at(root, path.span());
            let called = quote_spanned!(path.span()=> <#path as #root::Callable>::CALLED);
            return quote!(#here::place(#called, [#occurrence, #loops], &[#done], &[#failed]));
        }
        let name = name(site, root);
        let what = site.kind.as_ref().map(|kind| what(kind, root));
        quote! {
            #root::graph::AwaitPoint {
                name: #name,
                occurrence: #occurrence,
                loops: #loops,
                what: #what,
                done: &[#done],
                failed: &[#failed],
            }
        }
    };
    saga.body.sites.iter().enumerate().map(place).collect()
}

/// Returns the name of its site.
fn name(site: &AwaitPoint, root: &Path) -> TokenStream {
    match (&site.name, &site.kind) {
        (Some(name), _) => quote!(#name),
        (None, Some(Kind::Call(path) | Kind::Deferred(path, _))) => {
            let root = path_at(root, path.span());
            quote_spanned!(path.span()=> <#path as #root::Callable>::LABEL)
        }
        (None, _) => {
            let label = &site.label;
            quote!(#label)
        }
    }
}

fn what(kind: &Kind, root: &Path) -> TokenStream {
    let of = |name: TokenStream| quote!(#root::graph::What::#name);
    match kind {
        Kind::Call(path) | Kind::Deferred(path, _) => {
            let root = path_at(root, path.span());
            quote_spanned!(path.span()=> <#path as #root::Callable>::WHAT)
        }
        Kind::Sleep => of(quote!(Sleep)),
        Kind::Now => of(quote!(Now)),
        Kind::Uuid => of(quote!(Uuid)),
        Kind::Signal(_) => of(quote!(Signal)),
        Kind::Approve => of(quote!(Approve)),
        Kind::All(kinds) => {
            let branches = kinds.iter().map(|kind| what(kind, root));
            of(quote!(All(&[#(#branches),*])))
        }
        Kind::Each(kind) => {
            let each = what(kind, root);
            of(quote!(Each(&#each)))
        }
        Kind::Named(name, kind) => {
            let named = what(kind, root);
            of(quote!(Named(#name, &#named)))
        }
    }
}

fn targets(targets: &[To], root: &Path) -> TokenStream {
    let target = |to: &To| match to {
        To::AwaitPoint(number) => quote!(#root::graph::To::AwaitPoint(#number)),
        To::Completed => quote!(#root::graph::To::Completed),
        To::RollingBack => quote!(#root::graph::To::RollingBack),
    };
    let targets = targets.iter().map(target);
    quote!(#(#targets),*)
}
