//! The conversions, written out.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{GenericParam, parse_quote, parse_quote_spanned, spanned::Spanned as _};

use crate::saga_error::parse::SagaError;

/// Returns the whole expansion.
pub(crate) fn expand(error: &SagaError) -> TokenStream {
    let SagaError { ident, saga, .. } = error;
    let (impl_generics, type_generics, where_clause) = error.generics.split_for_impl();
    let variants = error.made_of.iter().map(|(variant, ty)| {
        quote_spanned! {ty.span()=>
            #[automatically_derived]
            impl #impl_generics ::core::convert::From<#ty> for #ident #type_generics #where_clause {
                fn from(failure: #ty) -> Self {
                    Self::#variant(failure)
                }
            }
        }
    });
    let never = (!error.takes_never).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::core::convert::From<#saga::__private::Never> for #ident #type_generics #where_clause {
                fn from(never: #saga::__private::Never) -> Self {
                    match never {}
                }
            }
        }
    });
    let all = (!error.takes_all).then(|| {
        let mut generics = error.generics.clone();
        let branches: GenericParam = parse_quote!(__Branches);
        generics.params.push(branches);
        let clause = generics.make_where_clause();
        clause.predicates.push(parse_quote_spanned!(ident.span()=>
            __Branches: #saga::__private::FirstFailure<#ident #type_generics>));
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        quote! {
            #[automatically_derived]
            impl #impl_generics ::core::convert::From<#saga::__private::AllFailure<__Branches>> for #ident #type_generics
            #where_clause
            {
                fn from(failure: #saga::__private::AllFailure<__Branches>) -> Self {
                    failure.into_first()
                }
            }
        }
    });
    quote!(#(#variants)* #never #all)
}
