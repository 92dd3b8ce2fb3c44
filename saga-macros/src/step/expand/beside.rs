//! The steps that stand beside a step, in its expansion: what is recorded of them, and the calls of them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use super::input_name;
use crate::names::{local, path_at};
use crate::step::model::{Beside, Doubt, Step};

/// What the steps beside this one are called in its expansion. Each is judged in one place only, so that
/// what is no step is reported once.
const UNDONE_BY: &str = "__UNDONE_BY";
const PROBED_BY: &str = "__PROBED_BY";
const SETTLED_BY: &str = "__SETTLED_BY";

pub(super) fn besides(step: &Step) -> TokenStream {
    let besides = related(step).map(|(name, beside)| {
        let (path, span) = (&beside.path, beside.path.span());
        let (name, root) = (format_ident!("{name}"), path_at(&step.saga, span));
        let of = quote_spanned!(span=> #root::__private::Beside::of(&#path));
        let saga = &step.saga;
        quote!(const #name: #saga::__private::Beside = #of;)
    });
    quote!(#(#besides)*)
}

/// Returns the steps beside this one, each with its name here.
fn related(step: &Step) -> impl Iterator<Item = (&'static str, &Beside)> {
    let all = [
        (UNDONE_BY, step.compensate.as_ref()),
        (PROBED_BY, step.probe.as_ref()),
        (SETTLED_BY, step.settled_by()),
    ];
    all.into_iter().filter_map(|(name, beside)| Some((name, beside?)))
}

/// Their recorded names.
pub(super) fn names(step: &Step) -> TokenStream {
    let names = related(step).map(|(name, _)| {
        let (name, of) = (format_ident!("{}", name.trim_start_matches('_')), format_ident!("{name}"));
        quote! {
            const #name: ::core::option::Option<&'static str> = ::core::option::Option::Some(#of.name);
        }
    });
    quote!(#(#names)*)
}

/// Returns what registers them.
pub(super) fn registration(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let registry = local("registry");
    let related: Vec<_> = related(step).map(|(name, _)| format_ident!("{name}")).collect();
    if related.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn related(#registry: &mut #saga::__private::Registry) {
            #(#related.register(#registry);)*
        }
    }
}

/// Returns the calls beside it, as functions of what is known then.
pub(super) fn calls(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let given = local("given");
    let compensation = step.compensate.as_ref().map(|beside| {
        let output = beside.output.clone().unwrap_or_else(|| local("_output"));
        let known = known(step, beside, &given);
        let by = undoing(beside, saga);
        quote! {
            fn compensation(
                #output: Self::Output,
                #given: &#saga::__private::Given<'_, Self>,
            ) -> ::core::option::Option<#saga::__private::Compensation> {
                #known
                ::core::option::Option::Some(#by)
            }
        }
    });
    let probe = step.probe.as_ref().map(|beside| {
        let known = known(step, beside, &given);
        let by = asking(beside, saga);
        quote! {
            fn probe(
                #given: &#saga::__private::Given<'_, Self>,
            ) -> ::core::option::Option<#saga::__private::ProbeCall<Self::Output>> {
                #known
                ::core::option::Option::Some(#by)
            }
        }
    });
    let in_doubt = match &step.in_doubt {
        Some(Doubt::Call(beside)) => {
            let known = known(step, beside, &given);
            let by = undoing(beside, saga);
            Some(quote! {
                fn in_doubt(
                    #given: &#saga::__private::Given<'_, Self>,
                ) -> ::core::option::Option<#saga::__private::Compensation> {
                    #known
                    ::core::option::Option::Some(#by)
                }
            })
        }
        _ => None,
    };
    quote!(#compensation #probe #in_doubt)
}

/// Returns the call as one that undoes. What is wrong with the step is shown at its name.
fn undoing(beside: &Beside, saga: &Path) -> TokenStream {
    let span = beside.path.span();
    let (call, root) = (called(beside, "to_undo", saga), path_at(saga, span));
    quote_spanned!(span=> <_ as #root::__private::Compensates>::undoing(#call))
}

/// Returns the call as one that asks.
fn asking(beside: &Beside, saga: &Path) -> TokenStream {
    let span = beside.path.span();
    let (call, root) = (called(beside, "to_ask", saga), path_at(saga, span));
    let asking = quote_spanned!(span=> <_ as #root::__private::Asks>::asking(#call));
    quote_spanned!(span=> <_ as #root::__private::Answers<Self::Output>>::answering(#asking))
}

/// In parentheses the function is a value, as where it is judged: a name that is unknown is then reported once.
fn called(beside: &Beside, to: &str, saga: &Path) -> TokenStream {
    let (path, args, span) = (&beside.path, &beside.args, beside.path.span());
    let (root, to) = (path_at(saga, span), Ident::new(to, span));
    quote_spanned!(span=> {
        #[allow(unused_imports)]
        use #root::__private::NoCall as _;
        #root::__private::Called((#path)(#args)).#to()
    })
}

/// Binds what the call mentions, and only that: an input is decoded for it.
fn known(step: &Step, beside: &Beside, given: &Ident) -> TokenStream {
    let name = input_name(step);
    let inputs = &beside.inputs;
    let key = beside.key.as_ref().map(|key| quote!(let #key = ::core::clone::Clone::clone(#given.key());));
    let input = (!inputs.is_empty()).then(|| quote!(let #name { #(#inputs,)* .. } = #given.input();));
    let unused = (key.is_none() && input.is_none()).then(|| quote!(let _ = #given;));
    quote!(#key #input #unused)
}
