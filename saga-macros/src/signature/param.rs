//! What a parameter is: recorded input, a resource, the key or the context. What can be none of them is reported.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{
    FnArg, GenericArgument, ItemFn, Pat, PatType, PathArguments, PathSegment, Receiver, Type, TypeFnPtr,
    TypeImplTrait, TypeReference, TypeTraitObject,
};

use super::{Param, Role, VALUES, What, a};
use crate::diagnostic::{Diagnostic, Report};
use crate::recorded;

/// Reads one; `None` if something is wrong with it, which is reported.
pub(super) fn read_param(arg: &FnArg, what: What, declared: bool, report: &mut Report) -> Option<Param> {
    let noun = what.noun();
    let typed = match arg {
        // That is reported by itself, and alone.
        FnArg::Receiver(_) => return None,
        FnArg::Typed(typed) => typed,
    };
    let name = read_name(typed, noun, report)?;
    let before = report.count();
    let role = role_of(&typed.ty, what, declared, name, report);
    let (docs, attrs): (Vec<_>, Vec<_>) =
        typed.attrs.iter().cloned().partition(|attr| attr.path().is_ident("doc"));
    let (attrs, default) = recorded::attributes(&attrs, &typed.ty, report);
    if report.count() > before {
        return None;
    }
    let mutability = match &*typed.pat {
        Pat::Ident(name) => name.mutability,
        _ => None,
    };
    Some(Param { ident: name.clone(), mutability, docs, attrs, default, ty: (*typed.ty).clone(), role })
}

/// Reports a method, which is neither a step nor a saga.
pub(super) fn method(receiver: &Receiver, item: &ItemFn, what: What) -> Diagnostic {
    let (noun, name) = (what.noun(), &item.sig.ident);
    Diagnostic::over("SG0203", receiver, format!("{} takes no `self`", a(noun)))
        .why("it is found again by its name, after a restart, when no object is left")
        .fix(match what {
            What::Step => format!(
                "a free function beside the `impl`, that takes the object as a resource: `#[step(…)] async fn {name}(object: &Object, …)`"
            ),
            What::Saga => format!("a free function beside the `impl`, that takes recorded values: `#[saga] async fn {name}(…)`"),
        })
}

fn read_name<'a>(typed: &'a PatType, noun: &str, report: &mut Report) -> Option<&'a Ident> {
    if let Pat::Ident(name) = &*typed.pat
        && name.by_ref.is_none()
        && name.subpat.is_none()
    {
        return Some(&name.ident);
    }
    let fix = match &*typed.pat {
        Pat::Ident(name) => format!("`{}: …`", name.ident),
        Pat::Wild(_) => "name it, such as `_reason`".to_owned(),
        _ => "name it, and take it apart inside the function".to_owned(),
    };
    let diagnostic =
        Diagnostic::over("SG0208", &typed.pat, format!("a parameter of {} has a plain name", a(noun)))
            .why("the name is recorded with the value")
            .fix(fix);
    report.add(diagnostic);
    None
}

fn role_of(ty: &Type, what: What, declared: bool, name: &Ident, report: &mut Report) -> Role {
    match ty {
        Type::Reference(reference) if what == What::Step => {
            if let Some(token) = &reference.mutability {
                let diagnostic = Diagnostic::at("SG0205", token.span, "a step takes no `&mut`")
                    .why("a resource is shared by all steps that run")
                    .fix("`&`, and a lock or a channel inside the resource");
                report.add(diagnostic);
                return Role::Recorded;
            }
            if let Some(lifetime) = reference.lifetime.as_ref().filter(|_| !declared) {
                let diagnostic = Diagnostic::over("SG0209", lifetime, "a step names no lifetimes")
                    .why("a resource lives as long as the runtime, and is borrowed for one attempt")
                    .fix(format!("leave it out: `&{}`", reference.elem.to_token_stream()));
                report.add(diagnostic);
                return Role::Recorded;
            }
            resource(reference, name, report)
        }
        Type::Reference(reference) => {
            let owned = owned_of(&reference.elem);
            let fix = match is_value(&reference.elem) {
                true => format!("`{name}: {owned}`"),
                false => {
                    format!("`{name}: {owned}`; what a step needs of the runtime, the step takes itself")
                }
            };
            let diagnostic = Diagnostic::over("SG0214", reference, "a saga takes no references")
                .why("its input is recorded, and read again after a restart, when nothing is left to borrow from")
                .fix(fix);
            report.add(diagnostic);
            Role::Recorded
        }
        ty if what == What::Step && shared(ty).is_some() => {
            let inner = shared(ty).unwrap_or_default();
            let what = format!("`{name}` is shared, and would be recorded");
            let diagnostic = Diagnostic::over("SG0217", ty, what)
                .why("a parameter by value is recorded; what a step needs of the program, such as a client, the runtime gives it by reference")
                .fix(format!("`{name}: &{inner}`, registered by `.shared_resource(…)`; and it is left out where the step is called"));
            report.add(diagnostic);
            Role::Recorded
        }
        ty => {
            let mut unowned = match what {
                What::Step => Unowned::of_step(report, name),
                What::Saga => Unowned::of(report, format!("`{name}`")),
            };
            unowned.visit_type(ty);
            Role::Recorded
        }
    }
}

/// Returns the role of a reference that a step takes.
fn resource(reference: &TypeReference, name: &Ident, report: &mut Report) -> Role {
    let elem = &*reference.elem;
    if is_value(elem) {
        let diagnostic = Diagnostic::over("SG0204", reference, format!("`{name}` is a plain value by reference"))
            .why("references are resources of the runtime; what is called with is recorded, and recorded values are owned")
            .fix(format!("`{name}: {}`", owned_of(elem)));
        report.add(diagnostic);
        return Role::Recorded;
    }
    Unowned::of_step(report, name).visit_type(elem);
    match elem {
        Type::Path(path) => match path.path.segments.last().map(|s| s.ident.to_string()).as_deref() {
            Some("IdempotencyKey") => Role::Key,
            Some("StepContext") => Role::Context,
            _ => Role::Resource(Box::new(elem.clone())),
        },
        _ => Role::Resource(Box::new(elem.clone())),
    }
}

/// Returns true if it is not a resource, but text, a slice or another plain value.
pub(super) fn is_value(elem: &Type) -> bool {
    match elem {
        Type::Path(path) => {
            let is = |name: &&str| path.path.is_ident(name);
            let generic = ["Vec", "Option", "HashMap", "BTreeMap"];
            VALUES.iter().any(is)
                || path.path.segments.last().is_some_and(|s| generic.iter().any(|name| s.ident == name))
        }
        Type::Slice(_) | Type::Array(_) | Type::Tuple(_) => true,
        _ => false,
    }
}

/// Returns the type in an `Arc` or an `Rc`, unless it is a plain value.
fn shared(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|s| s.ident == "Arc" || s.ident == "Rc")?;
    match &last.arguments {
        PathArguments::AngleBracketed(list) => list.args.first().and_then(|arg| match arg {
            GenericArgument::Type(inner) if !is_value(inner) => Some(shown(inner)),
            _ => None,
        }),
        _ => None,
    }
}

/// Returns the owned type for a borrowed one.
fn owned_of(elem: &Type) -> String {
    match elem {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", shown(&slice.elem)),
        _ => shown(elem),
    }
}

/// Returns the type as it is usually written.
pub(super) fn shown(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string();
    text.replace(" :: ", "::").replace(" < ", "<").replace("< ", "<").replace(" >", ">").replace(" ,", ",")
}

/// Returns the first type between `<` and `>`, and whether a `'static` is there as well; `None` if there is nothing.
fn inner_of(segment: &PathSegment) -> Option<(Option<&Type>, bool)> {
    let PathArguments::AngleBracketed(list) = &segment.arguments else { return None };
    let ty = list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    let is_static = |argument: &GenericArgument| matches!(argument, GenericArgument::Lifetime(lifetime) if lifetime.ident == "static");
    Some((ty, list.args.iter().any(is_static)))
}

/// Returns true if it is written as `null`, as `None` is: by its looks.
fn is_null_too(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Option"),
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        _ => false,
    }
}

/// Finds what cannot be recorded by its syntax alone.
pub(super) struct Unowned<'a> {
    report: &'a mut Report,
    whose: String,
    instead: &'static str,
}

impl<'a> Unowned<'a> {
    /// In the type of a step's parameter.
    fn of_step(report: &'a mut Report, name: &Ident) -> Self {
        let instead = "name a type; a trait may be taken as a resource: `&dyn Bank`";
        Self { instead, ..Self::of(report, format!("`{name}`")) }
    }

    /// In the type of that.
    pub(super) fn of(report: &'a mut Report, whose: String) -> Self {
        Self { report, whose, instead: "name a type" }
    }
}

impl Visit<'_> for Unowned<'_> {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        let diagnostic = Diagnostic::over("SG0210", reference, format!("{} holds a reference", self.whose))
            .why("it is recorded, and read again after a restart, when nothing is left to borrow from")
            .fix(format!("own it: `{}`", owned_of(&reference.elem)));
        self.report.add(diagnostic);
    }

    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        let diagnostic =
            Diagnostic::over("SG0206", ty, format!("{} has no type that could be recorded", self.whose))
                .why("a recorded value is read again by its type, after a restart")
                .fix(self.instead);
        self.report.add(diagnostic);
    }

    // Other types that cannot go are for the compiler to find; this one is known to all by its name.
    fn visit_path_segment(&mut self, segment: &PathSegment) {
        if segment.ident == "Rc" {
            let what = format!("{} holds an `Rc`, which cannot go to another thread", self.whose);
            let diagnostic = Diagnostic::at("SG0902", segment.ident.span(), what)
                .why("a worker runs sagas on several threads")
                .fix("`Arc`: `use std::sync::Arc;`");
            self.report.add(diagnostic);
        }
        let inner = inner_of(segment);
        if segment.ident == "Option" && inner.as_ref().is_some_and(|(ty, _)| ty.is_some_and(is_null_too)) {
            let what =
                format!("{} holds an `Option` in which `Some` may be written as `None` is", self.whose);
            let diagnostic = Diagnostic::over("SG0904", segment, what)
                .why("both are `null` where it is recorded, and would be read as `None`")
                .fix("an enum of your own, which says what each of the two means");
            self.report.add(diagnostic);
        }
        if segment.ident == "Cow" && inner.is_some_and(|(_, is_static)| !is_static) {
            let diagnostic = Diagnostic::over("SG0210", segment, format!("{} holds a reference", self.whose))
                .why("it is recorded, and read again after a restart, when nothing is left to borrow from")
                .fix("`Cow<'static, …>`, or own it: `String`");
            self.report.add(diagnostic);
            return;
        }
        visit::visit_path_segment(self, segment);
    }

    // What is behind a trait or a function is not held.
    fn visit_type_trait_object(&mut self, _: &TypeTraitObject) {}
    fn visit_type_fn_ptr(&mut self, _: &TypeFnPtr) {}
}
