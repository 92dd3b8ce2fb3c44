//! The signature of an annotated function: its parameters, and what each of them is. Common to steps and sagas.

use proc_macro2::Ident;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, FnArg, ItemFn, Pat, ReturnType, Safety, Token, Type, TypeImplTrait, TypeReference,
    Visibility,
};

use crate::diagnostic::{Diagnostic, Report};

/// A function that is to become a step or a saga.
pub(crate) struct Function {
    pub(crate) docs: Vec<Attribute>,
    /// All attributes that are neither documentation nor for callers.
    pub(crate) inner: Vec<Attribute>,
    /// Attributes that are for callers.
    pub(crate) outer: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) fn_token: Token![fn],
    pub(crate) ident: Ident,
    pub(crate) params: Vec<Param>,
    pub(crate) output: Type,
    pub(crate) block: Block,
}

/// A parameter.
pub(crate) struct Param {
    pub(crate) ident: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    /// Those for the field of the recorded input.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

/// What a parameter is.
pub(crate) enum Role {
    /// Recorded input.
    Recorded,
    /// A resource of that type.
    Resource(Box<Type>),
    /// The idempotency key.
    Key,
    /// The step's context.
    Context,
}

/// What is being made of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Step,
    Saga,
}

impl What {
    fn noun(self) -> &'static str {
        match self {
            What::Step => "step",
            What::Saga => "saga",
        }
    }
}

impl Function {
    /// The parameters that are recorded.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = &Param> {
        self.params.iter().filter(|p| matches!(p.role, Role::Recorded))
    }

    /// The parameter that is the idempotency key.
    pub(crate) fn key(&self) -> Option<&Param> {
        self.params.iter().find(|p| matches!(p.role, Role::Key))
    }

    /// Reads the function; `None` if there is too little to go on.
    pub(crate) fn read(item: ItemFn, what: What, report: &mut Report) -> Option<Self> {
        let noun = what.noun();
        let before = report.count();
        check_qualifiers(&item, noun, report);
        // Lifetimes that are declared are reported there.
        let declared = !item.sig.generics.params.is_empty();
        let param = |arg| read_param(arg, what, declared, report);
        let params = item.sig.inputs.iter().filter_map(param).collect();
        let output = match &item.sig.output {
            ReturnType::Type(_, ty) => {
                check_output(ty, noun, report);
                (**ty).clone()
            }
            ReturnType::Default => {
                let diagnostic =
                    Diagnostic::at(item.sig.ident.span(), format!("{} returns nothing", a(noun)))
                        .why("it has to be able to say that it failed")
                        .fix("return a `Result`, if only `Result<(), saga::Failure>`");
                report.add(diagnostic);
                return None;
            }
        };
        if report.count() > before {
            return None;
        }
        let (docs, rest): (Vec<_>, Vec<_>) = item.attrs.into_iter().partition(|a| a.path().is_ident("doc"));
        let for_callers =
            |a: &Attribute| ["deprecated", "must_use"].iter().any(|name| a.path().is_ident(name));
        let (outer, inner) = rest.into_iter().partition(for_callers);
        Some(Self {
            docs,
            inner,
            outer,
            vis: item.vis,
            fn_token: item.sig.fn_token,
            ident: item.sig.ident,
            params,
            output,
            block: *item.block,
        })
    }
}

fn a(noun: &str) -> String {
    format!("a {noun}")
}

/// `async`, and nothing else that a free function can be.
fn check_qualifiers(item: &ItemFn, noun: &str, report: &mut Report) {
    let sig = &item.sig;
    if sig.asyncness.is_none() {
        let diagnostic = Diagnostic::at(sig.fn_token.span, format!("{} is an `async fn`", a(noun)))
            .why("what it does takes time, and time is waited for by the runtime")
            .fix(format!("`async fn {}`", sig.ident));
        report.add(diagnostic);
    }
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        let lifetimes = sig.generics.params.iter().all(|p| matches!(p, syn::GenericParam::Lifetime(_)));
        let fix = if lifetimes && !sig.generics.params.is_empty() {
            "leave the lifetimes out: `&Airline` is enough"
        } else {
            "name the types, or write one for each"
        };
        let generics = &sig.generics;
        let diagnostic = Diagnostic::over(generics, format!("{} has no generics", a(noun)))
            .why("it is found again by its name, after a restart, when nothing is left of a type parameter")
            .fix(fix);
        report.add(diagnostic);
    }
    let odd = sig.constness.map(|c| (c.span, "const")).or(match &sig.safety {
        Safety::Unsafe(token) => Some((token.span, "unsafe")),
        _ => None,
    });
    let odd = odd.or_else(|| sig.abi.as_ref().map(|abi| (abi.span(), "extern")));
    if let Some((span, word)) = odd {
        report.add(
            Diagnostic::at(span, format!("{} is not `{word}`", a(noun))).fix(format!("leave `{word}` out")),
        );
    }
}

/// What can be seen to be no `Result`; the rest is for the compiler to judge, which knows what names stand for.
fn check_output(ty: &Type, noun: &str, report: &mut Report) {
    const NO_RESULTS: [&str; 24] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
        "u128", "usize", "str", "String", "Option", "Vec", "Box", "Arc", "HashMap", "BTreeMap",
    ];
    let is_none = match ty {
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|s| NO_RESULTS.iter().any(|no| s.ident == no))
        }
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) | Type::Reference(_) | Type::Never(_) => true,
        _ => false,
    };
    if is_none {
        let shown = quote::ToTokens::to_token_stream(ty);
        let diagnostic = Diagnostic::over(ty, format!("{} returns a `Result`", a(noun)))
            .why("it has to be able to say that it failed")
            .fix(format!("`Result<{shown}, E>`, or `Result<{shown}, saga::Failure>`"));
        report.add(diagnostic);
    }
}

fn read_param(arg: &FnArg, what: What, declared: bool, report: &mut Report) -> Option<Param> {
    let noun = what.noun();
    let typed = match arg {
        FnArg::Receiver(receiver) => {
            let diagnostic = Diagnostic::over(receiver, format!("{} takes no `self`", a(noun)))
                .why("it is found again by its name, after a restart, when no object is left")
                .fix(match what {
                    What::Step => "a free function that takes the object as a resource: `airline: &Airline`",
                    What::Saga => "a free function that takes recorded values",
                });
            report.add(diagnostic);
            return None;
        }
        FnArg::Typed(typed) => typed,
    };
    let Pat::Ident(name) = &*typed.pat else {
        let what = format!("a parameter of {} has a name", a(noun));
        let why = "the name is recorded with the value";
        report.add(
            Diagnostic::over(&typed.pat, what).why(why).fix("name it, and take it apart inside the function"),
        );
        return None;
    };
    if name.by_ref.is_some() || name.subpat.is_some() {
        let what = format!("a parameter of {} has a plain name", a(noun));
        report.add(Diagnostic::over(name, what).fix(format!("`{}: …`", name.ident)));
        return None;
    }
    let before = report.count();
    let role = role_of(&typed.ty, what, declared, &name.ident, report);
    if report.count() > before {
        return None;
    }
    Some(Param {
        ident: name.ident.clone(),
        mutability: name.mutability,
        attrs: typed.attrs.clone(),
        ty: (*typed.ty).clone(),
        role,
    })
}

fn role_of(ty: &Type, what: What, declared: bool, name: &Ident, report: &mut Report) -> Role {
    let mut borrows = Borrows { report, name, inside: !matches!(ty, Type::Reference(_)) };
    match ty {
        Type::Reference(reference) if what == What::Step => {
            if let Some(token) = &reference.mutability {
                let diagnostic = Diagnostic::at(token.span, "a step takes no `&mut`")
                    .why("a resource is shared by all steps that run")
                    .fix("`&`, and a lock or a channel inside the resource");
                borrows.report.add(diagnostic);
                return Role::Recorded;
            }
            if let Some(lifetime) = reference.lifetime.as_ref().filter(|_| !declared) {
                let diagnostic = Diagnostic::over(lifetime, "a step names no lifetimes")
                    .why("a resource lives as long as the runtime, and is borrowed for one attempt")
                    .fix("leave it out: `&Airline` is enough");
                borrows.report.add(diagnostic);
                return Role::Recorded;
            }
            resource(reference, name, borrows.report)
        }
        Type::Reference(reference) => {
            let (owned, is_text) = owned_of(&reference.elem);
            let fix = match is_text {
                true => format!("`{name}: {owned}`"),
                false => {
                    format!("`{name}: {owned}`; what a step needs of the runtime, the step takes itself")
                }
            };
            let diagnostic = Diagnostic::over(reference, "a saga takes no references")
                .why("its input is recorded, and read again after a restart, when nothing is left to borrow from")
                .fix(fix);
            borrows.report.add(diagnostic);
            Role::Recorded
        }
        ty => {
            borrows.visit_type(ty);
            Role::Recorded
        }
    }
}

/// A reference that a step takes.
fn resource(reference: &TypeReference, name: &Ident, report: &mut Report) -> Role {
    let elem = &*reference.elem;
    let (owned, is_text) = owned_of(elem);
    if is_text {
        let diagnostic = Diagnostic::over(reference, format!("`{name}` is text or a slice by reference"))
            .why("references are resources of the runtime; what is called with is recorded, and recorded values are owned")
            .fix(format!("`{name}: {owned}`"));
        report.add(diagnostic);
        return Role::Recorded;
    }
    Borrows { report, name, inside: true }.visit_type(elem);
    match elem {
        Type::Path(path) => match path.path.segments.last().map(|s| s.ident.to_string()).as_deref() {
            Some("IdempotencyKey") => Role::Key,
            Some("StepContext") => Role::Context,
            _ => Role::Resource(Box::new(elem.clone())),
        },
        _ => Role::Resource(Box::new(elem.clone())),
    }
}

/// The owned type for a borrowed one, and whether it is text or a slice.
fn owned_of(elem: &Type) -> (String, bool) {
    let text = quote::ToTokens::to_token_stream(elem).to_string();
    match elem {
        Type::Path(path) if path.path.is_ident("str") => ("String".to_owned(), true),
        Type::Slice(slice) => {
            let elem = quote::ToTokens::to_token_stream(&slice.elem);
            (format!("Vec<{elem}>"), true)
        }
        _ => (text, false),
    }
}

/// Finds what cannot be recorded by its syntax alone.
struct Borrows<'a> {
    report: &'a mut Report,
    name: &'a Ident,
    inside: bool,
}

impl Visit<'_> for Borrows<'_> {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        if self.inside {
            let name = self.name;
            let diagnostic = Diagnostic::over(reference, format!("`{name}` holds a reference"))
                .why("what is called with is recorded, and recorded values are owned")
                .fix(format!("own it: `{}`", owned_of(&reference.elem).0));
            self.report.add(diagnostic);
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        let diagnostic = Diagnostic::over(ty, format!("`{}` has no type that could be recorded", self.name))
            .why("a recorded value is read again by its type, after a restart")
            .fix("name a type; a trait may be taken as a resource: `&dyn Bank`");
        self.report.add(diagnostic);
    }
}
