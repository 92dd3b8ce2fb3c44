//! `#[saga]`.

mod body;
mod check;
mod demand;
mod diagram;
mod expand;
mod flow;
mod graph;
mod model;
mod operand;
mod parse;
mod rewrite;
mod state;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use crate::diagnostic::Report;
use crate::signature::{Function, What};

/// What the annotated function becomes.
pub(crate) fn expansion(words: TokenStream, item: TokenStream) -> TokenStream {
    let item: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return [error.into_compile_error(), item].into_iter().collect(),
    };
    let mut report = Report::default();
    let asked = parse::read(words, &item.sig.ident, &mut report);
    let Some(function) = Function::read(item.clone(), What::Saga, &mut report) else {
        // Not the body: what is awaited there is awaited by a saga, and this is none.
        let (attrs, vis, sig) = (&item.attrs, &item.vis, &item.sig);
        let stub = quote!(#(#attrs)* #[allow(unused, clippy::all)] #vis #sig { ::core::panic!() });
        return [report.into_tokens(), stub].into_iter().collect();
    };
    let before = report.count();
    check::check(&function, &mut report);
    let body = body::read(&function.block, &asked.saga, &mut report);
    let sound = report.count() == before;
    let saga = model::Saga::of(asked, function, body, sound);
    [report.into_tokens(), expand::expand(&saga)].into_iter().collect()
}
