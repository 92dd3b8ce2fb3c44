//! `#[step]`.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ItemFn;

use crate::diagnostic::Report;
use crate::signature::{Function, What};

pub(crate) use expand::{duration, origin, recorded_input, results};

/// What the annotated function becomes.
pub(crate) fn expansion(words: TokenStream, item: TokenStream) -> TokenStream {
    let item: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return [error.into_compile_error(), item].into_iter().collect(),
    };
    let mut report = Report::default();
    let asked = parse::read(words, &item.sig.ident, &mut report);
    let Some(function) = Function::read(item.clone(), What::Step, &mut report) else {
        return [report.into_tokens(), item.into_token_stream()].into_iter().collect();
    };
    // What is wrong with the words leaves a step that others can name.
    check::check(&asked, &function, &mut report);
    let step = model::Step::of(asked, function);
    [report.into_tokens(), expand::expand(&step)].into_iter().collect()
}
