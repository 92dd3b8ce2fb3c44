//! The implementation of `StepError`, written out.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::names::path_at;
use crate::step_error::parse::{Class, StepError};

/// Returns the whole expansion.
pub(crate) fn expand(error: &StepError) -> TokenStream {
    let StepError { ident, saga, .. } = error;
    let (impl_generics, type_generics, where_clause) = error.generics.split_for_impl();
    let classes = error.variants.iter().map(|v| {
        let path = &v.path;
        let class = match v.class {
            Class::Transient => quote!(Transient),
            Class::Permanent => quote!(Permanent),
            Class::InDoubt => quote!(InDoubt),
        };
        quote!(#path { .. } => #saga::__private::Class::#class,)
    });
    let waits: Vec<_> = error
        .variants
        .iter()
        .filter_map(|v| {
            let (path, field) = (&v.path, v.retry_after.as_ref()?);
            let span = field.span();
            let root = path_at(saga, span);
            // The wait belongs to the field's name, so that a field of another type is shown there.
            let wait = Ident::new("length_of_wait", span);
            Some(quote_spanned!(span=> #path { #field: #wait, .. } => #root::__private::RetryAfter::retry_after(#wait),))
        })
        .collect();
    let retry_after = (!waits.is_empty()).then(|| {
        quote! {
            fn retry_after(&self) -> ::core::option::Option<::core::time::Duration> {
                #[allow(unreachable_patterns)]
                match self {
                    #(#waits)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    });
    let sure: Vec<_> = error.variants.iter().filter(|v| v.conclusive).map(|v| &v.path).collect();
    let conclusive = (!sure.is_empty()).then(|| {
        quote! {
            const CONCLUDES: bool = true;
            fn is_conclusive(&self) -> bool {
                ::core::matches!(self, #(#sure { .. })|*)
            }
        }
    });
    // An enum without variants cannot be matched by reference.
    let class = match error.variants.is_empty() {
        true => quote!(match *self {}),
        false => quote!(match self { #(#classes)* }),
    };
    // Judged here, where a derive is missing then, and not at each step that fails with it.
    let at = ident.span();
    let root = path_at(saga, at);
    let recording = quote_spanned!(at=> #root::__private::Recording::<Self>::new());
    quote! {
        #[automatically_derived]
        impl #impl_generics #saga::__private::StepError for #ident #type_generics #where_clause {
            const RECORDED: #saga::__private::Recording<Self> = #recording;
            fn class(&self) -> #saga::__private::Class {
                #class
            }
            #retry_after
            #conclusive
        }
    }
}
