//! What describes a step to agents, if it is offered to them.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::results;
use crate::names::{local, path_at};
use crate::step::model::{Step, description};

/// Returns the implementation of `Tool`. The macro around it refuses it where the feature `tools` is off.
pub(super) fn tool(step: &Step) -> Option<TokenStream> {
    let tool = step.tool.as_ref()?;
    let (saga, function, to) = (&step.saga, &step.function, local("to"));
    let ident = &function.ident;
    let text = description(&function.docs).unwrap_or_else(|| quote!(""));
    let idempotent = tool.idempotent;
    // What is wrong with the step is reported; its types may be wrong because of that.
    let describes = step.sound.then(|| {
        let parameters = function.recorded().enumerate().map(|(at, param)| {
            let text = description(&param.docs).unwrap_or_else(|| quote!(""));
            quote_spanned!(param.ty.span()=> #to.parameter::<__Fields, #at>(#text);)
        });
        let (good, _) = results(&function.output, saga);
        let gives = quote_spanned!(good.span()=> #to.gives::<#good>(););
        quote!(#(#parameters)* #gives)
    });
    let unused = describes.is_none().then(|| quote!(#[allow(unused_variables)]));
    let implementation = quote! {
        #[automatically_derived]
        impl #saga::__private::Tool for #ident {
            const DESCRIPTION: &'static str = #text;
            const IDEMPOTENT: bool = #idempotent;
            #unused
            fn describe(#to: &mut #saga::__private::Describing) {
                #describes
            }
        }
    };
    let (span, root) = (tool.word.span(), path_at(saga, tool.word.span()));
    Some(quote_spanned!(span=> #root::__private::tool! { #implementation }))
}
