//! A step written out: a type, a function of the same name, and the implementation of `Step`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Path, Type};

use crate::names::{local, pascal, path_at, plain};
use crate::signature::{Param, Role};
use crate::step::model::{Beside, Doubt, Repeat, Step, Undo};

/// The whole expansion.
pub(crate) fn expand(step: &Step) -> TokenStream {
    let named = named(step);
    let input = input(step);
    let body = body(step);
    let implementation = implementation(step);
    let alone = alone(step);
    quote! {
        #named
        const _: () = {
            #input
            #body
            #implementation
            #alone
        };
    }
}

/// What stands for the step where it is named: the type, and the function that gives calls.
fn named(step: &Step) -> TokenStream {
    let Step { saga, function, .. } = step;
    let (vis, ident, docs, outer) = (&function.vis, &function.ident, &function.docs, &function.outer);
    let fallback = docs.is_empty().then(|| {
        let text = format!("The step `{}`.", step.name);
        quote!(#[doc = #text])
    });
    let (names, types): (Vec<_>, Vec<_>) = function.recorded().map(|p| (&p.ident, &p.ty)).unzip();
    let fn_token = function.fn_token;
    quote! {
        #(#docs)*
        #fallback
        #[allow(non_camel_case_types, dead_code)]
        #vis enum #ident {}

        #(#docs)*
        #(#outer)*
        #vis #fn_token #ident(#(#names: #types),*) -> #saga::__private::StepCall<#ident> {
            #saga::__private::StepCall::new(::core::convert::From::from((#(#names,)*)))
        }
    }
}

fn input_name(step: &Step) -> Ident {
    format_ident!("__{}Input", pascal(&plain(&step.function.ident)))
}

/// The recorded input: an object with the parameters' names.
fn input(step: &Step) -> TokenStream {
    let Step { saga, function, .. } = step;
    recorded_input(
        saga,
        &function.vis,
        &input_name(step),
        &step.name,
        &function.recorded().collect::<Vec<_>>(),
    )
}

/// A struct of the parameters that are recorded.
pub(crate) fn recorded_input(
    saga: &Path,
    vis: &syn::Visibility,
    name: &Ident,
    recorded_name: &str,
    params: &[&Param],
) -> TokenStream {
    let (names, types): (Vec<_>, Vec<_>) = params.iter().map(|p| (&p.ident, &p.ty)).unzip();
    let attrs = params.iter().map(|p| {
        let attrs = &p.attrs;
        quote!(#(#attrs)*)
    });
    let serde = quote!(#saga::__private::serde).to_string().replace(' ', "");
    let expecting = format!("the input of `{recorded_name}`");
    quote! {
        #[derive(#saga::__private::serde::Serialize, #saga::__private::serde::Deserialize)]
        #[serde(crate = #serde, rename = #recorded_name, expecting = #expecting)]
        #[allow(missing_docs)]
        pub struct #name {
            #(#attrs #vis #names: #types,)*
        }

        #[automatically_derived]
        impl ::core::convert::From<(#(#types,)*)> for #name {
            fn from((#(#names,)*): (#(#types,)*)) -> Self {
                Self { #(#names),* }
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #saga::__private::fmt_recorded(#recorded_name, self, f)
            }
        }
    }
}

/// The function as it was written, under a name that only the expansion knows.
fn body(step: &Step) -> TokenStream {
    let function = &step.function;
    let (inner, fn_token, output, block) =
        (&function.inner, function.fn_token, &function.output, &function.block);
    let params = function.params.iter().map(|p| {
        let (mutability, ident, ty) = (&p.mutability, &p.ident, &p.ty);
        quote!(#mutability #ident: #ty)
    });
    quote! {
        #(#inner)*
        async #fn_token __run(#(#params),*) -> #output #block
    }
}

fn implementation(step: &Step) -> TokenStream {
    let Step { saga, function, name, .. } = step;
    let ident = &function.ident;
    let input = input_name(step);
    let output = &function.output;
    let (good, bad) = results(output, saga);
    let undo = match step.undo {
        Undo::Compensated => quote!(Compensated),
        Undo::Irreversible => quote!(Irreversible),
        Undo::Readonly => quote!(Readonly),
        Undo::Auxiliary => quote!(Auxiliary),
    };
    let effort = if step.retriable { quote!(Retriable) } else { quote!(Fallible) };
    let repeat = match step.repeat {
        Repeat::Keyed => quote!(Keyed),
        Repeat::Idempotent => quote!(Idempotent),
        Repeat::Harmful => quote!(Harmful),
    };
    let origin = origin(ident);
    let policy = policy(step);
    let run = run(step);
    let related = related(step);
    let calls = calls(step);
    quote! {
        #[automatically_derived]
        impl #saga::__private::Step for #ident {
            const NAME: &'static str = #name;
            #policy
            type Input = #input;
            type Output = #good;
            type Error = #bad;
            type Undo = #saga::__private::undo::#undo;
            type Effort = #saga::__private::effort::#effort;
            type Repeat = #saga::__private::repeat::#repeat;
            #run
            #related
            #calls
        }

        #[automatically_derived]
        impl #saga::__private::Callable for #ident {
            const LABEL: &'static str = #name;
            const ORIGIN: &'static str = #origin;
            const WHAT: #saga::__private::graph::What =
                #saga::__private::graph::What::Step(#saga::__private::definition_of::<Self>());
            type Undo = #saga::__private::undo::#undo;
            type At = #saga::__private::AtStep<#input, <Self as #saga::__private::Step>::Output>;
        }
    }
}

/// Where it is defined.
pub(crate) fn origin(ident: &Ident) -> TokenStream {
    let name = plain(ident);
    quote!(::core::concat!(::core::module_path!(), "::", #name, ":", ::core::line!(), ":", ::core::column!()))
}

/// The two parts of a `Result`, by whatever name it goes; shown where it stands.
pub(crate) fn results(output: &Type, saga: &Path) -> (TokenStream, TokenStream) {
    let span = output.span();
    let saga = path_at(saga, span);
    let good = quote_spanned!(span=> <#output as #saga::__private::ResultType>::Output);
    let bad = quote_spanned!(span=> <#output as #saga::__private::ResultType>::Error);
    (good, bad)
}

/// The constants that differ from the defaults.
fn policy(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let retry = step.retry.as_ref().map(|retry| {
        let attempts = retry.attempts.map(|n| quote!(attempts: #n,));
        let backoff = retry.backoff.map(|(min, max)| {
            let (min, max) = (duration(min), duration(max));
            quote!(backoff_min: #min, backoff_max: #max,)
        });
        let within = retry.within.as_ref().map(|(_, ms)| {
            let within = duration(*ms);
            quote!(within: ::core::option::Option::Some(#within),)
        });
        let all = attempts.is_some() && backoff.is_some() && within.is_some();
        let rest = (!all).then(|| quote!(..#saga::__private::Retry::RETRIABLE));
        quote! {
            const RETRY: #saga::__private::Retry =
                #saga::__private::Retry { #attempts #backoff #within #rest };
        }
    });
    let timeout = step.timeout_ms.map(|ms| {
        let timeout = duration(ms);
        quote!(const TIMEOUT: ::core::time::Duration = #timeout;)
    });
    let in_doubt = step.in_doubt.as_ref().map(|doubt| {
        let doubt = match doubt {
            Doubt::Rerun => quote!(Rerun),
            Doubt::DeadLetter => quote!(DeadLetter),
            Doubt::Call(_) => quote!(Call),
        };
        quote!(const IN_DOUBT: #saga::__private::InDoubt = #saga::__private::InDoubt::#doubt;)
    });
    let undo_within = step.undo_within_ms.map(|ms| {
        let window = duration(ms);
        quote! {
            const UNDO_WITHIN: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#window);
        }
    });
    let leaves = step.leaves.as_ref().map(|text| {
        quote! {
            const LEAVES: ::core::option::Option<&'static str> = ::core::option::Option::Some(#text);
        }
    });
    let undone_by = beside(quote!(UNDONE_BY), step.compensate.as_ref(), saga);
    let probed_by = beside(quote!(PROBED_BY), step.probe.as_ref(), saga);
    let settled_by = beside(quote!(SETTLED_BY), step.settled_by(), saga);
    quote!(#retry #timeout #in_doubt #undone_by #leaves #undo_within #probed_by #settled_by)
}

/// The recorded name of a call beside the step.
fn beside(name: TokenStream, call: Option<&Beside>, saga: &Path) -> Option<TokenStream> {
    let path = &call?.path;
    let span = path.span();
    let root = path_at(saga, span);
    let label = quote_spanned!(span=> <#path as #root::__private::Step>::NAME);
    Some(quote! {
        const #name: ::core::option::Option<&'static str> = ::core::option::Option::Some(#label);
    })
}

/// That many milliseconds.
pub(crate) fn duration(ms: u64) -> TokenStream {
    quote!(::core::time::Duration::from_millis(#ms))
}

/// What the function is called with, given a context and the recorded values by name.
fn arguments<'a>(step: &'a Step, cx: &'a Ident) -> impl Iterator<Item = TokenStream> + 'a {
    step.function.params.iter().map(move |p| match &p.role {
        Role::Recorded => p.ident.to_token_stream(),
        Role::Key => quote!(#cx.key()),
        Role::Context => cx.to_token_stream(),
        Role::Resource(ty) => quote!(#cx.resource::<#ty>()),
    })
}

fn run(step: &Step) -> TokenStream {
    let Step { saga, function, .. } = step;
    let (cx, given) = (local("cx"), local("input"));
    let name = input_name(step);
    let names = function.recorded().map(|p| &p.ident);
    let arguments = arguments(step, &cx);
    let span = function.output.span();
    let there = path_at(saga, span);
    let result = quote_spanned!(span=> ::core::result::Result<Self::Output, Self::Error>);
    let attempt = quote!(__run(#(#arguments),*).await);
    let attempt = quote_spanned!(span=> #there::__private::ResultType::into_result(#attempt));
    let needs: Vec<_> = function
        .params
        .iter()
        .filter_map(|p| match &p.role {
            Role::Resource(ty) => Some(quote!(#saga::__private::Need::of::<#ty>())),
            _ => None,
        })
        .collect();
    let needs = (!needs.is_empty()).then(|| {
        quote! {
            fn needs() -> ::std::vec::Vec<#saga::__private::Need> {
                ::std::vec::Vec::from([#(#needs),*])
            }
        }
    });
    quote! {
        async fn run(
            #cx: &#saga::__private::StepContext,
            #given: Self::Input,
        ) -> #result {
            // A step may have no use for its context.
            let _ = #cx;
            let #name { #(#names),* } = #given;
            #attempt
        }
        #needs
    }
}

fn related(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let registry = local("registry");
    let related: Vec<_> = step.related().collect();
    if related.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn related(#registry: &mut #saga::__private::Registry) {
            #(#registry.step::<#related>();)*
        }
    }
}

/// The calls beside it, as functions of what is known then.
fn calls(step: &Step) -> TokenStream {
    let saga = &step.saga;
    let given = local("given");
    let compensation = step.compensate.as_ref().map(|beside| {
        let output = beside.output.clone().unwrap_or_else(|| local("_output"));
        let known = known(step, beside, &given);
        let by = by(quote!(Compensation), beside, saga);
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
        let by = by(quote!(ProbeCall), beside, saga);
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
            let by = by(quote!(Compensation), beside, saga);
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

fn by(what: TokenStream, beside: &Beside, saga: &Path) -> TokenStream {
    let call = &beside.call;
    quote_spanned!(beside.path.span()=> #saga::__private::#what::by(#call))
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

/// `step::run(&resources, key, …)`: the step alone.
fn alone(step: &Step) -> TokenStream {
    let Step { saga, function, .. } = step;
    let (vis, ident, output) = (&function.vis, &function.ident, &function.output);
    let (resources, cx) = (local("resources"), local("cx"));
    let key = local("key");
    let (key_param, key) = match function.key() {
        Some(_) => (Some(quote!(#key: #saga::__private::IdempotencyKey,)), quote!(#key)),
        None => (None, quote!(#saga::__private::key_alone())),
    };
    let (names, types): (Vec<_>, Vec<_>) = function.recorded().map(|p| (&p.ident, &p.ty)).unzip();
    let arguments = arguments(step, &cx);
    quote! {
        impl #ident {
            /// Runs the step alone, outside of a saga, for unit tests.
            ///
            /// # Errors
            /// The step's own.
            #[allow(dead_code, clippy::too_many_arguments, clippy::missing_errors_doc)]
            #vis async fn run(
                #resources: &#saga::__private::Resources,
                #key_param
                #(#names: #types),*
            ) -> #output {
                let #cx = &#saga::__private::StepContext::alone(#resources, #key);
                let _ = #cx;
                __run(#(#arguments),*).await
            }
        }
    }
}
