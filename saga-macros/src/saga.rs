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
mod signals;
mod state;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostic::Report;
use crate::signature::{self, Function, What};

/// Returns what the annotated function becomes.
pub(crate) fn expansion(words: TokenStream, item: TokenStream) -> TokenStream {
    let item = match signature::function(&item, What::Saga) {
        Ok(function) => function,
        Err(report) => return [report.into_tokens(), item].into_iter().collect(),
    };
    let mut report = Report::default();
    let asked = parse::read(words, &item.sig.ident, &mut report);
    // What is wrong with it leaves a saga that others can name, so that they are not wrong as well.
    let function = Function::read(item.clone(), What::Saga, &mut report);
    let Some(mut function) = function.or_else(|| Function::recovered(item.clone(), What::Saga, &asked.saga))
    else {
        let (attrs, vis, sig) = (&item.attrs, &item.vis, &item.sig);
        let stub = quote!(#(#attrs)* #[allow(unused, clippy::all)] #vis #sig { ::core::panic!() });
        return [report.into_tokens(), stub].into_iter().collect();
    };
    if !function.sound {
        // Not the body: what is awaited there is awaited by a saga, and this is none.
        let saga = model::Saga::of(asked, function, body::Body::default(), false);
        return [report.into_tokens(), expand::expand(&saga)].into_iter().collect();
    }
    let before = report.count();
    check::check(&mut function, &asked.saga, &mut report);
    let body = body::read(&function.block, &asked.saga, &mut report);
    check::check_recursion(&function, &body, &mut report);
    let sound = report.count() == before;
    let saga = model::Saga::of(asked, function, body, sound);
    [report.into_tokens(), expand::expand(&saga)].into_iter().collect()
}
