//! `#[derive(SagaError)]`.

mod expand;
mod parse;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::diagnostic::Report;

/// Returns the implementations of `From` that `?` asks for.
pub(crate) fn expansion(item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut report = Report::default();
    let error = parse::read(&item, &mut report);
    [report.into_tokens(), expand::expand(&error)].into_iter().collect()
}
