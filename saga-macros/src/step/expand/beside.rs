//! The steps that stand beside a step, in its expansion: what is recorded of them, and the calls of them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use crate::names::{local, path_at};
use crate::step::model::{Beside, Doubt, Step};

/// The steps beside this one. Each is judged in one place only, so that what is no step is reported once.
pub(super) fn besides(step: &Step) -> TokenStream {
    let besides = related(step).map(|(name, beside)| {
        let (path, span) = (&beside.path, beside.path.span());
        let (name, root) = (format_ident!("{name}"), path_at(&step.saga, span));
        let of = quote_spanned!(span=> #root::__private::Beside::of(&#path));
        let saga = &step.saga;
        quote! {
            const #name: ::core::option::Option<#saga::__private::Beside> = ::core::option::Option::Some(#of);
        }
    });
    quote!(#(#besides)*)
}

/// Returns the steps beside this one, each with the name of its constant.
fn related(step: &Step) -> impl Iterator<Item = (&'static str, &Beside)> {
    let all = [
        ("UNDONE_BY", step.compensate.as_ref()),
        ("PROBED_BY", step.probe.as_ref()),
        ("SETTLED_BY", step.settled_by()),
    ];
    all.into_iter().filter_map(|(name, beside)| Some((name, beside?)))
}

/// Their recorded names.
pub(super) fn names(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let names = related(step).map(|(name, _)| {
        let name = format_ident!("{name}");
        quote! {
            const #name: ::core::option::Option<&'static str> =
                #saga::__private::Beside::name_of(<Self as #saga::__private::Parts>::#name);
        }
    });
    quote!(#(#names)*)
}

/// Returns what registers them.
pub(super) fn registration(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let registry = local("registry");
    if related(step).next().is_none() {
        return TokenStream::new();
    }
    quote! {
        fn related(#registry: &mut #saga::__private::Registry) {
            <Self as #saga::__private::Parts>::register(#registry);
        }
    }
}

/// Returns the calls beside it, as functions of what is known then.
pub(super) fn calls(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let given = local("given");
    let compensation = step.compensate.as_ref().map(|beside| {
        let output = beside.output.clone().unwrap_or_else(|| local("_output"));
        let (pattern, known) = known(beside, &given);
        let by = undoing(beside, saga);
        quote! {
            fn compensation(
                #output: Self::Output,
                #pattern: &#saga::__private::Given<'_, Self>,
            ) -> ::core::option::Option<#saga::__private::Compensation> {
                #known
                ::core::option::Option::Some(#by)
            }
        }
    });
    let probe = step.probe.as_ref().map(|beside| {
        let (pattern, known) = known(beside, &given);
        let by = asking(beside, saga);
        quote! {
            fn probe(
                #pattern: &#saga::__private::Given<'_, Self>,
            ) -> ::core::option::Option<#saga::__private::ProbeCall<Self::Output>> {
                #known
                ::core::option::Option::Some(#by)
            }
        }
    });
    let in_doubt = match &step.in_doubt {
        Some(Doubt::Call(beside)) => {
            let (pattern, known) = known(beside, &given);
            let by = undoing(beside, saga);
            Some(quote! {
                fn in_doubt(
                    #pattern: &#saga::__private::Given<'_, Self>,
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
        #root::__private::CallBeside((#path)(#args)).#to()
    })
}

/// Returns the pattern of the `Given`, and what binds the names that the call mentions: an input is decoded for them only.
fn known(beside: &Beside, given: &Ident) -> (TokenStream, TokenStream) {
    let inputs = &beside.inputs;
    let key = beside.key.as_ref().map(|key| quote!(let #key = ::core::clone::Clone::clone(#given.key());));
    let input = (!inputs.is_empty()).then(|| quote!(let Self::Input { #(#inputs,)* .. } = #given.input();));
    let pattern = if key.is_none() && input.is_none() { quote!(_) } else { quote!(#given) };
    (pattern, quote!(#key #input))
}
