//! The classes of an error's variants. What is missing or said twice is reported here; there is no more to check.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Generics, Index, Member, Meta, Path};

use crate::diagnostic::{Diagnostic, Report};
use crate::signature::foreign;
use crate::words::{self, Words, number_of};

/// An error of a step.
pub(crate) struct StepError {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) saga: Path,
    pub(crate) variants: Vec<Variant>,
}

/// One way of it.
pub(crate) struct Variant {
    /// `Self::Full`, or `Self`.
    pub(crate) path: TokenStream,
    pub(crate) class: Class,
    /// The field with the wait that the service asked for.
    pub(crate) retry_after: Option<Member>,
    /// Whether it is the service's answer to the key.
    pub(crate) conclusive: bool,
}

/// What it means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Transient,
    Permanent,
    InDoubt,
}

const CLASSES: [(&str, Class); 3] =
    [("transient", Class::Transient), ("permanent", Class::Permanent), ("in_doubt", Class::InDoubt)];

/// Reads the error.
pub(crate) fn read(item: &DeriveInput, report: &mut Report) -> StepError {
    let saga = crate_path(&item.attrs, report);
    let variants = match &item.data {
        Data::Enum(data) => {
            if let Some((attr, name)) = classes(&item.attrs).first() {
                let diagnostic = Diagnostic::over("SG0403", *attr, format!("`#[{name}]` on an enum"))
                    .why("each variant says what it means, so that none is forgotten when it is added")
                    .fix(format!("`#[{name}]` on the variants that it is true of"));
                report.add(diagnostic);
            }
            let variant = |v: &syn::Variant, report: &mut Report| {
                let ident = &v.ident;
                variant(
                    quote!(Self::#ident),
                    &format!("variant `{ident}`"),
                    ident,
                    &v.attrs,
                    &v.fields,
                    report,
                )
            };
            data.variants.iter().map(|v| variant(v, report)).collect()
        }
        Data::Struct(data) => {
            let shown = format!("`{}`", item.ident);
            vec![variant(quote!(Self), &shown, &item.ident, &item.attrs, &data.fields, report)]
        }
        Data::Union(data) => {
            let diagnostic =
                Diagnostic::at("SG0408", data.union_token.span, "an error of a step is no union")
                    .why("it is recorded, and a union does not know which of its fields it holds")
                    .fix(format!("`enum {}`", item.ident));
            report.add(diagnostic);
            Vec::new()
        }
    };
    StepError { ident: item.ident.clone(), generics: item.generics.clone(), saga, variants }
}

fn crate_path(attrs: &[Attribute], report: &mut Report) -> Path {
    let given = attrs.iter().find(|a| a.path().is_ident("step_error"));
    let tokens = match given.map(|a| &a.meta) {
        Some(Meta::List(list)) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Words::read("#[step_error]", &["crate"], tokens, report).crate_path(report)
}

fn classes(attrs: &[Attribute]) -> Vec<(&Attribute, &'static str)> {
    let class =
        |a: &Attribute| CLASSES.iter().find(|(name, _)| a.path().is_ident(name)).map(|(name, _)| *name);
    attrs.iter().filter_map(|a| Some((a, class(a)?))).collect()
}

fn variant(
    path: TokenStream,
    shown: &str,
    ident: &Ident,
    attrs: &[Attribute],
    fields: &Fields,
    report: &mut Report,
) -> Variant {
    let said = classes(attrs);
    if let Some((attr, name)) = said.get(1) {
        let first = said[0].1;
        let (what, fix) = match first == *name {
            true => (format!("{shown} is `#[{name}]` twice"), "say it once"),
            false => (
                format!("{shown} is `#[{first}]` and `#[{name}]`"),
                "keep one of the two; where it may be either, `#[in_doubt]`, or two variants",
            ),
        };
        let diagnostic = Diagnostic::over("SG0402", *attr, what)
            .why("an attempt is repeated, given up, or asked about: one of them")
            .fix(fix);
        report.add(diagnostic);
    }
    let Some((attr, name)) = said.first() else {
        let diagnostic = Diagnostic::at("SG0401", ident.span(), format!("{shown} does not say what it means for the step"))
            .why("whether an attempt happened decides if it is retried, undone, or asked about")
            .fix("`#[transient]` (it did not happen, try again), `#[permanent]` (it did not happen, and will not) or `#[in_doubt]` (it may have happened)");
        report.add(diagnostic);
        return Variant { path, class: Class::Permanent, retry_after: None, conclusive: false };
    };
    unrecorded(shown, ident, fields, report);
    let class = CLASSES.iter().find(|(known, _)| known == name).map_or(Class::Permanent, |(_, class)| *class);
    let words = words_of(attr, name, report);
    let (mut retry_after, mut conclusive) = (None, false);
    match (class, words) {
        (_, None) => {}
        (Class::Transient, Some(tokens)) => retry_after = wait(tokens, fields, report),
        (Class::Permanent, Some(tokens)) if !is_wait(tokens) => {
            let mut words = Words::read("#[permanent]", &["conclusive"], tokens.clone(), report);
            conclusive = words.flag("conclusive", report).is_some();
        }
        (Class::Permanent | Class::InDoubt, Some(tokens)) => {
            let (fix, why) = match is_wait(tokens) {
                true => ("only `transient` takes `retry_after`", "only what is tried again is waited for"),
                false => ("only `permanent` takes `conclusive`", "what may have happened proves nothing"),
            };
            let what = match class {
                Class::Permanent => format!("`{name}` takes no `retry_after`"),
                _ => format!("`{name}` takes no words"),
            };
            let fix = format!("`#[{name}]`; {fix}");
            report.add(Diagnostic::over("SG0404", tokens, what).why(why).fix(fix));
        }
    }
    Variant { path, class, retry_after, conclusive }
}

/// Reports a field that holds an error of another crate, by its name.
fn unrecorded(shown: &str, ident: &Ident, fields: &Fields, report: &mut Report) {
    for field in fields {
        let own = field.attrs.iter().any(|attr| attr.path().is_ident("serde"));
        if own || !foreign::is_of_others(&field.ty) {
            continue;
        }
        let ty = words::shown(&field.ty.to_token_stream());
        let from = field.attrs.iter().any(|attr| attr.path().is_ident("from"));
        let made = format!("`.map_err(|error| Self::{ident}(error.to_string()))` before the `?`")
            .replace("Self::", "…::");
        let diagnostic = Diagnostic::over("SG0413", &field.ty, format!("{shown} holds `{ty}`, which cannot be recorded"))
            .why("an error of a step is written into a journal, and read again after a crash; that of another crate is neither")
            .fix(format!("hold its text: `{ident}(String)`{}, made by {made}", if from { ", without `#[from]`" } else { "" }));
        report.add(diagnostic);
    }
}

/// Returns true for `retry_after = …`.
fn is_wait(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().next().is_some_and(|token| token.to_string() == "retry_after")
}

/// Returns what stands in the parentheses of a class.
fn words_of<'a>(attr: &'a Attribute, name: &str, report: &mut Report) -> Option<&'a TokenStream> {
    match &attr.meta {
        Meta::Path(_) => None,
        Meta::List(list) => Some(&list.tokens),
        Meta::NameValue(pair) => {
            let what = format!("`#[{name}]` takes no value");
            let why = "a class is so by being said";
            report.add(Diagnostic::over("SG0404", &pair.value, what).why(why).fix(format!("`#[{name}]`")));
            None
        }
    }
}

/// `#[transient(retry_after = wait)]`.
fn wait(tokens: &TokenStream, fields: &Fields, report: &mut Report) -> Option<Member> {
    let mut words = Words::read("#[transient]", &["retry_after"], tokens.clone(), report);
    let (_, value) = words.value("retry_after", "wait", report)?;
    let member = match &value {
        Expr::Path(path) => path.path.get_ident().cloned().map(Member::Named),
        value => number_of(value).map(|n| Member::Unnamed(Index::from(n as usize))),
    };
    let members: Vec<Member> = fields.members().collect();
    match member.filter(|m| members.contains(m)) {
        Some(member) => Some(member),
        None => {
            let known: Vec<String> = members.iter().map(|m| format!("`{}`", m.to_token_stream())).collect();
            let fix = match known.is_empty() {
                true => "give it a field of type `Duration` or `Option<Duration>`".to_owned(),
                false => format!("its fields are {}", known.join(", ")),
            };
            let diagnostic = Diagnostic::over("SG0404", &value, "`retry_after` names no field of it")
                .why("the field holds the wait that the service asked for")
                .fix(fix);
            report.add(diagnostic);
            None
        }
    }
}
