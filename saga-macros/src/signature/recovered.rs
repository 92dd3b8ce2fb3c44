//! What is left of a step with a wrong signature: enough to name it, call it and await it, so that one mistake is one
//! report. It never runs: there is an error.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{FnArg, ItemFn, Path, ReturnType, Type, parse_quote};

use super::foreign::error_of;
use super::param::{Unowned, is_value, read_param};
use super::{Function, Param, RECORDED_MAX, Role, What, is_no_result};
use crate::diagnostic::Report;

impl Function {
    /// Returns the function without what is wrong with it; `None` of a method, beside which no type can stand.
    pub(crate) fn recovered(mut item: ItemFn, what: What, saga: &Path) -> Option<Self> {
        if item.sig.receiver().is_some() {
            return None;
        }
        let declared = declared(&item);
        let (mut params, mut called_with): (Vec<Param>, Vec<TokenStream>) = Default::default();
        for arg in &item.sig.inputs {
            let mut reported = Report::default();
            let read = read_param(arg, what, false, &mut reported).filter(|_| reported.count() == 0);
            match read.filter(|param| !mentions(&param.ty, &declared)) {
                Some(param) => match &param.role {
                    Role::Recorded if called_with.len() < RECORDED_MAX => {
                        called_with.push(param.written());
                        params.push(param);
                    }
                    Role::Recorded => {
                        let ty = &param.ty;
                        called_with.push(quote!(_: #ty));
                    }
                    Role::Key => params.push(param),
                    Role::Resource(_) | Role::Context => {}
                },
                // It is called with something there, whatever that may be.
                None if is_called_with(arg) => called_with.push(quote!(_: impl ::core::marker::Sized)),
                None => {}
            }
        }
        let output = output(&item, &declared, saga);
        // The body is not run, but it is still checked, and an editor completes in it.
        let written = written(&item).filter(|_| what == What::Step);
        item.block = parse_quote!({ #written ::core::panic!() });
        item.attrs.push(parse_quote!(#[allow(unused, clippy::all)]));
        Some(Self { called_with, sound: false, ..Self::of(item, params, output) })
    }
}

/// Returns the function as it was written, unless it returns what a `?` in it could not give.
fn written(item: &ItemFn) -> Option<ItemFn> {
    match &item.sig.output {
        ReturnType::Type(_, ty) if !is_no_result(ty) => {}
        _ => return None,
    }
    let mut written = item.clone();
    written.sig.asyncness.get_or_insert_with(Default::default);
    written.sig.constness = None;
    written.sig.abi = None;
    written.attrs.retain(|attr| !attr.path().is_ident("doc"));
    for arg in &mut written.sig.inputs {
        without_ours(arg);
    }
    Some(written)
}

/// Removes the attributes that are ours: the compiler refuses them on a parameter.
pub(crate) fn without_ours(arg: &mut FnArg) {
    if let FnArg::Typed(typed) = arg {
        typed.attrs.retain(|attr| !["serde", "doc"].iter().any(|ours| attr.path().is_ident(ours)));
    }
}

/// Returns the names of type parameters, lifetimes and constants.
fn declared(item: &ItemFn) -> Vec<Ident> {
    let names = item.sig.generics.params.iter().map(|param| match param {
        syn::GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.clone(),
        syn::GenericParam::Type(ty) => ty.ident.clone(),
        syn::GenericParam::Const(constant) => constant.ident.clone(),
    });
    names.collect()
}

fn mentions(tokens: &impl ToTokens, names: &[Ident]) -> bool {
    tokens.to_token_stream().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        _ => false,
    })
}

/// Returns true if a caller would give it: it is not a reference to a resource.
fn is_called_with(arg: &FnArg) -> bool {
    match arg {
        FnArg::Receiver(_) => false,
        FnArg::Typed(typed) => match &*typed.ty {
            Type::Reference(reference) => is_value(&reference.elem),
            _ => true,
        },
    }
}

fn output(item: &ItemFn, declared: &[Ident], saga: &Path) -> Type {
    let nothing: Type = parse_quote!(::core::result::Result<(), #saga::Failure>);
    let ReturnType::Type(_, ty) = &item.sig.output else { return nothing };
    let mut reported = Report::default();
    syn::visit::Visit::visit_type(&mut Unowned::of(&mut reported, String::new()), ty);
    if reported.count() > 0 || mentions(ty, declared) {
        nothing
    } else if let Some(foreign) = error_of(ty) {
        let good = foreign.good;
        parse_quote!(::core::result::Result<#good, #saga::Failure>)
    } else if is_no_result(ty) {
        parse_quote!(::core::result::Result<#ty, #saga::Failure>)
    } else {
        (**ty).clone()
    }
}
