//! The signature of an annotated function: its parameters, and what each of them is. Common to steps and sagas.

pub(crate) mod foreign;
mod param;
mod recovered;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::visit::Visit as _;
use syn::{
    Attribute, Block, GenericParam, ItemFn, PathArguments, ReturnType, Safety, Token, Type, Visibility,
};

use crate::diagnostic::{Diagnostic, Report};
use crate::names::plain;
use param::{Unowned, read_param, shown};

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
    /// What it is called with, as parameters are written.
    pub(crate) called_with: Vec<TokenStream>,
    pub(crate) output: Type,
    pub(crate) block: Block,
    /// False if what was wrong with it, which has been reported, is left out here.
    pub(crate) sound: bool,
}

/// A parameter of a step or saga.
pub(crate) struct Param {
    pub(crate) ident: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    /// Its doc comment.
    pub(crate) docs: Vec<Attribute>,
    /// Those that are neither documentation nor about recording.
    pub(crate) attrs: Vec<Attribute>,
    /// The function that gives it when a record, which may be older than it, does not have it.
    pub(crate) default: Option<TokenStream>,
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

/// What a parameter is.
pub(crate) enum Role {
    /// A part of the recorded input.
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
    /// Returns the parameters that are recorded.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = &Param> {
        self.params.iter().filter(|p| matches!(p.role, Role::Recorded))
    }

    /// Returns the parameter that is the idempotency key.
    pub(crate) fn key(&self) -> Option<&Param> {
        self.params.iter().find(|p| matches!(p.role, Role::Key))
    }

    /// Returns true if it takes the key: as a parameter, or of its context, which it asks for it.
    pub(crate) fn takes_key(&self) -> bool {
        let context = self.params.iter().find(|p| matches!(p.role, Role::Context));
        self.key().is_some()
            || context.is_some_and(|cx| asks_for_key(self.block.to_token_stream(), &cx.ident))
    }

    /// Reads the function; `None` if something is wrong with it, which is reported.
    pub(crate) fn read(item: ItemFn, what: What, report: &mut Report) -> Option<Self> {
        let before = report.count();
        if let Some(receiver) = item.sig.receiver() {
            // All else that is wrong with a method is so because it is one.
            report.add(param::method(receiver, &item, what));
            return None;
        }
        check_qualifiers(&item, what.noun(), report);
        // Lifetimes that are declared are reported there.
        let declared = !item.sig.generics.params.is_empty();
        let params: Vec<Param> =
            item.sig.inputs.iter().filter_map(|arg| read_param(arg, what, declared, report)).collect();
        check_number(&params, what.noun(), report);
        let output = read_output(&item, what.noun(), report)?;
        if report.count() > before {
            return None;
        }
        let called_with = params.iter().filter(|p| matches!(p.role, Role::Recorded)).map(Param::written);
        Some(Self { called_with: called_with.collect(), ..Self::of(item, params, output) })
    }

    /// Returns the function with these parameters and this output.
    fn of(item: ItemFn, params: Vec<Param>, output: Type) -> Self {
        let (docs, rest): (Vec<_>, Vec<_>) = item.attrs.into_iter().partition(|a| a.path().is_ident("doc"));
        let for_callers =
            |a: &Attribute| ["deprecated", "must_use"].iter().any(|name| a.path().is_ident(name));
        let (outer, inner) = rest.into_iter().partition(for_callers);
        Self {
            docs,
            inner,
            outer,
            vis: item.vis,
            fn_token: item.sig.fn_token,
            ident: item.sig.ident,
            params,
            called_with: Vec::new(),
            output,
            block: *item.block,
            sound: true,
        }
    }
}

impl Param {
    /// As a parameter of the function that gives calls.
    fn written(&self) -> TokenStream {
        let (ident, ty) = (&self.ident, &self.ty);
        quote!(#ident: #ty)
    }
}

/// Returns the item as a function, if it is one.
pub(crate) fn function(item: &TokenStream, what: What) -> Result<ItemFn, Report> {
    syn::parse2(item.clone()).map_err(|error| {
        let noun = what.noun();
        let tokens: Vec<String> = item.clone().into_iter().map(|token| token.to_string()).collect();
        let is_function = tokens.iter().any(|token| token == "fn");
        let diagnostic = match is_function {
            true => Diagnostic::at("SG0211", error.span(), format!("this {noun} cannot be read: {error}")),
            false => {
                Diagnostic::over("SG0211", item, format!("{} is an `async fn`, and this is none", a(noun)))
            }
        };
        let mut report = Report::default();
        // A function without a body is reported by the compiler itself.
        if !(is_function && tokens.last().is_some_and(|last| last == ";")) {
            report.add(
                diagnostic
                    .why("its parameters are what is recorded, and its body is what is run")
                    .fix(format!("`#[{noun}]` on a free `async fn` that has a body")),
            );
        }
        report
    })
}

fn a(noun: &str) -> String {
    format!("a {noun}")
}

/// `async`, and nothing else that a free function can be.
fn check_qualifiers(item: &ItemFn, noun: &str, report: &mut Report) {
    let sig = &item.sig;
    if sig.asyncness.is_none() {
        let diagnostic = Diagnostic::at("SG0201", sig.fn_token.span, format!("{} is an `async fn`", a(noun)))
            .why("what it does takes time, and time is waited for by the runtime")
            .fix(format!("`async fn {}`", sig.ident));
        report.add(diagnostic);
    }
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        let lifetimes = sig.generics.params.iter().all(|p| matches!(p, GenericParam::Lifetime(_)));
        let fix = if lifetimes && !sig.generics.params.is_empty() {
            "leave the lifetimes out: `&Airline` is enough"
        } else {
            "name the types, or write one for each"
        };
        let generics = generics_of(item);
        let diagnostic = Diagnostic::over("SG0207", &generics, format!("{} has no generics", a(noun)))
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
        let diagnostic = Diagnostic::at("SG0212", span, format!("{} is not `{word}`", a(noun)))
            .why("it is called by the runtime alone, while the program runs")
            .fix(format!("leave `{word}` out"));
        report.add(diagnostic);
    }
}

/// Returns what is between `<` and `>`, or else the `where`.
fn generics_of(item: &ItemFn) -> TokenStream {
    let generics = &item.sig.generics;
    match generics.params.is_empty() {
        true => generics.where_clause.to_token_stream(),
        false => generics.to_token_stream(),
    }
}

/// Returns true if `cx.key()` stands in the tokens.
fn asks_for_key(tokens: TokenStream, cx: &Ident) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.to_string() == text);
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Ident(ident) => ident == cx && is(at + 1, ".") && is(at + 2, "key"),
        TokenTree::Group(group) => asks_for_key(group.stream(), cx),
        _ => false,
    })
}

/// So many parameters can be recorded.
const RECORDED_MAX: usize = 16;

fn check_number(params: &[Param], noun: &str, report: &mut Report) {
    let recorded = params.iter().filter(|param| matches!(param.role, Role::Recorded));
    if let Some(param) = recorded.skip(RECORDED_MAX).map(|param| &param.ident).next() {
        let what = format!("{} takes no more than {RECORDED_MAX} recorded parameters", a(noun));
        let diagnostic = Diagnostic::at("SG0215", param.span(), what)
            .why("they are recorded by their names, and so many names are a type of their own")
            .fix("a struct that holds them, as one parameter");
        report.add(diagnostic);
    }
}

/// Returns what it returns; `None` if that is nothing at all.
fn read_output(item: &ItemFn, noun: &str, report: &mut Report) -> Option<Type> {
    let ReturnType::Type(_, ty) = &item.sig.output else {
        let diagnostic =
            Diagnostic::at("SG0202", item.sig.ident.span(), format!("{} returns nothing", a(noun)))
                .why("it has to be able to say that it failed")
                .fix("return a `Result`, if only `-> Result<(), saga::Failure>`, and end with `Ok(())`");
        report.add(diagnostic);
        return None;
    };
    if is_no_result(ty) {
        let shown = shown(ty);
        let diagnostic = Diagnostic::over("SG0202", ty, format!("{} returns a `Result`, and `{shown}` is none by its name", a(noun)))
            .why("it has to be able to say that it failed")
            .fix(format!(
                "`-> Result<{shown}, saga::Failure>`, and end with `Ok(…)`; an alias of a `Result` has a name that ends in `Result`"
            ));
        report.add(diagnostic);
    } else if let Some(foreign) = foreign::error_of(ty) {
        report.add(foreign::diagnostic(ty, &foreign, noun));
    } else {
        Unowned::of(report, format!("what the {noun} returns")).visit_type(ty);
    }
    Some((**ty).clone())
}

/// Returns true if the type does not look like a `Result`. Types could judge that as well, but would say so at every
/// mention of it.
fn is_no_result(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return true };
            let name = plain(&last.ident);
            // One that is imported under another name has two parts still.
            let is_pair =
                matches!(&last.arguments, PathArguments::AngleBracketed(list) if list.args.len() == 2);
            !name.ends_with("Result") && (!is_pair || VALUES.contains(&name.as_str()))
        }
        Type::Group(group) => is_no_result(&group.elem),
        Type::Paren(paren) => is_no_result(&paren.elem),
        Type::Macro(_) | Type::ImplTrait(_) => false,
        _ => true,
    }
}

/// Types that hold a plain value, by name.
const VALUES: [&str; 24] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize", "str", "String", "Option", "Vec", "Box", "Arc", "HashMap", "BTreeMap",
];
