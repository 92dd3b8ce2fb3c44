//! A step written out: a type, a function of the same name, and the implementation of `Step`.

mod beside;
mod tool;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Path, PathArguments, Type};

use crate::names::{local, pascal, path_at, plain};
use crate::signature::{Param, Role};
use crate::step::model::{Doubt, Repeat, Step, Undo};

/// Returns the whole expansion.
pub(crate) fn expand(step: &Step) -> TokenStream {
    let named = named(step);
    let input = input(step);
    let body = body(step);
    let (implementation, callable) = (implementation(step), callable(step));
    let alone = alone(step);
    let tool = tool::tool(step);
    // The body comes first, as an editor takes what it looks at from where it is met first; and its block has no names
    // of ours, since they would be offered in it.
    quote! {
        const _: () = {
            #body
            #implementation
        };
        #named
        const _: () = {
            #input
            #callable
            #alone
            #tool
        };
    }
}

/// Returns what stands for the step where it is named: the type, and the function that gives calls.
fn named(step: &Step) -> TokenStream {
    let Step { saga, function, .. } = step;
    let (vis, ident, docs, outer) = (&function.vis, &function.ident, &function.docs, &function.outer);
    let fallback = docs.is_empty().then(|| {
        let text = format!("The step `{}`.", step.name);
        quote!(#[doc = #text])
    });
    let names = function.recorded().map(|p| &p.ident);
    let called_with = &function.called_with;
    let fn_token = function.fn_token;
    // Where a message shows the type, it shows the name of the function.
    let named = quote_spanned!(ident.span()=> enum #ident {});
    // A tool may be called by its name alone.
    let unused = step.tool.is_some().then(|| quote!(#[allow(dead_code)]));
    quote! {
        #(#docs)*
        #fallback
        #[allow(non_camel_case_types, dead_code)]
        #vis #named

        #(#docs)*
        #(#outer)*
        #unused
        #[allow(clippy::too_many_arguments)]
        #vis #fn_token #ident(#(#called_with),*) -> #saga::__private::StepCall<#ident> {
            #saga::__private::StepCall::new(::core::convert::From::from((#(#names,)*)))
        }
    }
}

fn input_name(step: &Step) -> Ident {
    format_ident!("__{}Input", pascal(&plain(&step.function.ident)))
}

/// Returns the recorded input: an object with the parameters' names.
fn input(step: &Step) -> TokenStream {
    let Step { saga, function, name, .. } = step;
    let (ident, input) = (&function.ident, input_name(step));
    let besides = beside::besides(step);
    let recorded: Vec<_> = function.recorded().collect();
    let recorded = recorded_input(saga, &function.vis, &input, name, &recorded);
    quote! {
        #recorded

        impl #saga::__private::Parts for #ident {
            type Input = #input;
            #besides
        }
    }
}

/// Returns a struct of the parameters that are recorded, and what its fields are. Not a derive: it would be the larger
/// part of what the compiler has to do for a step. See `saga_runtime::fields`.
pub(crate) fn recorded_input(
    saga: &Path,
    vis: &syn::Visibility,
    name: &Ident,
    recorded_name: &str,
    params: &[&Param],
) -> TokenStream {
    let (names, types): (Vec<_>, Vec<_>) = params.iter().map(|p| (&p.ident, &p.ty)).unzip();
    let (count, recorded) = (params.len(), params.iter().map(|p| plain(&p.ident)));
    let fields = params.iter().enumerate().map(|(at, param)| field(saga, at, param));
    let (serde, from, to) = (quote!(#saga::__private::serde), local("from"), local("to"));
    // The fields are those of a type that is public nowhere, so that those of a public step may be private. The types of a
    // serializer are named by its trait: `S::Ok` would be an error of its own where the crate is not found.
    quote! {
        #[allow(missing_docs, private_interfaces)]
        pub struct #name {
            #(#vis #names: #types,)*
        }

        enum __Fields {}

        #(#fields)*

        #[automatically_derived]
        impl #saga::__private::fields::Fields for __Fields {
            const NAMES: #saga::__private::fields::Names =
                #saga::__private::fields::Names { of: #recorded_name, fields: &[#(#recorded),*] };
            type Shape = #saga::__private::fields::Count<#count>;
            type Input = #name;
        }

        #[automatically_derived]
        impl ::core::convert::From<(#(#types,)*)> for #name {
            fn from((#(#names,)*): (#(#types,)*)) -> Self {
                Self { #(#names),* }
            }
        }

        #[automatically_derived]
        impl #serde::Serialize for #name {
            fn serialize<S: #serde::Serializer>(
                &self,
                #to: S,
            ) -> ::core::result::Result<<S as #serde::Serializer>::Ok, <S as #serde::Serializer>::Error> {
                #saga::__private::fields::write::<__Fields, S>((#(&self.#names,)*), #to)
            }
        }

        #[automatically_derived]
        impl<'de> #serde::Deserialize<'de> for #name {
            fn deserialize<D: #serde::Deserializer<'de>>(
                #from: D,
            ) -> ::core::result::Result<Self, <D as #serde::Deserializer<'de>>::Error> {
                #saga::__private::fields::read::<__Fields, D>(#from)
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, #to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #saga::__private::fmt_recorded(#recorded_name, self, #to)
            }
        }
    }
}

/// One parameter, judged by itself: what is wrong with its type is shown there.
fn field(saga: &Path, at: usize, param: &Param) -> TokenStream {
    let ty = &param.ty;
    let default = param.default.as_ref().map(|default| {
        quote! {
            const DEFAULT: ::core::option::Option<fn() -> Self::Type> = ::core::option::Option::Some(#default);
        }
    });
    quote! {
        #[automatically_derived]
        impl #saga::__private::fields::Field<#at> for __Fields {
            type Type = #ty;
            #default
        }
    }
}

/// Returns the function as it was written, and under its own name, which messages show; from outside it is not seen.
fn body(step: &Step) -> TokenStream {
    let function = &step.function;
    let (inner, fn_token, ident, output, block) =
        (&function.inner, function.fn_token, &function.ident, &function.output, &function.block);
    let params = function.params.iter().map(|p| {
        let (attrs, mutability, ident, ty) = (&p.attrs, &p.mutability, &p.ident, &p.ty);
        quote!(#(#attrs)* #mutability #ident: #ty)
    });
    let docs = &function.docs;
    quote! {
        #(#docs)*
        #(#inner)*
        async #fn_token #ident(#(#params),*) -> #output #block
    }
}

fn implementation(step: &Step) -> TokenStream {
    let Step { saga, function, name, .. } = step;
    let ident = &function.ident;
    let output = &function.output;
    let (good, bad) = results(output, saga);
    let undo = undo(step);
    let effort = if step.retriable { quote!(Retriable) } else { quote!(Fallible) };
    let repeat = match step.repeat {
        Repeat::Keyed => quote!(Keyed),
        Repeat::Idempotent => quote!(Idempotent),
        Repeat::Harmful => quote!(Harmful),
    };
    let policy = policy(step);
    let run = run(step);
    let related = beside::registration(step);
    let calls = beside::calls(step);
    let concludes = concludes(step, &bad);
    quote! {
        #concludes
        #[automatically_derived]
        impl #saga::__private::Step for #ident {
            const NAME: &'static str = #name;
            #policy
            type Input = <Self as #saga::__private::Parts>::Input;
            type Output = #good;
            type Error = #bad;
            type Undo = #saga::__private::undo::#undo;
            type Effort = #saga::__private::effort::#effort;
            type Repeat = #saga::__private::repeat::#repeat;
            #run
            #related
            #calls
        }
    }
}

/// Returns the check that an error of a `conclusive` step is conclusive, shown at that word.
fn concludes(step: &Step, error: &TokenStream) -> Option<TokenStream> {
    // What is wrong with the words may be so because of what is wrong here.
    let (word, _) = step.conclusive.as_ref().filter(|_| step.sound)?;
    let saga = path_at(&step.saga, word.span());
    Some(quote_spanned! {word.span()=>
        const _: () = ::core::assert!(
            <#error as #saga::__private::StepError>::CONCLUDES,
            "`conclusive`, and no error of the step is conclusive [SG0414]\n       why: an error says for itself that it is the service's answer to the key; what comes before the service looks at the key, such as a wrong password, proves nothing\n       fix: `#[permanent(conclusive)]` on the variants that are such an answer, or `Failure::permanent(…).conclusive()`; or leave `conclusive` out",
        );
    })
}

fn undo(step: &Step) -> TokenStream {
    match step.undo {
        Undo::Compensated => quote!(Compensated),
        Undo::Irreversible => quote!(Irreversible),
        Undo::Readonly => quote!(Readonly),
        Undo::Auxiliary => quote!(Auxiliary),
    }
}

/// Writes the implementation of `Callable`, for the sagas that call this step.
fn callable(step: &Step) -> TokenStream {
    let Step { saga, function, name, .. } = step;
    let (ident, undo) = (&function.ident, undo(step));
    let origin = origin(ident);
    let fails = step.retriable.then(|| {
        quote! {
            const FAILS: bool = {
                #[allow(unused_imports)]
                use #saga::__private::demand::OtherThanResult as _;
                #saga::__private::demand::Gives::<<Self as #saga::__private::Step>::Output>::A_RESULT
            };
        }
    });
    quote! {
        #[automatically_derived]
        impl #saga::__private::Callable for #ident {
            const LABEL: &'static str = #name;
            const ORIGIN: &'static str = #origin;
            const WHAT: #saga::__private::graph::What =
                #saga::__private::graph::What::Step(#saga::__private::definition_of::<Self>());
            const REGISTER: fn(&mut #saga::__private::Registry) = #saga::__private::Registry::step::<Self>;
            #fails
            type Undo = #saga::__private::undo::#undo;
            type At = #saga::__private::AtStep<Self>;
        }
    }
}

/// Returns where it is defined.
pub(crate) fn origin(ident: &Ident) -> TokenStream {
    let name = plain(ident);
    quote!(::core::concat!(::core::module_path!(), "::", #name, ":", ::core::line!(), ":", ::core::column!()))
}

/// Returns the two parts of a `Result`, by whatever name it goes; each shown where it stands, if it stands by itself.
pub(crate) fn results(output: &Type, saga: &Path) -> (TokenStream, TokenStream) {
    let (good, bad) = parts(output);
    let part = |span: Span, name: &str| {
        let (saga, name) = (path_at(saga, span), Ident::new(name, span));
        quote_spanned!(span=> <#output as #saga::__private::ResultType>::#name)
    };
    (part(good, "Output"), part(bad, "Error"))
}

fn parts(output: &Type) -> (Span, Span) {
    let whole = (output.span(), output.span());
    let Type::Path(path) = output else { return whole };
    let Some(PathArguments::AngleBracketed(list)) = path.path.segments.last().map(|s| &s.arguments) else {
        return whole;
    };
    match list.args.iter().collect::<Vec<_>>()[..] {
        [good] => (good.span(), output.span()),
        [good, bad] => (good.span(), bad.span()),
        _ => whole,
    }
}

/// Returns the constants that differ from the defaults.
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
    let conclusive = step.conclusive.as_ref().map(|(_, ms)| {
        let window = duration(*ms);
        quote! {
            const CONCLUSIVE: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#window);
        }
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
    let identity = (!step.identity.is_empty()).then(|| {
        let names = &step.identity;
        quote!(const IDENTITY: &'static [&'static str] = &[#(#names),*];)
    });
    let beside = beside::names(step);
    quote!(#retry #timeout #in_doubt #conclusive #leaves #undo_within #identity #beside)
}

/// Returns that many milliseconds.
pub(crate) fn duration(ms: u64) -> TokenStream {
    quote!(::core::time::Duration::from_millis(#ms))
}

/// Returns what the function is called with, given a context and the recorded values by name.
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
    let given = local("input");
    // A step may have no use for its context.
    let cx =
        local(if function.params.iter().all(|p| matches!(p.role, Role::Recorded)) { "_cx" } else { "cx" });
    let names = function.recorded().map(|p| &p.ident);
    let arguments = arguments(step, &cx);
    let span = function.output.span();
    let result = quote_spanned!(span=> ::core::result::Result<Self::Output, Self::Error>);
    let needs: Vec<_> = function
        .params
        .iter()
        .filter_map(|p| match &p.role {
            Role::Resource(ty) => {
                let root = path_at(saga, ty.span());
                // What is wrong with the words may be so because of what is wrong here.
                if !step.sound {
                    return Some(quote!(#saga::__private::Need::of::<#ty>()));
                }
                Some(quote_spanned!(ty.span()=> #root::__private::Taken::<#ty>::new().need()))
            }
            _ => None,
        })
        .collect();
    let needs = (!needs.is_empty()).then(|| {
        quote! {
            fn needs() -> ::std::vec::Vec<#saga::__private::Need> {
                #[allow(unused_imports)]
                use #saga::__private::AsResource as _;
                ::std::vec::Vec::from([#(#needs),*])
            }
        }
    });
    let ident = &function.ident;
    // A parameter may have the name of the step.
    let (called, bound) = match function.recorded().any(|p| p.ident == *ident) {
        true => {
            let step = local("step");
            (step.clone(), Some(quote!(let #step = #ident;)))
        }
        false => (ident.clone(), None),
    };
    // What the function holds while it waits, and should not, is shown at its name.
    let future = quote_spanned! {ident.span()=>
        impl ::core::future::Future<Output = #result> + ::core::marker::Send
    };
    // Not `async`: a future around the future would be compiled like it.
    quote! {
        fn run(#cx: &#saga::__private::StepContext, #given: Self::Input) -> #future {
            #bound
            let Self::Input { #(#names),* } = #given;
            #called(#(#arguments),*)
        }
        #needs
    }
}

/// `step::run(&resources, key, …)`: the step alone.
fn alone(step: &Step) -> TokenStream {
    let Step { saga, function, .. } = step;
    let (vis, ident, output, fn_token) =
        (&function.vis, &function.ident, &function.output, function.fn_token);
    let (resources, key) = (local("resources"), local("key"));
    let (key_param, key) = match function.key() {
        Some(_) => (Some(quote!(#key: #saga::__private::IdempotencyKey,)), quote!(#key)),
        None => (None, quote!(#saga::__private::key_alone())),
    };
    let called_with = &function.called_with;
    let name = input_name(step);
    let names = function.recorded().map(|p| &p.ident);
    quote! {
        impl #ident {
            /// Runs the step alone, outside of a saga, for unit tests.
            ///
            /// # Errors
            /// The step's own.
            #[allow(dead_code, clippy::too_many_arguments, clippy::missing_errors_doc)]
            #vis #fn_token run<'resources>(
                #resources: &'resources #saga::__private::Resources,
                #key_param
                #(#called_with),*
            ) -> #saga::__private::Alone<'resources, #output> {
                #saga::__private::run_alone::<Self>(#resources, #key, #name { #(#names),* })
            }
        }
    }
}
