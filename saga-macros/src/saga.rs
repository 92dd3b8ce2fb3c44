//! `#[saga]`.

mod body;
mod check;
mod expand;
mod model;
mod operand;
mod parse;
mod rewrite;
mod state;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
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
        return [report.into_tokens(), item.into_token_stream()].into_iter().collect();
    };
    let before = report.count();
    check::check(&function, &mut report);
    let body = body::read(&function.block, &asked.saga, &mut report);
    let sound = report.count() == before;
    let saga = model::Saga::of(asked, function, body, sound);
    [report.into_tokens(), expand::expand(&saga)].into_iter().collect()
}
