//! `#[step]`.

mod check;
mod expand;
mod model;
mod parse;
mod question;

use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::diagnostic::Report;
use crate::signature::{self, Function, What};

pub(crate) use expand::{duration, origin, recorded_input, results};

/// Returns what the annotated function becomes.
pub(crate) fn expansion(words: TokenStream, item: TokenStream) -> TokenStream {
    let item = match signature::function(&item, What::Step) {
        Ok(function) => function,
        Err(report) => return [report.into_tokens(), item].into_iter().collect(),
    };
    let mut report = Report::default();
    let mut asked = parse::read(words, &item.sig, &mut report);
    // What is wrong with it leaves a step that others can name, so that they are not wrong as well.
    let function = Function::read(item.clone(), What::Step, &mut report);
    let Some(function) = function.or_else(|| Function::recovered(item.clone(), What::Step, &asked.saga))
    else {
        return [report.into_tokens(), item.into_token_stream()].into_iter().collect();
    };
    check::check(&mut asked, &function, &mut report);
    let step = model::Step::of(asked, function, report.count() == 0);
    [report.into_tokens(), expand::expand(&step)].into_iter().collect()
}
