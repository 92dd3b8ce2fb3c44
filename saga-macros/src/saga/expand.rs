//! A saga written out: a type, a function of the same name, its state, and the implementation of `Saga`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::names::{local, pascal, plain};
use crate::saga::model::Saga;
use crate::saga::rewrite::{never_ends, rewrite, witness};
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
    let implementation = implementation(saga);
    let demands = demand::demands(saga);
    let state = state::implementation(saga);
    let (root, here) = (&saga.saga, &saga.here);
    quote! {
        #named
        #definition
        const _: () = {
            use #root::__private as #here;

            #input
            #graph
            #implementation
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
    let (ident, state, input) = (&function.ident, &saga.state, input_name(saga));
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
    let origin = origin(ident);
    let undo = if saga.undoable { quote!(Compensated) } else { quote!(Irreversible) };
    let body = body(saga);
    quote! {
        #[automatically_derived]
        impl #root::Saga for #ident {
            const NAME: &'static str = #name;
            #version
            const GRAPH: ::core::option::Option<&'static #root::graph::Graph> =
                ::core::option::Option::Some(Self::GRAPH);
            #undoable
            #deadline
            type Input = #input;
            type Output = #good;
            type Error = #bad;
            type State = #state;
            #body
        }

        #[automatically_derived]
        impl #root::Callable for #ident {
            const LABEL: &'static str = #name;
            const ORIGIN: &'static str = #origin;
            const WHAT: #root::graph::What = #root::graph::What::Saga(Self::GRAPH);
            type Undo = #root::undo::#undo;
            type At = #state;
        }
    }
}

/// Returns the body: witnesses, registration, input, and then what was written.
fn body(saga: &Saga) -> TokenStream {
    let (root, function) = (&saga.here, &saga.function);
    let (inner, fn_token, output) = (&function.inner, function.fn_token, &function.output);
    let (cx, result) = (local("cx"), local("result"));
    let signature = quote! {
        #(#inner)*
        async #fn_token body(
            #cx: #root::SagaContext,
        ) -> #root::Exit<Self::Output, Self::Error>
    };
    if !saga.sound {
        // What is wrong has been said; whatever else follows from it need not be.
        return quote!(#signature { #cx.registered().await });
    }
    let (numbers, witnesses): (Vec<_>, Vec<_>) =
        (0..saga.body.sites.len()).map(|site| (site, witness(site))).unzip();
    let input = input_name(saga);
    let params = function.recorded().map(|p| {
        let (attrs, mutability, ident) = (&p.attrs, &p.mutability, &p.ident);
        quote!(#(#attrs)* #mutability #ident)
    });
    let block = rewrite(&function.block, &saga.body, root);
    let run = if never_ends(&function.block) {
        let stmts = &block.stmts;
        quote!(#(#stmts)*)
    } else {
        quote! {
            #[allow(unused_variables)]
            let #result: #output = #block;
            #[allow(unreachable_code)]
            return #root::Exit::of(#result);
        }
    };
    quote! {
        #signature {
            #(let #witnesses = #root::Witness::of(#numbers);)*
            if #cx.registers(&[#(&#witnesses),*]) {
                return #cx.registered().await;
            }
            let #input { #(#params),* } = #cx.input().await;
            #run
        }
    }
}
