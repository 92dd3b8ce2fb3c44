//! A saga written out: a type, a function of the same name, its state, and the implementation of `Saga`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

use crate::names::{local, pascal, plain};
use crate::saga::model::Saga;
use crate::saga::rewrite::{never_ends, rewrite};
use crate::saga::{demand, diagram, graph, state};
use crate::step::{duration, origin, recorded_input, results};

/// Returns the whole expansion.
pub(crate) fn expand(saga: &Saga) -> TokenStream {
    let function = &saga.function;
    let named = named(saga);
    let definition = state::definition(saga);
    let recorded: Vec<_> = function.recorded().collect();
    let input = recorded_input(&saga.saga, &function.vis, &input_name(saga), &saga.name, &recorded);
    let graph = graph::constant(saga);
    let (implementation, callable) = (implementation(saga), callable(saga));
    let (ident, input_name) = (&function.ident, input_name(saga));
    let demands = demand::demands(saga);
    let state = state::implementation(saga);
    let (root, here) = (&saga.saga, &saga.here);
    // The body comes first, as an editor takes what it looks at from where it is met first; and its block has no names
    // of ours, since they would be offered in it.
    quote! {
        const _: () = {
            use #root::__private::here as #here;

            #implementation
        };
        #named
        #definition
        const _: () = {
            use #root::__private::here as #here;

            #input
            impl #here::Parts for #ident {
                type Input = #input_name;
            }
            #graph
            #callable
            #demands
            #state
        };
    }
}

fn input_name(saga: &Saga) -> syn::Ident {
    format_ident!("__{}Input", pascal(&plain(&saga.function.ident)))
}

/// Returns what stands for the saga where it is named: the type, and the function that gives calls.
fn named(saga: &Saga) -> TokenStream {
    let (root, function) = (&saga.saga, &saga.function);
    let (vis, ident, docs, outer) = (&function.vis, &function.ident, &function.docs, &function.outer);
    let fallback = docs.is_empty().then(|| {
        let text = format!("The saga `{}`.", saga.name);
        quote!(#[doc = #text])
    });
    let names = function.recorded().map(|p| &p.ident);
    let called_with = &function.called_with;
    let fn_token = function.fn_token;
    let diagram = diagram::docs(saga);
    quote! {
        #(#docs)*
        #fallback
        #[allow(non_camel_case_types, dead_code)]
        #vis enum #ident {}

        #(#docs)*
        #fallback
        #diagram
        #(#outer)*
        #vis #fn_token #ident(#(#called_with),*) -> #root::__private::SagaCall<#ident> {
            #root::__private::SagaCall::new(::core::convert::From::from((#(#names,)*)))
        }
    }
}

fn implementation(saga: &Saga) -> TokenStream {
    let (root, function, name) = (&saga.here, &saga.function, &saga.name);
    let (ident, state) = (&function.ident, &saga.state);
    let output = &function.output;
    let (good, bad) = results(output, &saga.saga);
    let version = saga.version.map(|version| quote!(const VERSION: u32 = #version;));
    let undoable = saga.undoable.then(|| {
        quote!(
            const UNDOABLE: bool = true;
        )
    });
    let deadline = saga.deadline_ms.map(|ms| {
        let deadline = duration(ms);
        quote! {
            const DEADLINE: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#deadline);
        }
    });
    let register = register(saga);
    let body = body(saga);
    // Not `automatically_derived`: the compiler would not warn of what is unused in the body.
    quote! {
        impl #root::Saga for #ident {
            const NAME: &'static str = #name;
            #version
            const GRAPH: ::core::option::Option<&'static #root::graph::Graph> =
                ::core::option::Option::Some(Self::GRAPH);
            #undoable
            #deadline
            type Input = <Self as #root::Parts>::Input;
            type Output = #good;
            type Error = #bad;
            type State = #state;
            #body
            #register
        }
    }
}

/// Registers what the body calls, and the types of its signals; nothing if a rule is broken in it.
fn register(saga: &Saga) -> TokenStream {
    let (root, callees) = (&saga.here, &saga.callees);
    let (registry, each) = (local("registry"), local("register"));
    if !saga.sound || callees.is_empty() && saga.signals.is_empty() {
        return quote!(fn register(_: &mut #root::Registry) {});
    }
    let ident = &saga.function.ident;
    let signals = saga.signals.iter().map(|(place, of)| quote!(<#root::SignalOf<#of>>::at::<#ident, #place>));
    // What cannot be recorded is said where it is awaited.
    let unread = (!saga.signals.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use #root::Unread as _;
        }
    });
    quote! {
        fn register(#registry: &mut #root::Registry) {
            #unread
            const CALLED: &[fn(&mut #root::Registry)] = &[
                #(<#callees as #root::Callable>::REGISTER,)*
                #(#signals,)*
            ];
            for #each in CALLED {
                #each(#registry);
            }
        }
    }
}

/// Writes the implementation of `Callable`, for the sagas that call this one.
fn callable(saga: &Saga) -> TokenStream {
    let (root, ident, name, state) = (&saga.here, &saga.function.ident, &saga.name, &saga.state);
    let origin = origin(ident);
    let undo = if saga.undoable { quote!(Compensated) } else { quote!(Irreversible) };
    quote! {
        #[automatically_derived]
        impl #root::Callable for #ident {
            const LABEL: &'static str = #name;
            const ORIGIN: &'static str = #origin;
            const WHAT: #root::graph::What = #root::graph::What::Saga(Self::GRAPH);
            const REGISTER: fn(&mut #root::Registry) = #root::Registry::child::<Self>;
            type Undo = #root::undo::#undo;
            type At = #state;
        }
    }
}

/// Writes the body: its input, and then what the user wrote. A body in which a rule is broken is there for an editor alone:
/// the mistake is reported, and what else follows from it need not be.
fn body(saga: &Saga) -> TokenStream {
    let (root, function) = (&saga.here, &saga.function);
    let (inner, fn_token, output) = (&function.inner, function.fn_token, &function.output);
    let recorded: Vec<_> = function.recorded().collect();
    let params = recorded.iter().map(|p| {
        let (attrs, mutability, ident) = (&p.attrs, &p.mutability, &p.ident);
        // With a span of the macro's own, or the compiler would suggest to leave the field out.
        let mut field = ident.clone();
        field.set_span(Span::mixed_site().located_at(ident.span()));
        quote!(#(#attrs)* #field: #mutability #ident)
    });
    let input = quote!(let Self::Input { #(#params),* } = #root::input().await;);
    let block = rewrite(&function.block, &saga.body, root);
    let run = if never_ends(&function.block) {
        let stmts = &block.stmts;
        quote!(#(#stmts)*)
    } else {
        let result = local("result");
        quote! {
            let #result: #output = #block;
            #[allow(unreachable_code)]
            return #root::Exit::of(#result);
        }
    };
    let body = if saga.sound {
        quote!(#input #run)
    } else {
        quote! {
            #[cfg(rust_analyzer)]
            {
                #input
                #run
            }
            #[cfg(not(rust_analyzer))]
            return ::core::future::pending().await;
        }
    };
    let allowed = (!saga.sound).then(|| quote!(#[allow(unexpected_cfgs)]));
    quote! {
        #(#inner)*
        #allowed
        async #fn_token body(_: #root::SagaContext) -> #root::Exit<Self::Output, Self::Error> {
            #body
        }
    }
}
